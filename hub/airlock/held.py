"""How much the airlock holds for one seat, and which of its copies it need not hold any longer.

Only copies are ever removed: the record of a request, its hashes and its findings stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import Session

from hub.airlock.states import State
from hub.store.models import AirlockRequest

# How long the copy of a request that can never leave is kept, for questions about the decision.
RETENTION = timedelta(days=7)
NEVER_LEAVES = frozenset(s for s in State if s.final and s is not State.DOWNLOADED)
_RELEASED = frozenset({State.RELEASED, State.DOWNLOADED})


def unchecked(session: Session, seat_number: int) -> int:
    """How many requests of a seat were taken and not checked yet."""
    found = select(func.count()).where(
        AirlockRequest.seat_number == seat_number, AirlockRequest.state == State.TAKEN
    )
    return session.scalar(found) or 0


def held_bytes(session: Session, seat_number: int, now: datetime) -> int:
    """How many bytes of a seat lie in the quarantine without having been released.

    The size of our own copy counts, in which no hole is left out: a sparse file counts in full.
    """
    gone = and_(AirlockRequest.state.in_(NEVER_LEAVES), AirlockRequest.changed_at <= now - RETENTION)
    found = select(func.sum(AirlockRequest.bytes)).where(
        AirlockRequest.seat_number == seat_number, AirlockRequest.state.not_in(_RELEASED), not_(gone)
    )
    return int(session.scalar(found) or 0)


def no_longer_needed(session: Session, now: datetime) -> list[int]:
    """The numbers of requests that can never leave and were decided ``RETENTION`` ago or earlier."""
    return list(
        session.scalars(
            select(AirlockRequest.number).where(
                AirlockRequest.state.in_(NEVER_LEAVES), AirlockRequest.changed_at <= now - RETENTION
            )
        )
    )
