"""What a database cannot do is said in a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.store import Store, open_store
from hub.store.faults import sentence_for


def test_a_locked_database(sqlite_store: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "hub.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with sqlite_store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with pytest.raises(OperationalError) as failed, sqlite_store.write():
        pass
    other.close()
    assert "locked by another program" in sentence_for(failed.value)


def test_a_full_disk_changes_nothing(sqlite_store: Store) -> None:
    fill = text("INSERT INTO signin_throttle VALUES (:name, 0, NULL, '2030-01-01')")
    with sqlite_store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # becomes: not one page more than now
    with pytest.raises(DBAPIError) as failed, sqlite_store.write() as session:
        session.execute(fill, [{"name": f"{n:064}"} for n in range(5000)])
    assert "is full: nothing was changed" in sentence_for(failed.value)
    with sqlite_store.read() as session:
        assert session.execute(text("SELECT count(*) FROM signin_throttle")).scalar_one() == 0


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(DBAPIError) as failed:
        open_store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    assert "not a SQLite database" in sentence_for(failed.value)


def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(DBAPIError) as failed:
        open_store("postgresql://nobody:hunter2@127.0.0.1:1/none")
    said = sentence_for(failed.value)
    assert "does not answer" in said
    assert "hunter2" not in said
