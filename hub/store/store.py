"""The store: short write transactions that exclude one another, and reads of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub.store import schema
from hub.store.engine import for_writing, make_engine


class Store:
    """One database. Safe to share between threads; not to carry across a fork."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = for_writing(engine)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One short transaction that excludes every other writer from its first statement on.

        What is read inside cannot change before the commit. Leaving with an exception rolls back.
        """
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            session.connection()  # take the lock now, not at the first statement
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent view of the database; a change inside fails."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open a database whose schema is this program's. Raises WrongDatabase with a sentence otherwise."""
    engine = make_engine(url, create=False)
    try:
        schema.check(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def prepare_store(url: str) -> Store:
    """Open a database after creating or upgrading its schema."""
    engine = make_engine(url, create=True)
    try:
        schema.upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)
