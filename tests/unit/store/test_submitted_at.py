"""A database from before the column: what was submitted gets its moment from the ledger."""

from __future__ import annotations

from alembic import command
from sqlalchemy import insert
from sqlalchemy.orm import Session

from hub.ledger import EventKind, append
from hub.store import Store, prepare_store, schema
from hub.store.engine import for_writing, make_engine
from hub.store.models import AirlockRequest
from tests.unit.builders import NOW, SECOND, member, person, project


def _request(session: Session, number: int, seat_number: int, state: str) -> None:
    columns = {
        "seat_number": seat_number,
        "bundle_key": f"{number:064}",
        "digest": "d" * 64,
        "taken_at": NOW,
        "changed_at": NOW + 9 * SECOND,
        "revision": 1,
        "replied_revision": 0,
        "bytes": 1,
        "kind": "table (CSV)",
        "checked_at": NOW,
        "verdict": "clear",
        "binding": "b" * 64,
    }
    # Not by the model: it names a column that is not there yet.
    session.execute(insert(AirlockRequest.__table__).values(number=number, state=state, **columns))  # type: ignore[arg-type]


def test_what_was_submitted_before_waits_since_then(database_url: str) -> None:
    engine = make_engine(database_url, create=True)
    with for_writing(engine).begin() as connection:
        command.upgrade(schema._config(connection), "0002")
    before = Store(engine)
    person(before)
    project(before)
    seat_number = member(before).seat_number
    with before.write() as session:
        _request(session, 100_001, seat_number, "submitted")
        _request(session, 100_002, seat_number, "staged")
        payload = {"request": 100_001, "bundle": 100_001, "sha256": []}
        append(session, EventKind.REQUEST_SUBMITTED, actor="alice", now=NOW + 5 * SECOND, payload=payload)
    before.close()

    after = prepare_store(database_url)
    with after.read() as session:
        assert session.get_one(AirlockRequest, 100_001).submitted_at == NOW + 5 * SECOND
        assert session.get_one(AirlockRequest, 100_002).submitted_at is None
    after.close()
