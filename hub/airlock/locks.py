"""The lock that a release takes: one release at a time from one project, in whatever process.

A row in the database, so that it works alike on both databases and across machines. It ends by itself;
a holder who was too slow finds out in the transaction that would have released.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from output_checker.errors import PlainError
from sqlalchemy.orm import Session

from hub.store import Store
from hub.store.models import AirlockLock


class Busy(PlainError):
    """Somebody else releases from the same project at the moment."""


@dataclass(frozen=True)
class ReleaseLock:
    """A lock that was taken: which scopes, and by whom."""

    scopes: tuple[str, ...]
    holder: str

    def check_held(self, session: Session, now: datetime) -> None:
        """Raise Busy unless every scope is still ours."""
        for scope in self.scopes:
            row = session.get(AirlockLock, scope)
            if row is None or row.holder != self.holder or row.expires_at <= now:
                raise Busy("The release took too long and lost its lock: it is tried again.")


@contextlib.contextmanager
def release_lock(
    store: Store, scopes: Sequence[str], *, seconds: float, clock: Callable[[], datetime]
) -> Iterator[ReleaseLock]:
    """Hold all ``scopes`` for at most ``seconds``. Raises Busy when one of them is held."""
    lock = ReleaseLock(tuple(sorted(scopes)), secrets.token_hex(16))
    with store.write() as session:
        now = clock()
        for scope in lock.scopes:
            row = session.get(AirlockLock, scope)
            if row is not None and row.expires_at > now:
                raise Busy("Another release from this project is under way: it is tried again in a moment.")
            if row is None:
                row = AirlockLock(scope=scope)
                session.add(row)
            row.holder = lock.holder
            row.expires_at = now + timedelta(seconds=seconds)
    try:
        yield lock
    finally:
        with store.write() as session:
            for scope in lock.scopes:
                row = session.get(AirlockLock, scope)
                if row is not None and row.holder == lock.holder:
                    session.delete(row)
