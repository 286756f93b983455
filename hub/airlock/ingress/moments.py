"""In which moment something may happen to a request to bring a file in: pure questions about its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from output_checker.errors import PlainError

from hub.airlock.asking import passes
from hub.airlock.ingress.policy import Retention, Waiting
from hub.airlock.ingress.states import Event, State, transition
from hub.airlock.policies import CommentNeeded, WrongMoment

UNDECIDED = frozenset({State.RECEIVED, State.WAITING, State.APPROVED})
# What somebody had to look at. Nothing before that is anybody else's business.
REVIEWABLE = frozenset({State.WAITING, State.APPROVED, State.REJECTED, State.PLACED})


class TooMuch(PlainError):
    """This person has too much waiting, or uploads too often."""


@dataclass(frozen=True)
class Moment:
    """A request at this moment: its state, how many approvals it needs, and whose stand."""

    state: State
    approvals_needed: int
    approved_by: frozenset[str] = frozenset()


def _possible(moment: Moment, event: Event, doing: str) -> None:
    if transition(moment.state, event) is None:
        raise WrongMoment(f"This request cannot be {doing} now: it is {moment.state}. {moment.state.meaning}")


def check_upload(limits: Waiting, *, files: int, size: int, held: int, uploads: int) -> None:
    """Room for one more: with it ``files`` of ``size`` bytes wait, the airlock holds copies of ``held`` bytes, and
    ``uploads`` came within an hour.
    """
    if uploads > limits.most_uploads_an_hour:
        raise TooMuch(
            f"You have uploaded {limits.most_uploads_an_hour} files within an hour: please come back later."
        )
    if files > limits.most_files:
        raise TooMuch(
            f"{limits.most_files} files of yours are waiting already: withdraw one, or wait for a decision."
        )
    if size > limits.most_bytes:
        raise TooMuch(
            f"With this file, more than {limits.most_bytes // 1024} KB of yours would be waiting: "
            "withdraw one, or wait for a decision."
        )
    if held > limits.most_held_bytes:
        raise TooMuch(
            f"With this file, the airlock would hold more than {limits.most_held_bytes // 1024} KB of yours. It keeps "
            "its copies for some days after a decision: please come back later."
        )


def check_withdraw(moment: Moment) -> None:
    """Until it lies in the inbox, the author can take a request back."""
    _possible(moment, Event.WITHDRAW, "withdrawn")


def check_review(moment: Moment) -> None:
    """Approvers see a request from the moment it waits for them."""
    if moment.state not in REVIEWABLE:
        raise WrongMoment(f"This request is not waiting for anybody to look at it: it is {moment.state}.")


def check_approve(moment: Moment, person: str) -> None:
    """Each person approves once."""
    _possible(moment, Event.APPROVE, "approved")
    if person in moment.approved_by:
        raise WrongMoment(
            "You have approved this request already: the next approval comes from somebody else."
        )


def check_reject(moment: Moment, comment: str | None) -> None:
    """A rejection says why: the author learns from the comment."""
    _possible(moment, Event.REJECT, "rejected")
    if not (comment or "").strip():
        raise CommentNeeded("Please say why: a rejection needs a comment that helps the author.")


def check_place(moment: Moment, author: str) -> None:
    """As many standing approvals as the policy asks for, none of them the author's."""
    _possible(moment, Event.PLACE, "put into the inbox")
    if len(moment.approved_by - {author}) < moment.approvals_needed:
        raise WrongMoment("This request has not been approved by enough people other than its author.")


def approval_event(moment: Moment, person: str) -> Event:
    """Which event the approval of ``person`` is: one of several, or the last that was needed."""
    enough = len(moment.approved_by | {person}) >= moment.approvals_needed
    return Event.APPROVE_LAST if enough else Event.APPROVE


def is_over(moment: Moment, received: datetime, now: datetime, retention: Retention) -> bool:
    """Whether a request has waited for longer than it may."""
    waited = now - received >= timedelta(days=retention.undecided_days)
    return waited and transition(moment.state, Event.EXPIRE) is not None


def copy_is_over(
    state: State, *, infected: bool, changed: datetime, now: datetime, retention: Retention
) -> bool:
    """Whether the airlock's copy of a request is no longer needed. What its author took back is nobody's business."""
    if state is State.WITHDRAWN:
        return True
    days = retention.infected_days if infected else retention.copy_days
    return state.final and now - changed >= timedelta(days=days)


def can_withdraw(moment: Moment) -> bool:
    """See :func:`check_withdraw`."""
    return passes(lambda: check_withdraw(moment))


def can_approve(moment: Moment, person: str) -> bool:
    """See :func:`check_approve`."""
    return passes(lambda: check_approve(moment, person))


def can_reject(moment: Moment) -> bool:
    """See :func:`check_reject`; the comment is judged when it is there."""
    return passes(lambda: check_reject(moment, "because"))
