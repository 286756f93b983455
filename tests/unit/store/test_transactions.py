"""Write transactions exclude one another, roll back as a whole, and reads change nothing."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.store import Store
from tests.unit.builders import person


def test_twenty_threads_that_read_then_write_lose_nothing(store: Store) -> None:
    with store.write() as session:
        session.execute(text("INSERT INTO signin_throttle VALUES ('counter', 0, NULL, '2030-01-01')"))

    def add_one(_: int) -> None:
        with store.write() as session:
            seen = session.execute(text("SELECT failures FROM signin_throttle")).scalar_one()
            session.execute(text("UPDATE signin_throttle SET failures = :n"), {"n": seen + 1})

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(add_one, range(200)))
    with store.read() as session:
        assert session.execute(text("SELECT failures FROM signin_throttle")).scalar_one() == 200


def test_an_exception_undoes_the_change_and_its_entry(store: Store) -> None:
    class Stop(Exception):
        pass

    def change_and_fail() -> None:
        with store.write() as session:
            session.execute(text("INSERT INTO signin_throttle VALUES ('x', 0, NULL, '2030-01-01')"))
            raise Stop

    with pytest.raises(Stop):
        change_and_fail()
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM signin_throttle")).scalar_one() == 0


def test_a_read_cannot_write(store: Store) -> None:
    with (
        store.read() as session,
        pytest.raises(DBAPIError, match=r"readonly|read-only"),
    ):
        session.execute(text("DELETE FROM signin_throttle"))


def test_a_write_works_on_a_connection_that_was_read_with_before(store: Store) -> None:
    for _ in range(3):
        with store.read() as session:
            session.execute(text("SELECT 1"))
        with store.write() as session:
            session.execute(text("DELETE FROM signin_throttle"))


def test_a_read_sees_one_moment(store: Store) -> None:
    with store.read() as before:
        assert before.execute(text("SELECT count(*) FROM people")).scalar_one() == 0
        person(store)
        assert before.execute(text("SELECT count(*) FROM people")).scalar_one() == 0


def test_sqlite_is_durable_checks_keys_and_is_private(sqlite_store: Store, tmp_path: Path) -> None:
    person(sqlite_store)
    with sqlite_store.read() as session:
        pragmas = [
            session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in (
                "journal_mode",
                "foreign_keys",
                "synchronous",
                "recursive_triggers",
                "trusted_schema",
            )
        ]
        assert pragmas == ["wal", 1, 2, 1, 0]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("hub.sqlite*")}
    assert modes == {"hub.sqlite": 0o600, "hub.sqlite-wal": 0o600, "hub.sqlite-shm": 0o600}
