"""The only way to write into the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from hub.ledger.chain import GENESIS, Entry, encode_payload, hash_entry
from hub.ledger.events import EventKind, check_payload
from hub.store.clock import to_text
from hub.store.engine import WRITE_LOCK
from hub.store.models import LedgerEntry
from hub.store.names import parse_actor, parse_project


def append(
    session: Session,
    kind: EventKind | str,
    *,
    actor: str,
    project: str | None = None,
    now: datetime,
    payload: Mapping[str, object],
) -> Entry:
    """Add one entry at the end, in the caller's transaction: both stand, or neither.

    ``session`` comes from ``Store.write()``. ``actor`` is a person's name, ``console:<user>`` or
    ``system:<component>``. Raises ValueError for an unknown kind or a payload that does not match it.
    """
    kind = EventKind(kind)
    check_payload(kind, payload)
    _take_write_lock(session)
    session.flush()
    last = _last(session)
    if kind is EventKind.LEDGER_OPENED and last is not None:
        raise ValueError("the ledger is open already")
    if kind is not EventKind.LEDGER_OPENED and last is None:
        last = _open(session, now)
    seq, prev_hash = last or (0, GENESIS)
    columns = {
        "seq": seq + 1,
        "at": to_text(now),
        "kind": kind.value,
        "actor": str(parse_actor(actor)),
        "project": None if project is None else str(parse_project(project)),
        "payload": encode_payload(payload),
        "prev_hash": prev_hash,
    }
    entry = Entry(**columns, hash=hash_entry(**columns))  # type: ignore[arg-type]
    session.execute(insert(LedgerEntry).values(**columns, hash=entry.hash))
    return entry


def open_ledger(session: Session, *, now: datetime) -> None:
    """Write the first entry if there is none yet. ``append`` does it by itself when it must."""
    _take_write_lock(session)
    if _last(session) is None:
        _open(session, now)


def _open(session: Session, now: datetime) -> tuple[int, str]:
    opened = append(
        session,
        EventKind.LEDGER_OPENED,
        actor="system:ledger",
        now=now,
        payload={"ledger": uuid.uuid4().hex},
    )
    return opened.seq, opened.hash


def _last(session: Session) -> tuple[int, str] | None:
    row = session.execute(
        select(LedgerEntry.seq, LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row.seq, row.hash)


def _take_write_lock(session: Session) -> None:
    # Store.write() holds it already and it may be taken twice; a session made otherwise must not fork the chain.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"))
