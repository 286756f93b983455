"""Verification names the first bad place, whatever was done to the ledger, and never stumbles."""

from __future__ import annotations

import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from hub.ledger import SignedHead, Verification, sign_head, verify
from hub.ledger.chain import hash_entry
from hub.ledger.rows import COLUMNS
from hub.store import Store
from tests.unit.builders import NOW
from tests.unit.ledger.tamper import fill, run, without_guards

ENTRIES = 6
KEY = Ed25519PrivateKey.generate()


def _verify(store: Store, *anchors: SignedHead) -> Verification:
    with store.read() as session:
        return verify(session, anchors)


def _place(result: Verification) -> int | None:
    assert not result.intact
    return result.faults[0].seq


@pytest.fixture
def ledger(store: Store) -> Store:
    """Six entries."""
    fill(store, ENTRIES)
    return store


def test_an_untouched_ledger_is_intact(ledger: Store) -> None:
    result = _verify(ledger)
    assert result.intact, result
    assert result.entries == ENTRIES
    assert f"{ENTRIES} entries, head {result.head}, intact" in str(result)
    assert "not compared with any signed head" in str(result)


def test_taking_the_triggers_off_and_on_again_changes_nothing(ledger: Store) -> None:
    run(ledger)
    assert _verify(ledger).intact


NEW_VALUES = {
    "seq": ["seq + 100"],
    "at": ["'2026-03-02T12:00:00.000001Z'", "''"],
    "kind": ["'person.added'", "kind || ' '"],
    "actor": ["'mallory'", "upper(actor)"],
    "project": ["'other'", "CASE WHEN project IS NULL THEN '' ELSE NULL END"],
    "payload": ["'{}'", "payload || ' '", "replace(payload, ':', ': ')", "''"],
    "prev_hash": ["upper(prev_hash) || ''", "substr(prev_hash, 2) || '0'"],
    "hash": ["substr(hash, 2) || substr(hash, 1, 1)"],
}


def test_each_column_has_a_change_to_try() -> None:
    assert set(NEW_VALUES) == set(COLUMNS)


@pytest.mark.parametrize("row", range(1, ENTRIES + 1))
@pytest.mark.parametrize(("column", "value"), [(c, v) for c, values in NEW_VALUES.items() for v in values])
def test_any_column_of_any_entry_changed_is_found_there(
    ledger: Store, row: int, column: str, value: str
) -> None:
    with without_guards(ledger) as connection:
        before = connection.execute(
            text(f"SELECT {column} FROM ledger_entries WHERE seq = {row}")
        ).scalar_one()
        connection.exec_driver_sql(f"UPDATE ledger_entries SET {column} = {value} WHERE seq = {row}")
        where = "seq > 100" if column == "seq" else f"seq = {row}"
        after = connection.execute(text(f"SELECT {column} FROM ledger_entries WHERE {where}")).scalar_one()
    if before == after:
        assert column == "prev_hash" and row == 1  # the first has only zeros
        assert _verify(ledger).intact
        return
    result = _verify(ledger)
    assert _place(result) == row
    assert result.entries == row - 1


@pytest.mark.parametrize("row", range(1, ENTRIES))
def test_an_entry_rewritten_with_its_own_right_hash_shows_at_the_next(ledger: Store, row: int) -> None:
    with ledger.read() as session:
        columns = ", ".join(COLUMNS)
        found = session.execute(text(f"SELECT {columns} FROM ledger_entries WHERE seq = {row}")).one()
    changed = found._asdict() | {"actor": "mallory"}
    del changed["hash"]
    run(
        ledger,
        f"UPDATE ledger_entries SET actor = 'mallory', hash = '{hash_entry(**changed)}' WHERE seq = {row}",
    )
    result = _verify(ledger)
    assert _place(result) == row + 1
    assert f"previous hash is not the hash of entry {row}; one of the two was changed" in str(result)


@pytest.mark.parametrize("row", range(1, ENTRIES))
def test_a_missing_entry_is_named(ledger: Store, row: int) -> None:
    run(ledger, f"DELETE FROM ledger_entries WHERE seq = {row}")
    result = _verify(ledger)
    assert _place(result) == row
    assert "missing" in str(result)


def test_a_missing_entry_is_named_even_if_the_others_close_ranks(ledger: Store) -> None:
    run(
        ledger,
        "DELETE FROM ledger_entries WHERE seq = 3",
        *(f"UPDATE ledger_entries SET seq = {n - 1} WHERE seq = {n}" for n in range(4, ENTRIES + 1)),
    )
    assert _place(_verify(ledger)) == 3


def test_two_entries_in_each_others_place_are_found(ledger: Store) -> None:
    run(
        ledger,
        "UPDATE ledger_entries SET seq = 99 WHERE seq = 3",
        "UPDATE ledger_entries SET seq = 3 WHERE seq = 4",
        "UPDATE ledger_entries SET seq = 4 WHERE seq = 99",
    )
    assert _place(_verify(ledger)) == 3


def _rebuild(store: Store, *statements: str) -> None:
    """The same rows in a table without any constraint, so that anything can be put in."""
    types = "seq, at, kind, actor, project, payload, prev_hash, hash"
    create = "CREATE TABLE ledger_entries" + (f" ({types})" if store.engine.dialect.name == "sqlite" else "")
    source = "SELECT * FROM old_entries"
    with store._writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ledger_entries RENAME TO old_entries")
        if store.engine.dialect.name == "sqlite":
            connection.exec_driver_sql(create)
            connection.exec_driver_sql(f"INSERT INTO ledger_entries {source}")
        else:
            connection.exec_driver_sql(f"{create} AS {source}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_entry_that_is_there_twice_is_found(ledger: Store) -> None:
    _rebuild(ledger, "INSERT INTO ledger_entries SELECT * FROM old_entries WHERE seq = 4")
    result = _verify(ledger)
    assert _place(result) == 4
    assert "there twice" in str(result)


def test_a_table_rebuilt_without_triggers_and_keys_says_so(ledger: Store) -> None:
    _rebuild(ledger)
    said = str(_verify(ledger))
    for what in ("append_only_update is missing", "append_only_delete is missing", "hash need not be unique"):
        assert what in said


@pytest.mark.parametrize("seq", ["0", "-1"])
def test_an_entry_before_the_beginning_is_found(ledger: Store, seq: str) -> None:
    _rebuild(
        ledger,
        f"INSERT INTO ledger_entries SELECT {seq}, at, kind, actor, project, payload, prev_hash, hash "
        "FROM old_entries WHERE seq = 1",
    )
    assert _place(_verify(ledger)) == int(seq)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("value", ["NULL", "7.5", "x'ff00fe'", "CAST('text' AS BLOB)", "CAST(x'ff' AS TEXT)"])
def test_on_sqlite_another_type_in_any_column_is_found(sqlite_store: Store, column: str, value: str) -> None:
    fill(sqlite_store, ENTRIES)
    _rebuild(sqlite_store, f"UPDATE ledger_entries SET {column} = {value} WHERE seq = 4")
    assert not _verify(sqlite_store).intact
    if column not in ("seq", "project"):
        assert _place(_verify(sqlite_store)) == 4


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "seq"])
def test_on_sqlite_the_same_bytes_as_another_type_are_found(sqlite_store: Store, column: str) -> None:
    fill(sqlite_store, ENTRIES)
    _rebuild(sqlite_store, f"UPDATE ledger_entries SET {column} = CAST({column} AS BLOB) WHERE seq = 5")
    result = _verify(sqlite_store)
    assert _place(result) == 5
    assert f"column {column} is blob, not text" in str(result)


def test_a_number_that_reads_like_the_text_is_found(sqlite_store: Store) -> None:
    fill(sqlite_store, ENTRIES)
    _rebuild(sqlite_store, "UPDATE ledger_entries SET seq = CAST(seq AS TEXT) WHERE seq = 4")
    assert not _verify(sqlite_store).intact


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE ledger_entries ALTER COLUMN payload TYPE jsonb USING payload::jsonb",
        "ALTER TABLE ledger_entries ALTER COLUMN seq TYPE bigint",
        "ALTER TABLE ledger_entries ALTER COLUMN at TYPE bytea USING at::bytea",
        "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only_delete",
        "ALTER TABLE ledger_entries ENABLE REPLICA TRIGGER ledger_entries_append_only_update",
        "CREATE OR REPLACE FUNCTION lockedroom_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE RULE quiet AS ON INSERT TO ledger_entries DO INSTEAD NOTHING",
        "ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE ledger_entries DROP CONSTRAINT uq_ledger_entries_prev_hash",
        "ALTER TABLE ledger_entries DROP CONSTRAINT pk_ledger_entries",
        "DROP TRIGGER ledger_entries_append_only_truncate ON ledger_entries",
    ],
)
def test_on_postgresql_a_weakened_table_is_found(ledger: Store, statement: str) -> None:
    if ledger.engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL's own ways")
    with ledger._writing.begin() as connection:
        connection.exec_driver_sql(statement)
    assert not _verify(ledger).intact


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER ledger_entries_append_only_insert",
        "DROP TRIGGER ledger_entries_append_only_update",
        "DROP TRIGGER ledger_entries_append_only_delete",
        "CREATE TRIGGER quiet BEFORE INSERT ON ledger_entries BEGIN SELECT RAISE(IGNORE); END",
    ],
)
def test_on_sqlite_a_weakened_table_is_found(sqlite_store: Store, statement: str) -> None:
    fill(sqlite_store, ENTRIES)
    with sqlite_store._writing.begin() as connection:
        connection.exec_driver_sql(statement)
    result = _verify(sqlite_store)
    assert not result.intact
    assert "trigger" in str(result)


def test_a_trigger_with_another_body_is_found(sqlite_store: Store) -> None:
    fill(sqlite_store, ENTRIES)
    with sqlite_store._writing.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_entries_append_only_delete")
        connection.exec_driver_sql(
            "CREATE TRIGGER ledger_entries_append_only_delete BEFORE DELETE ON ledger_entries BEGIN SELECT 1; END"
        )
    assert "append_only_delete is not the one installed" in str(_verify(sqlite_store))


def test_a_column_that_the_chain_does_not_cover_is_found(ledger: Store) -> None:
    run(ledger, "ALTER TABLE ledger_entries ADD COLUMN remark TEXT")
    assert "does not cover: 'remark'" in str(_verify(ledger))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_is_gone_is_said(ledger: Store, column: str) -> None:
    with ledger._writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ledger_entries RENAME TO old_entries")
        others = ", ".join(name for name in COLUMNS if name != column)
        connection.exec_driver_sql(f"CREATE TABLE ledger_entries AS SELECT {others} FROM old_entries")
    assert f"column {column} is missing" in str(_verify(ledger))


def test_a_ledger_that_is_gone_or_a_view_is_said(ledger: Store) -> None:
    with ledger._writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ledger_entries RENAME TO old_entries")
    assert "table is gone" in str(_verify(ledger))
    with ledger._writing.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW ledger_entries AS SELECT * FROM old_entries")
    assert "table is gone" in str(_verify(ledger))


def _sign(store: Store) -> SignedHead:
    with store.write() as session:
        return sign_head(session, KEY, now=NOW)


def test_a_cut_off_end_shows_only_with_a_signed_head(ledger: Store) -> None:
    head = _sign(ledger)
    assert head.seq == ENTRIES + 1
    assert _verify(ledger, head).intact
    run(ledger, f"DELETE FROM ledger_entries WHERE seq = {head.seq}")
    assert _verify(ledger).intact
    result = _verify(ledger, head)
    assert _place(result) == head.seq
    assert "cut off" in str(result)


@pytest.mark.parametrize("behind", [-1, 0, 1])
def test_the_head_is_compared_at_its_very_entry(ledger: Store, behind: int) -> None:
    head = _sign(ledger)
    fill(ledger, 3)  # two more entries
    run(ledger, f"DELETE FROM ledger_entries WHERE seq > {head.seq + behind}")
    assert _verify(ledger, head).intact == (behind >= 0)


def test_an_emptied_ledger_shows_with_a_signed_head(ledger: Store) -> None:
    head = _sign(ledger)
    run(ledger, "DELETE FROM ledger_entries")
    result = _verify(ledger, head)
    assert _place(result) == 1
    assert "cut off" in str(result)


def test_a_ledger_rewritten_with_right_hashes_shows_with_signed_heads(ledger: Store) -> None:
    first = _sign(ledger)
    fill(ledger, 4)
    second = _sign(ledger)
    run(ledger, f"DELETE FROM ledger_entries WHERE seq > {first.seq}")
    fill(ledger, 20)  # a new, consistent end
    assert _verify(ledger, first).intact
    result = _verify(ledger, first, second)
    assert _place(result) == second.seq
    assert f"between entries {first.seq + 1} and {second.seq}" in str(result)


@pytest.mark.slow
def test_a_long_ledger_takes_no_more_memory_than_a_short_one(store: Store) -> None:
    def peak() -> int:
        tracemalloc.start()
        assert _verify(store).intact
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    fill(store, 1200)
    peak()  # whatever is loaded once
    short = peak()
    fill(store, 4000)
    assert peak() < short * 1.3
