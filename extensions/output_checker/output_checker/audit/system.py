"""A released table as a system of equations over whole numbers, and the ways to solve it.

A variable is one count: its interval is what is shown of it (a point where it is shown exactly, an interval where
it was rounded, open above where it is suppressed). An equation says that a total is the sum of its parts. The
question is always the same: between which values can a count lie, given everything else?
"""

from __future__ import annotations

from dataclasses import dataclass, field


class Contradiction(Exception):
    """No whole numbers satisfy the system: the totals do not belong to these cells."""


class OutOfWork(Exception):
    """The work allowed is used up; what was not solved is not safe."""


@dataclass
class Work:
    """Steps that may still be done. Counted, not timed, so that a verdict does not depend on the machine's load."""

    left: int = 40_000_000

    def spend(self, steps: int) -> None:
        """Count steps; raises :class:`OutOfWork` when none are left."""
        self.left -= steps
        if self.left < 0:
            raise OutOfWork


@dataclass(frozen=True)
class Equation:
    """The variable ``total`` is the sum of the variables ``parts`` (indices into the system)."""

    total: int
    parts: tuple[int, ...]


@dataclass
class System:
    """Counts with their intervals (``high`` None: no bound above) and the equations between them."""

    low: list[int] = field(default_factory=list)
    high: list[int | None] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)

    def variable(self, low: int = 0, high: int | None = None) -> int:
        """Add a count known to lie in ``low..high``; returns its index."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def copy(self) -> System:
        return System(list(self.low), list(self.high), list(self.equations))


@dataclass(frozen=True)
class Interval:
    """The least and greatest value a count can have; ``high`` is None where there is no bound."""

    low: int
    high: int | None

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def values(self) -> int | None:
        """How many values are possible, None where unbounded."""
        return None if self.high is None else self.high - self.low + 1
