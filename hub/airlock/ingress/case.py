"""One request to bring a file in, in one transaction: moved by the table of states, written into the ledger.

Only ``business`` uses it. Who may and when is asked there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hub.airlock.case import AIRLOCK
from hub.airlock.ingress import records
from hub.airlock.ingress.states import Event, State, transition
from hub.airlock.permissions import Actor
from hub.airlock.policies import WrongMoment
from hub.airlock.records import actor_for
from hub.ledger import EventKind, append
from hub.store.models import IngressRequest
from hub.store.names import Seat


@dataclass(frozen=True)
class Case:
    """A request that is being changed at ``now`` in ``session``, which excludes every other writer."""

    session: Session
    request: IngressRequest
    seat: Seat
    now: datetime

    @classmethod
    def open(cls, session: Session, number: int, now: datetime) -> Case:
        """Load a request. Raises NotVisible for a number that was never given."""
        request = records.find(session, number)
        return cls(session, request, records.seat_of(request), now)

    @property
    def author(self) -> str:
        """Whose request it is."""
        return self.seat.person

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.request.state)

    def actor(self, person: str) -> Actor:
        """The person who asks, as ``permissions`` asks about them."""
        return actor_for(self.session, person, self.seat.project, self.now)

    def move(self, event: Event) -> None:
        """Go where the table leads. Raises WrongMoment where it leads nowhere."""
        row = transition(self.state, event)
        if row is None:
            raise WrongMoment(f"This request is {self.request.state}, so this cannot happen to it now.")
        self.request.state = row.target
        self.request.changed_at = self.now

    def record(self, kind: EventKind, actor: str = AIRLOCK, **payload: object) -> None:
        """Write an entry of the project into the ledger."""
        entry = {"ingress": self.request.number, **payload}
        append(self.session, kind, actor=actor, project=self.seat.project, now=self.now, payload=entry)
