"""Appending: the only way in, in the change's own transaction, and the table refuses everything else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hub.ledger import EVENTS, EventKind, append, open_ledger, verify
from hub.ledger.chain import PAYLOAD_MAX
from hub.store import Store, prepare_store
from hub.store.models import LedgerEntry
from hub.store.names import WrongName
from tests.unit.builders import CONSOLE, NOW

PERSON = {"person": "alice"}


def _append(store: Store, **changes: object) -> None:
    values: dict[str, object] = {
        "kind": EventKind.PERSON_PASSWORD_SET,
        "actor": CONSOLE,
        "now": NOW,
        "payload": PERSON,
    } | changes
    with store.write() as session:
        append(session, values.pop("kind"), **values)  # type: ignore[arg-type]


def _entries(store: Store) -> list[LedgerEntry]:
    with store.read() as session:
        return list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)))


def test_the_first_append_opens_the_ledger(store: Store) -> None:
    _append(store)
    _append(store)
    assert [(e.seq, e.kind) for e in _entries(store)] == [
        (1, "ledger.opened"),
        (2, "person.password_set"),
        (3, "person.password_set"),
    ]
    with store.read() as session:
        assert verify(session).intact


def test_two_ledgers_never_share_a_hash(tmp_path: Path) -> None:
    hashes = []
    for name in ("first", "second"):
        opened = prepare_store(f"sqlite:///{tmp_path / name}")
        _append(opened)
        hashes += [entry.hash for entry in _entries(opened)]
        opened.close()
    assert len(set(hashes)) == 4


def test_it_is_opened_once(store: Store) -> None:
    for _ in range(2):
        with store.write() as session:
            open_ledger(session, now=NOW)
    assert [e.kind for e in _entries(store)] == ["ledger.opened"]
    with pytest.raises(ValueError, match="open already"):
        _append(store, kind=EventKind.LEDGER_OPENED, payload={"ledger": "x"})


def test_an_entry_that_is_rolled_back_leaves_no_gap(store: Store) -> None:
    _append(store)

    def append_and_fail() -> None:
        with store.write() as session:
            append(session, EventKind.PERSON_PASSWORD_SET, actor=CONSOLE, now=NOW, payload=PERSON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        append_and_fail()
    _append(store)
    assert [e.seq for e in _entries(store)] == [1, 2, 3]


def test_moments_are_kept_in_utc(store: Store) -> None:
    _append(store, now=datetime(2026, 7, 1, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=2))))
    assert _entries(store)[-1].at == "2026-06-30T23:00:00.000005Z"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "person.promoted"}, ValueError),
        ({"payload": {}}, ValueError),
        ({"payload": {"person": "alice", "password": "secret"}}, ValueError),
        ({"payload": {"person": object()}}, ValueError),
        ({"payload": {"person": float("nan")}}, ValueError),
        ({"payload": {"person": "a" * PAYLOAD_MAX}}, ValueError),
        ({"now": datetime(2026, 1, 1)}, ValueError),
        ({"actor": "Robert'); DROP TABLE"}, WrongName),
        ({"project": "../x"}, WrongName),
    ],
)
def test_what_does_not_fit_is_refused_and_writes_nothing(
    store: Store, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _append(store, **changes)
    assert _entries(store) == []


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
def test_a_payload_has_a_largest_size(sqlite_store: Store, over: int, fits: bool) -> None:
    payload = {"person": "a" * (PAYLOAD_MAX - len('{"person":""}') + over)}
    if fits:
        _append(sqlite_store, payload=payload)
    else:
        with pytest.raises(ValueError, match="at most"):
            _append(sqlite_store, payload=payload)


def test_strange_text_in_a_payload_is_kept_exactly(store: Store) -> None:
    strange = "\0 \x1b[31m \ud800 ‮ 'quote\" \\ é 🔒"
    _append(store, payload={"person": strange})
    with store.read() as session:
        assert verify(session).intact


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET actor = 'mallory'",
        "UPDATE ledger_entries SET seq = seq",
        "DELETE FROM ledger_entries",
        "DELETE FROM ledger_entries WHERE seq = 2",
        "INSERT INTO ledger_entries SELECT seq + 5, at, kind, actor, project, payload, hash, prev_hash "
        "FROM ledger_entries WHERE seq = 2",
        "INSERT INTO ledger_entries SELECT 3, at, kind, actor, project, payload, prev_hash, substr(hash, 2) || 'z' "
        "FROM ledger_entries WHERE seq = 2",
    ],
)
def test_the_table_grows_at_its_end_only(store: Store, statement: str) -> None:
    _append(store)
    before = [(e.seq, e.hash) for e in _entries(store)]
    with pytest.raises(DBAPIError, match=r"ledger|kept"), store.write() as session:
        session.execute(text(statement))
    assert [(e.seq, e.hash) for e in _entries(store)] == before


def test_sqlite_cannot_replace_an_entry(sqlite_store: Store) -> None:
    _append(sqlite_store)
    replace = text("INSERT OR REPLACE INTO ledger_entries SELECT * FROM ledger_entries WHERE seq = 2")
    with sqlite_store.write() as session:
        session.execute(text("PRAGMA recursive_triggers = OFF"))
        with pytest.raises(DBAPIError, match="grows at its end"):
            session.execute(replace)


def test_postgresql_cannot_truncate_nor_play_replica(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    _append(store)
    for statement in ("TRUNCATE ledger_entries", "DELETE FROM ledger_entries"):
        with store.engine.connect() as connection:
            connection.execution_options(lockedroom_writes=True)
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            with pytest.raises(DBAPIError, match="kept"):
                connection.execute(text(statement))


def test_each_kind_of_event_is_explained() -> None:
    assert set(EVENTS) == set(EventKind)
    for kind, spec in EVENTS.items():
        assert spec.meaning.endswith("."), kind
        assert "\n" not in spec.meaning, kind
        assert all(spec.fields.values()) and all(spec.optional.values()), kind
        assert not spec.fields.keys() & spec.optional.keys(), kind
