"""In which moment something may happen to a request: pure questions about its state.

Each comes as a pair: ``check_…`` raises with a sentence, ``can_…`` answers yes or no. Who may cause it
is asked in ``permissions``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from output_checker.errors import PlainError

from hub.airlock.asking import passes
from hub.airlock.states import Event, State, transition

MAX_COMMENT_CHARS = 4000

Verdict = Literal["clear", "review", "block"]


class WrongMoment(PlainError):
    """The request is not in a state in which this can happen."""


class NotReadable(PlainError):
    """A file of the request cannot be read in full on the desk, so nobody can vouch for it."""


class CommentNeeded(PlainError):
    """The comment is missing or too long."""


@dataclass(frozen=True)
class Binding:
    """What a decision was made on: any other value is another request.

    ``files`` are the sha-256 digests in the order of the bundle; ``policy`` is the digest of the policy's
    rules, ``checker`` the version and digest of the program that checked.
    """

    files: tuple[str, ...]
    policy: str
    checker: str


@dataclass(frozen=True)
class Moment:
    """What the store says about a request at this moment.

    ``approved_by`` holds the people whose approvals still stand, ``approvals_needed`` how many the project's tier
    asks for.
    """

    state: State
    verdict: Verdict | None
    approvals_needed: int
    approved_by: frozenset[str] = frozenset()


def _possible(moment: Moment, event: Event, doing: str) -> None:
    if transition(moment.state, event) is None:
        raise WrongMoment(f"This request cannot be {doing} now: it is {moment.state}. {moment.state.meaning}")


def check_submit(moment: Moment) -> None:
    """A checked request without anything that blocks can be submitted, once."""
    _possible(moment, Event.SUBMIT, "submitted")
    if moment.verdict not in {"clear", "review"}:
        raise WrongMoment("This request has no finished check, so it cannot be submitted.")


def check_withdraw(moment: Moment) -> None:
    """Until it is released, the author can take a request back."""
    _possible(moment, Event.WITHDRAW, "withdrawn")


# What the author has asked to release, and what became of it. Nothing before that is anybody else's business.
REVIEWABLE = frozenset({State.SUBMITTED, State.APPROVED, State.REJECTED, State.RELEASED, State.DOWNLOADED})


def check_review(moment: Moment) -> None:
    """Output checkers see a request from the moment it is submitted."""
    if moment.state not in REVIEWABLE:
        raise WrongMoment(f"This request is not waiting for output checkers: it is {moment.state}.")


def check_approve(moment: Moment, person: str, *, complete: bool) -> None:
    """Each output checker approves once, and only what the desk shows whole.

    ``complete``: whether every file of the request, as it lies there now, can be read in full on the desk.
    """
    _possible(moment, Event.APPROVE, "approved")
    if person in moment.approved_by:
        raise WrongMoment(
            "You have approved this request already: the next approval comes from somebody else."
        )
    if not complete:
        raise NotReadable(
            "This file is too large to be read on the desk, or holds something that is not shown: "
            "reject it and ask the author to stage a smaller table."
        )


def check_reject(moment: Moment, comment: str | None) -> None:
    """A rejection says why: the author learns from the comment."""
    _possible(moment, Event.REJECT, "rejected")
    if not (comment or "").strip():
        raise CommentNeeded("Please say why: a rejection needs a comment that helps the author.")


def check_comment(comment: str | None) -> None:
    """A comment fits into the reply."""
    if comment is not None and len(comment) > MAX_COMMENT_CHARS:
        raise CommentNeeded(f"The comment is longer than {MAX_COMMENT_CHARS} characters: please shorten it.")


def check_release(moment: Moment, author: str) -> None:
    """Standing approvals of as many people as the tier asks for, the author not among them."""
    _possible(moment, Event.RELEASE, "released")
    if too_few(moment, author):
        raise WrongMoment(
            "This request has not been approved by as many output checkers other than its author as its project needs."
        )


def too_few(moment: Moment, author: str) -> bool:
    """Whether approvals are missing. Pure."""
    return len(moment.approved_by - {author}) < moment.approvals_needed


def check_download(moment: Moment) -> None:
    """What was released can be fetched."""
    if moment.state is State.DOWNLOADED:
        return  # each file's own single use is judged where it is consumed
    _possible(moment, Event.DOWNLOAD, "downloaded")


def approval_event(moment: Moment, person: str) -> Event:
    """Which event the approval of ``person`` is: one of several, or the last that was needed."""
    enough = len(moment.approved_by | {person}) >= moment.approvals_needed
    return Event.APPROVE_LAST if enough else Event.APPROVE


def can_submit(moment: Moment) -> bool:
    """See :func:`check_submit`."""
    return passes(lambda: check_submit(moment))


def can_withdraw(moment: Moment) -> bool:
    """See :func:`check_withdraw`."""
    return passes(lambda: check_withdraw(moment))


def can_review(moment: Moment) -> bool:
    """See :func:`check_review`."""
    return passes(lambda: check_review(moment))


def can_approve(moment: Moment, person: str, *, complete: bool) -> bool:
    """See :func:`check_approve`."""
    return passes(lambda: check_approve(moment, person, complete=complete))


def can_reject(moment: Moment) -> bool:
    """See :func:`check_reject`; the comment is judged when it is there."""
    return passes(lambda: check_reject(moment, "because"))


def can_release(moment: Moment, author: str) -> bool:
    """See :func:`check_release`."""
    return passes(lambda: check_release(moment, author))


def can_download(moment: Moment) -> bool:
    """See :func:`check_download`."""
    return passes(lambda: check_download(moment))
