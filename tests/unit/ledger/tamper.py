"""Changing a ledger behind its triggers' back, the way somebody with the database's password would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from hub.ledger import EventKind, append
from hub.store import Store, guards
from tests.unit.builders import CONSOLE, NOW


def fill(store: Store, entries: int) -> None:
    """A ledger of so many entries (at least two)."""
    with store.write() as session:
        for number in range(2, entries + 1):
            append(
                session,
                EventKind.MEMBER_ENDED,
                actor=CONSOLE,
                project="road-safety" if number % 2 else None,
                now=NOW,
                payload={"person": f"p{number}", "reason": "left"},
            )


@contextmanager
def without_guards(store: Store) -> Iterator[Connection]:
    """A connection on which the ledger's triggers are gone; they are put back as they were."""
    with store._writing.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        names = guards.SQLITE_LEDGER if sqlite else [trigger.name for trigger in guards.POSTGRES_LEDGER]
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else " ON ledger_entries")))
        yield connection
        if sqlite:
            statements = list(guards.SQLITE_LEDGER.values())
        else:
            statements = [statement for trigger in guards.POSTGRES_LEDGER for statement in trigger.create]
        for statement in statements:
            connection.exec_driver_sql(statement)


def run(store: Store, *statements: str) -> None:
    """Run statements without the ledger's triggers."""
    with without_guards(store) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
