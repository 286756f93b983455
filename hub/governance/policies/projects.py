"""In which state a project can be changed."""

from __future__ import annotations

from datetime import datetime

from hub.governance.errors import NotNow, WrongValue


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """Raise unless the end is after the start."""
    if ends_at <= starts_at:
        raise WrongValue("The end has to be after the start.")


def check_can_create(*, ends_at: datetime, now: datetime) -> None:
    """A project that is over already cannot be set up."""
    if ends_at <= now:
        raise NotNow("The project's end lies in the past: give a later one.")


def check_can_extend(*, closed: bool, before: datetime, ends_at: datetime, now: datetime) -> None:
    """A project that was not closed can get a later end, which has to lie ahead."""
    if closed:
        raise NotNow("This project is closed, and stays closed: set up a new one.")
    if ends_at <= before:
        raise WrongValue("The new end has to be later than the one it has.")
    if ends_at <= now:
        raise NotNow("The project's new end lies in the past: give a later one.")


def check_is_open(*, closed: bool, ends_at: datetime, now: datetime) -> None:
    """Raise for a project that is closed or over: it gets no members and no data any more."""
    if closed:
        raise NotNow("This project is closed.")
    if ends_at <= now:
        raise NotNow("This project has ended.")


def check_can_close(*, closed: bool) -> None:
    """Once is enough; a project that has ended may still be closed, for the record."""
    if closed:
        raise NotNow("This project is closed already.")


def is_open(*, closed: bool, ends_at: datetime, now: datetime) -> bool:
    """See ``check_is_open``."""
    return not closed and now < ends_at
