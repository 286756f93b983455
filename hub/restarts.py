"""How often something may start again before it is given up."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Restarts:
    """At most ``most`` starts within ``within_s`` seconds. Pure: time is an argument."""

    most: int
    within_s: float
    _starts: list[float] = field(default_factory=list)

    def may_start(self, now: float) -> bool:
        """Whether it may start at ``now``; if so, that is counted."""
        self._starts = [at for at in self._starts if now - at < self.within_s]
        if len(self._starts) >= self.most:
            return False
        self._starts.append(now)
        return True
