"""Connections. SQLite: WAL, foreign keys, durable commits, and a write transaction that locks as it begins."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from hub.store.faults import NONE_YET, WrongDatabase

BUSY_SECONDS = 30
_WRITES = "lockedroom_writes"
# One number for one lock: everybody who writes takes it, so the order of entries is the order of commits.
WRITE_LOCK = 0x10C4ED


def make_engine(url: str, *, create: bool) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql://…``. Raises WrongDatabase for anything else.

    Only with ``create`` a SQLite file that is not there comes into being.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, create=create)
    engine = create_engine(parsed, pool_pre_ping=True)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same pool, whose transactions take the write lock as they begin."""
    return engine.execution_options(**{_WRITES: True})


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise WrongDatabase(
                "LOCKEDROOM_DATABASE_URL: a SQLite database needs a file, as in sqlite:////srv/hub.sqlite."
            )
        return parsed
    if parsed is not None and parsed.drivername in ("postgresql", "postgresql+pg8000"):
        return parsed.set(drivername="postgresql+pg8000")
    # The address may hold a password: it is not repeated.
    raise WrongDatabase("LOCKEDROOM_DATABASE_URL has to begin with sqlite:/// or postgresql://.")


def _sqlite(url: URL, *, create: bool) -> Engine:
    path = Path(str(url.database))
    try:
        if not create and not path.exists():
            raise WrongDatabase(NONE_YET)
        _make_private(path)
    except OSError as error:
        raise WrongDatabase(f"The database {path} cannot be opened: {error.strerror}.") from None
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    # SQLite gives its journal files the mode of the database: 0600 before the first byte is written.
    if not path.exists() and path.parent.is_dir():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own habit is a deferred BEGIN before the first change; with it, writers lose each other's work.
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    # Without it, INSERT OR REPLACE deletes rows behind the back of the delete triggers.
    connection.execute("PRAGMA recursive_triggers = ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    # Changing the journal mode does not wait for the busy timeout when others open the file at the same moment.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = bool(connection.get_execution_options().get(_WRITES))
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        # READ COMMITTED on purpose: a snapshot taken before the lock is granted would be an old one.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
