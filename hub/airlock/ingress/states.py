"""The states of a request to bring a file in, and every way from one to another. Data, as for the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a request to bring a file in stands."""

    RECEIVED = "received"
    REFUSED = "refused"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    PLACED = "placed"

    @property
    def meaning(self) -> str:
        """One sentence for the person who reads the state."""
        return _MEANINGS[self]

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return all(t.source is not self for t in TRANSITIONS)


_MEANINGS = {
    State.RECEIVED: "The airlock holds its own copy and is looking at it.",
    State.REFUSED: "The airlock does not let it in.",
    State.WAITING: "Waiting for somebody from outside the project to let it in.",
    State.APPROVED: "Approved: put into the inbox within seconds, or once the room was opened for the first time.",
    State.REJECTED: "Somebody who looked at it said no.",
    State.WITHDRAWN: "The author took it back.",
    State.EXPIRED: "It was not let in within the time that the policy gives.",
    State.PLACED: "It lies in the inbox of the author's room.",
}


class Who(StrEnum):
    """Who causes an event."""

    AIRLOCK = "the airlock"
    AUTHOR = "the author"
    APPROVER = "an approver from outside the project"


class Event(StrEnum):
    """What can happen to a request to bring a file in."""

    RECEIVE = "receive"
    REFUSE = "refuse"
    PASS = "pass"  # noqa: S105 - not a password
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    APPROVE_LAST = "approve as the last needed"
    REJECT = "reject"
    VOID = "void decisions"
    EXPIRE = "expire"
    PLACE = "place"

    @property
    def meaning(self) -> str:
        """One sentence on what happens."""
        return _EVENT_MEANINGS[self]


_EVENT_MEANINGS = {
    Event.RECEIVE: "A file was uploaded at the desk, measured and hashed.",
    Event.REFUSE: "The file is not what may come in, holds malware, or the airlock's copy is no longer what it was.",
    Event.PASS: "The file was scanned and looked into, and nothing speaks against showing it to people.",
    Event.WITHDRAW: "The author takes the request back.",
    Event.APPROVE: "An approver says yes, and another one is needed.",
    Event.APPROVE_LAST: "An approver says yes, and with that enough have.",
    Event.REJECT: "An approver says no, with a comment.",
    Event.VOID: "The policy is no longer the one that was decided by: looked at and decided again.",
    Event.EXPIRE: "The time that the policy gives is over.",
    Event.PLACE: "Hashed once more, unchanged, and put into the inbox.",
}


@dataclass(frozen=True)
class Transition:
    """One row of the table. ``source`` is None where a request begins."""

    source: State | None
    event: Event
    target: State
    who: Who


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, Event.RECEIVE, State.RECEIVED, Who.AUTHOR),
    Transition(State.RECEIVED, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.RECEIVED, Event.PASS, State.WAITING, Who.AIRLOCK),
    Transition(State.RECEIVED, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.RECEIVED, Event.EXPIRE, State.EXPIRED, Who.AIRLOCK),
    Transition(State.WAITING, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.WAITING, Event.APPROVE, State.WAITING, Who.APPROVER),
    Transition(State.WAITING, Event.APPROVE_LAST, State.APPROVED, Who.APPROVER),
    Transition(State.WAITING, Event.REJECT, State.REJECTED, Who.APPROVER),
    Transition(State.WAITING, Event.VOID, State.RECEIVED, Who.AIRLOCK),
    Transition(State.WAITING, Event.EXPIRE, State.EXPIRED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.WITHDRAW, State.WITHDRAWN, Who.AUTHOR),
    Transition(State.APPROVED, Event.REJECT, State.REJECTED, Who.APPROVER),
    Transition(State.APPROVED, Event.VOID, State.RECEIVED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.REFUSE, State.REFUSED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.EXPIRE, State.EXPIRED, Who.AIRLOCK),
    Transition(State.APPROVED, Event.PLACE, State.PLACED, Who.AIRLOCK),
)

_TARGETS = {(t.source, t.event): t for t in TRANSITIONS}


def transition(source: State | None, event: Event) -> Transition | None:
    """The row for ``event`` in ``source``, or None where the table has none."""
    return _TARGETS.get((source, event))
