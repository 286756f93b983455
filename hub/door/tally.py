"""How much passed a door, and how often it refused: numbers for the ledger, and nothing of what passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Tally:
    """Counts since the last entry. ``bytes_out`` went to the browser, ``bytes_in`` towards the room."""

    requests: int = 0
    messages: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def add(self, other: Tally) -> None:
        """Add what ``other`` counted."""
        for name, number in asdict(other).items():
            setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        """For a message or a payload."""
        return asdict(self)

    @classmethod
    def read(cls, value: object) -> Tally | None:
        """A tally from a message; ``None`` where it is none."""
        names = {one.name for one in fields(cls)}
        if not isinstance(value, Mapping) or value.keys() != names:
            return None
        numbers: dict[str, Any] = dict(value)
        if any(type(number) is not int or number < 0 for number in numbers.values()):
            return None
        return cls(**numbers)


@dataclass
class Seldom:
    """Says of a thing whether it is to be written down now, and how often it was not since. Pure: time is an argument.

    At most ``most`` things are remembered; beyond that, all others are one.
    """

    every_s: float
    most: int = 1000
    _written: dict[tuple[str, ...], tuple[float, int]] = field(default_factory=dict)

    def due(self, thing: tuple[str, ...], now: float) -> int | None:
        """How often it came unwritten since the last time, if it is due now; else ``None``."""
        if thing not in self._written and len(self._written) >= self.most:
            self._written = {one: told for one, told in self._written.items() if now - told[0] < self.every_s}
            if len(self._written) >= self.most:
                thing = ()
        at, unwritten = self._written.get(thing, (float("-inf"), 0))
        if now - at < self.every_s:
            self._written[thing] = (at, unwritten + 1)
            return None
        self._written[thing] = (now, 0)
        return unwritten


@dataclass
class Lately:
    """Says of a thing whether it was written down lately. Pure: time is an argument.

    At most ``most`` things are remembered. The oldest makes way for the next: what is forgotten is written down once
    too often, and nothing is left out because of what came between.
    """

    every_s: float
    most: int = 1000
    _written: dict[tuple[str, ...], float] = field(default_factory=dict)

    def due(self, thing: tuple[str, ...], now: float) -> bool:
        """Whether it is to be written down now; it counts as written then."""
        if now - self._written.get(thing, float("-inf")) < self.every_s:
            return False
        self.forget(thing)  # so that the first is always the oldest
        if len(self._written) >= self.most:
            del self._written[next(iter(self._written))]
        self._written[thing] = now
        return True

    def forget(self, thing: tuple[str, ...]) -> None:
        """What was due was not written down after all."""
        self._written.pop(thing, None)
