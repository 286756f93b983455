"""The states of a request to release files, and every way from one to another.

The table is data: the pages, the tests' matrix and the documentation are made from it. Who may cause
an event is asked in ``permissions``, in which moment in ``policies``; ``business`` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a request stands."""

    TAKEN = "taken"
    REFUSED = "refused"
    BLOCKED = "blocked"
    STAGED = "staged"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    DOWNLOADED = "downloaded"

    @property
    def meaning(self) -> str:
        """One sentence for the person who reads the state."""
        return _MEANINGS[self]

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return all(t.source is not self for t in TRANSITIONS)


_MEANINGS = {
    State.TAKEN: "The airlock holds its own copy and is checking it.",
    State.REFUSED: "The airlock could not take it: the reply in the room says why.",
    State.BLOCKED: "The output checker found something that must not leave: the reply in the room says where.",
    State.STAGED: "Checked, and waiting for the author to submit it.",
    State.SUBMITTED: "Waiting for output checkers.",
    State.APPROVED: "Enough output checkers agreed; the airlock checks once more before it releases.",
    State.REJECTED: "An output checker said no: the comment is in the reply in the room.",
    State.WITHDRAWN: "The author took it back.",
    State.RELEASED: "Ready: the author can download each file once.",
    State.DOWNLOADED: "Every file was downloaded by the author.",
}


class Who(StrEnum):
    """Who causes an event."""

    AIRLOCK = "the airlock"
    AUTHOR = "the author"
    OUTPUT_CHECKER = "an output checker from outside the project"


class Event(StrEnum):
    """What can happen to a request."""

    TAKE = "take"
    REFUSE = "refuse"
    PASS_CHECK = "pass check"  # noqa: S105 - not a password
    FAIL_CHECK = "fail check"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    APPROVE_LAST = "approve as the last needed"
    REJECT = "reject"
    VOID = "void decisions"
    RELEASE = "release"
    DOWNLOAD = "download"
    DOWNLOAD_LAST = "download the last file"

    @property
    def meaning(self) -> str:
        """One sentence on what happens."""
        return _EVENT_MEANINGS[self]


_EVENT_MEANINGS = {
    Event.TAKE: "A bundle was copied out of the outbox, measured and hashed.",
    Event.REFUSE: "The bundle could not be taken, or the airlock's own copy is no longer what it was.",
    Event.PASS_CHECK: "The check of the airlock's copy found nothing that blocks.",
    Event.FAIL_CHECK: "The check found something that blocks, or did not finish.",
    Event.SUBMIT: "The author asks for release.",
    Event.WITHDRAW: "The author takes the request back.",
    Event.APPROVE: "An output checker approves, and another one is needed.",
    Event.APPROVE_LAST: "An output checker approves, and with that enough have.",
    Event.REJECT: "An output checker says no, with a comment.",
    Event.VOID: "File, policy or checker are no longer those that were decided on, or the tier asks for more people: "
    "decided again.",
    Event.RELEASE: "Hashed and checked once more, unchanged: the author may fetch it.",
    Event.DOWNLOAD: "The author fetched one file, and others are left.",
    Event.DOWNLOAD_LAST: "The author fetched the last file.",
}


@dataclass(frozen=True)
class Transition:
    """One row of the table. ``source`` is None where a request begins."""

    source: State | None
    event: Event
    target: State
    who: Who


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, Event.TAKE, State.TAKEN, Who.AIRLOCK),
    Transition(None, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.TAKEN, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.TAKEN, Event.FAIL_CHECK, State.BLOCKED, Who.AIRLOCK),
    Transition(State.TAKEN, Event.PASS_CHECK, State.STAGED, Who.AIRLOCK),
    Transition(State.STAGED, Event.SUBMIT, State.SUBMITTED, Who.AUTHOR),
    Transition(State.STAGED, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.SUBMITTED, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.SUBMITTED, Event.APPROVE, State.SUBMITTED, Who.OUTPUT_CHECKER),
    Transition(State.SUBMITTED, Event.APPROVE_LAST, State.APPROVED, Who.OUTPUT_CHECKER),
    Transition(State.SUBMITTED, Event.REJECT, State.REJECTED, Who.OUTPUT_CHECKER),
    Transition(State.SUBMITTED, Event.VOID, State.SUBMITTED, Who.AIRLOCK),
    Transition(State.SUBMITTED, Event.FAIL_CHECK, State.BLOCKED, Who.AIRLOCK),
    Transition(State.SUBMITTED, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.APPROVED, Event.REJECT, State.REJECTED, Who.OUTPUT_CHECKER),
    Transition(State.APPROVED, Event.VOID, State.SUBMITTED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.FAIL_CHECK, State.BLOCKED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.RELEASE, State.RELEASED, Who.AIRLOCK),
    Transition(State.RELEASED, Event.DOWNLOAD, State.RELEASED, Who.AUTHOR),
    Transition(State.RELEASED, Event.DOWNLOAD_LAST, State.DOWNLOADED, Who.AUTHOR),
)

_TARGETS = {(t.source, t.event): t for t in TRANSITIONS}


def transition(source: State | None, event: Event) -> Transition | None:
    """The row for ``event`` in ``source``, or None where the table has none."""
    return _TARGETS.get((source, event))
