"""One request in one transaction: loaded with whose it is, moved by the table of states, written into the ledger.

Only ``business`` uses it. Nothing is checked here but the table's own word: who may and when is asked there.
:class:`OpenRequest` is what a request on its way out and one on its way in have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from sqlalchemy.orm import Session

from hub.airlock import records
from hub.airlock.permissions import Actor
from hub.airlock.policies import Moment, WrongMoment
from hub.airlock.records import Request
from hub.airlock.states import Event, State, transition
from hub.ledger import EventKind, append
from hub.store.models import AirlockRequest
from hub.store.names import Seat

AIRLOCK = "system:airlock"


@dataclass(frozen=True)
class OpenRequest(Generic[Request]):
    """A request that is being changed at ``now`` in ``session``, which excludes every other writer."""

    session: Session
    request: Request
    seat: Seat
    now: datetime

    @property
    def author(self) -> str:
        """Whose request it is."""
        return self.seat.person

    def actor(self, person: str) -> Actor:
        """The person who asks, as ``permissions`` asks about them."""
        return records.actor_for(self.session, person, self.seat.project, self.now)

    def void_decisions(self, because: str) -> bool:
        """What was decided no longer counts; whether there was anything."""
        void = [d for d in self.request.decisions if d.void_at is None]
        for decision in void:
            decision.void_at, decision.void_because = self.now, because
        return bool(void)

    def go_to(self, target: str | None) -> None:
        """Take the state to which the table leads. Raises WrongMoment where it leads nowhere."""
        if target is None:
            raise WrongMoment(f"This request is {self.request.state}, so this cannot happen to it now.")
        self.request.state = target
        self.request.changed_at = self.now

    def record(self, kind: EventKind, actor: str = AIRLOCK, **payload: object) -> None:
        """Write an entry of the project into the ledger."""
        append(self.session, kind, actor=actor, project=self.seat.project, now=self.now, payload=payload)


class Case(OpenRequest[AirlockRequest]):
    """A request to release files."""

    @classmethod
    def open(cls, session: Session, number: int, now: datetime) -> Case:
        """Load a request. Raises NotVisible for a number that was never given."""
        request = records.find(session, number)
        return cls(session, request, records.seat_of(request), now)

    @classmethod
    def begin(
        cls, session: Session, request: AirlockRequest, seat: Seat, event: Event, now: datetime
    ) -> Case:
        """Add a new request, in the state to which ``event`` leads."""
        row = transition(None, event)
        assert row is not None
        request.state = row.target
        request.taken_at = request.changed_at = now
        request.revision, request.replied_revision = 1, 0
        session.add(request)
        session.flush()
        return cls(session, request, seat, now)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.request.state)

    @property
    def moment(self) -> Moment:
        """Its state as ``policies`` asks about it."""
        return records.moment_of(self.request)

    def move(self, event: Event) -> None:
        """Go where the table leads. Raises WrongMoment where it leads nowhere, though policies were asked before."""
        row = transition(self.state, event)
        self.go_to(row.target if row else None)
        self.request.revision += 1
