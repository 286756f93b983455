"""Signing in with a password: the same work and the same answer whether or not there is such a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.governance.passwords import verify_password
from hub.ledger import EventKind, append
from hub.store import Store
from hub.store.models import Person, SigninThrottle
from hub.store.names import PersonName, WrongName, parse_person

ACTOR = "system:signin"
# Failures under unknown names get one entry a minute with the number of the others:
# somebody who tries names at random must not be able to fill the ledger.
_UNKNOWN = "unknown names"
_UNKNOWN_EVERY = timedelta(minutes=1)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Limits:
    """After ``failures`` failed sign-ins under one name, that name waits for ``wait``."""

    failures: int
    wait: timedelta


def sign_in(
    store: Store, *, name: str, password: str, limits: Limits, clock: Callable[[], datetime]
) -> PersonName | None:
    """The person, or None. Blocks for the time of one argon2id check: call it in a thread.

    A failure is counted before the password is looked at, so that many attempts at once do not get
    past the limit. What was typed as a name is kept nowhere unless it is a person's.
    """
    person_name = _normalised(name)
    with store.write() as session:
        if person_name is not None and not _may_try(session, person_name, limits, clock()):
            return None
        known = _find(session, person_name)
        hashed = None if known is None else known.password_hash
    matches = verify_password(password, hashed)
    with store.write() as session:
        return _finish(session, person_name, hashed, matches=matches, now=clock())


def may_stay(session: Session, name: str) -> bool:
    """Whether a person who signed in earlier may go on: there is such an account and it is open."""
    person = _find(session, _normalised(name))
    return person is not None and person.disabled_at is None


def normalise(name: str) -> str:
    """What people may add to their name by accident: outer spaces and capital letters."""
    return name.strip().lower()


def _normalised(name: str) -> PersonName | None:
    try:
        return parse_person(normalise(name))
    except WrongName:
        return None


def _find(session: Session, name: PersonName | None) -> Person | None:
    return None if name is None else session.scalar(select(Person).where(Person.name == name))


def _may_try(session: Session, name: PersonName, limits: Limits, now: datetime) -> bool:
    session.execute(delete(SigninThrottle).where(SigninThrottle.forget_at <= now))
    row = session.get(SigninThrottle, _digest(name))
    if row is None:
        row = SigninThrottle(name_digest=_digest(name), failures=0, waits_until=None, forget_at=now)
        session.add(row)
    if row.waits_until is not None and now < row.waits_until:
        return False
    row.failures += 1
    row.forget_at = now + limits.wait
    if row.failures >= limits.failures:
        row.waits_until = now + limits.wait
    return True


def _finish(
    session: Session, name: PersonName | None, checked_hash: str | None, *, matches: bool, now: datetime
) -> PersonName | None:
    person = _find(session, name)
    if person is None or name is None:
        _record_unknown(session, now)
        return None
    # The password or the account may have changed while the hash was computed.
    if matches and person.disabled_at is None and person.password_hash == checked_hash:
        session.execute(delete(SigninThrottle).where(SigninThrottle.name_digest == _digest(name)))
        append(session, EventKind.SIGNIN_SUCCEEDED, actor=name, now=now, payload={})
        return name
    _record_failure(session, person.name, _reason(person, matches=matches), 0, now)
    return None


def _reason(person: Person, *, matches: bool) -> str:
    if person.disabled_at is not None:
        return "account closed"
    if person.password_hash is None:
        return "no password set"
    return "password changed meanwhile" if matches else "wrong password"


def _record_unknown(session: Session, now: datetime) -> None:
    row = session.get(SigninThrottle, _UNKNOWN)
    if row is None:
        row = SigninThrottle(name_digest=_UNKNOWN, failures=0, waits_until=None, forget_at=_NEVER)
        session.add(row)
    if row.waits_until is not None and now < row.waits_until:
        row.failures += 1
        return
    _record_failure(session, None, "unknown name", row.failures, now)
    row.failures = 0
    row.waits_until = now + _UNKNOWN_EVERY


def _record_failure(
    session: Session, person: str | None, reason: str, unrecorded: int, now: datetime
) -> None:
    append(
        session,
        EventKind.SIGNIN_FAILED,
        actor=ACTOR,
        now=now,
        payload={"person": person, "reason": reason, "unrecorded": unrecorded},
    )


def _digest(name: PersonName) -> str:
    return hashlib.sha256(f"lockedroom-signin:{name}".encode("ascii")).hexdigest()
