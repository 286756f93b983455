"""An attempt as data: what is tried, where it runs, and the judgement of what was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hub.prove.stage import Stage


class Outcome(StrEnum):
    """What an attempt came to. Only the first is good."""

    HELD = "held"
    NOT_HELD = "not held"
    NOT_TRIED = "could not be tried"


class Judged(StrEnum):
    """Who saw what happened."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Need(StrEnum):
    """What a machine or a backend has to have before an attempt means anything there; in words."""

    OWN_USER = "an OS user of its own for each seat"
    LIMITS = "limits on a room's memory and processes as a whole"
    DISKS = "a disk of limited size for each seat"
    IPV6 = "IPv6"
    X86_64 = "an x86-64 processor"


@dataclass(frozen=True)
class Judgement:
    """Held or not, and what happened, in a few words."""

    outcome: Outcome
    happened: str


@dataclass(frozen=True)
class Attempt:
    """One thing to try.

    ``act`` does it and returns what was seen, whatever that is; it raises CouldNotTry where nothing can be said.
    ``judge`` is pure. Where one of ``needs`` is missing nothing is tried, and that is no failure of the room.
    """

    name: str
    tried: str
    act: Callable[[Stage], object]
    judge: Callable[[object], Judgement]
    judged: Judged = Judged.INSIDE
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True)
class Family:
    """Attempts at one wall."""

    name: str
    about: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Result:
    """What became of one attempt. ``missing`` is the need for the lack of which it was not tried."""

    family: str
    attempt: Attempt
    judgement: Judgement
    missing: Need | None = None

    @property
    def fails(self) -> bool:
        """Whether rooms that this was tried in may not be trusted: what was not tried has not held."""
        return self.judgement.outcome is not Outcome.HELD and self.missing is None
