"""In which state a membership can begin or end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.governance.errors import NotNow, WrongValue


@dataclass(frozen=True)
class Period:
    """A membership's time. ``ended_at`` is set when it was cut short."""

    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    @property
    def last(self) -> datetime:
        """The first moment at which it no longer holds."""
        return self.ends_at if self.ended_at is None else min(self.ends_at, self.ended_at)

    def holds(self, now: datetime) -> bool:
        """From its first moment to just before its end."""
        return self.starts_at <= now < self.last


def check_can_add(wanted: Period, *, others: list[Period], project_ends_at: datetime, now: datetime) -> None:
    """A new membership lies ahead, inside the project's time, and does not overlap another of the same seat."""
    if wanted.ends_at <= wanted.starts_at:
        raise WrongValue("The end of a membership has to be after its start.")
    if wanted.ends_at <= now:
        raise NotNow("The membership's end lies in the past: give a later one.")
    if wanted.ends_at > project_ends_at:
        raise WrongValue("A membership cannot outlast its project: give an earlier end.")
    if any(wanted.starts_at < other.last and other.starts_at < wanted.last for other in others):
        raise NotNow("This person is a member for this time already: end that membership first.")


def check_can_end(current: Period | None) -> None:
    """Only a membership that holds, or lies ahead, can be ended."""
    if current is None:
        raise NotNow("This person is not a member of this project.")


def can_add(wanted: Period, *, others: list[Period], project_ends_at: datetime, now: datetime) -> bool:
    """See ``check_can_add``."""
    try:
        check_can_add(wanted, others=others, project_ends_at=project_ends_at, now=now)
    except (NotNow, WrongValue):
        return False
    return True
