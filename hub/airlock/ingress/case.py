"""One request to bring a file in, in one transaction: moved by the table of states, written into the ledger.

Only ``business`` uses it. Who may and when is asked there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from hub.airlock.case import AIRLOCK, OpenRequest
from hub.airlock.ingress import records
from hub.airlock.ingress.states import Event, State, transition
from hub.airlock.records import seat_of
from hub.ledger import EventKind
from hub.store.models import IngressRequest


class Case(OpenRequest[IngressRequest]):
    """A request to bring a file in."""

    @classmethod
    def open(cls, session: Session, number: int, now: datetime) -> Case:
        """Load a request. Raises NotVisible for a number that was never given."""
        request = records.find(session, number)
        return cls(session, request, seat_of(request), now)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.request.state)

    def move(self, event: Event) -> None:
        """Go where the table leads. Raises WrongMoment where it leads nowhere."""
        row = transition(self.state, event)
        self.go_to(row.target if row else None)

    def record(self, kind: EventKind, actor: str = AIRLOCK, **payload: object) -> None:
        """Write an entry of the project into the ledger."""
        super().record(kind, actor, ingress=self.request.number, **payload)
