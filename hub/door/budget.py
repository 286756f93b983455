"""How much one seat may have written down in a short time, so that no seat fills the hub's disk."""

from __future__ import annotations

from dataclasses import dataclass, field

TOO_MUCH = "Too much in a short time: this did not pass the door. Wait a minute, then try again."


@dataclass
class TokenBucket:
    """Full with ``burst`` units; ``refill`` units a second come back. Pure: time is an argument, in seconds."""

    burst: float
    refill: float
    level: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.level = self.burst

    def holds(self, amount: float, now: float) -> bool:
        """Whether ``amount`` can be taken at ``now``."""
        if self.at is not None:
            self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.refill)
        self.at = now
        return self.level >= amount

    def take(self, amount: float) -> None:
        """Take what :meth:`holds` has just said is there."""
        self.level -= amount


@dataclass
class SeatBudget:
    """One seat's: 200 events at once and 5 a second; 8 MB of code at once and 64 kB a second."""

    events: TokenBucket = field(default_factory=lambda: TokenBucket(burst=200, refill=5))
    code_bytes: TokenBucket = field(default_factory=lambda: TokenBucket(burst=8_000_000, refill=64_000))

    def take(self, code_bytes: int, now: float) -> bool:
        """Take one event with ``code_bytes`` bytes of code; takes nothing and says ``False`` beyond the budget."""
        enough = [self.events.holds(1, now), self.code_bytes.holds(code_bytes, now)]
        if not all(enough):
            return False
        self.events.take(1)
        self.code_bytes.take(code_bytes)
        return True
