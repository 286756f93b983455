# ruff: noqa: S608 - every statement here is made of our own names
"""The ledger's table itself: its columns, its unique keys and the triggers that let it grow only."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from hub.ledger.rows import COLUMNS
from hub.store import guards

_TABLE = "ledger_entries"
_UNIQUE = (("seq",), ("prev_hash",), ("hash",))
_POSTGRES_TYPES = {
    "seq": "integer",
    "at": "character varying(27)",
    "kind": "character varying(64)",
    "actor": "character varying(64)",
    "project": "character varying(30)",
    "payload": "text",
    "prev_hash": "character varying(64)",
    "hash": "character varying(64)",
}
# pg_trigger.tgtype: for each row 1, before 2, insert 4, delete 8, update 16, truncate 32
_TGTYPE = {"insert": 1 + 2 + 4, "delete": 1 + 2 + 8, "update": 1 + 2 + 16, "truncate": 2 + 32}


def faults(connection: Connection) -> list[str]:
    """What is wrong with the table, in sentences without a full stop. Empty when all is as installed."""
    return list(_sqlite(connection) if connection.dialect.name == "sqlite" else _postgres(connection))


def unreadable(connection: Connection) -> list[str]:
    """What keeps the entries from being read at all: no table, a column missing or of another type."""
    if not _table_exists(connection):
        return ["the ledger's table is gone"]
    if connection.dialect.name == "sqlite":
        found = [str(row[1]) for row in connection.exec_driver_sql(f"PRAGMA table_xinfo({_TABLE})")]
        return [f"the column {name} is missing" for name in COLUMNS if name not in found]
    rows = connection.exec_driver_sql(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = to_regclass('{_TABLE}') AND attnum > 0 AND NOT attisdropped"
    )
    types = {str(name): str(kind) for name, kind in rows}
    return [
        f"the column {name} is missing"
        if name not in types
        else f"the column {name} is {types[name]}, not {wanted}"
        for name, wanted in _POSTGRES_TYPES.items()
        if types.get(name) != wanted
    ]


def _table_exists(connection: Connection) -> bool:
    """Whether there is a plain table of the ledger's name (a view in its place is none)."""
    if connection.dialect.name == "sqlite":
        query = f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{_TABLE}'"
    else:
        query = f"SELECT 1 FROM pg_class WHERE oid = to_regclass('{_TABLE}') AND relkind = 'r'"
    return connection.exec_driver_sql(query).first() is not None


def _sqlite(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{_TABLE}'"
    )
    triggers = {str(name): str(sql).strip() for name, sql in rows}
    for name, sql in guards.SQLITE_LEDGER.items():
        if name not in triggers:
            yield f"the trigger {name} is missing"
        elif triggers[name] != sql:
            yield f"the trigger {name} is not the one installed"
    for name in sorted(triggers.keys() - guards.SQLITE_LEDGER.keys()):
        yield f"there is a trigger that was not installed: {name[:80]!r}"
    info = connection.exec_driver_sql(f"PRAGMA table_xinfo({_TABLE})").all()
    yield from _columns([str(row[1]) for row in info])
    unique: set[tuple[str, ...]] = set()
    if [row[1] for row in info if row[5]] == ["seq"]:  # the primary key
        unique.add(("seq",))
    for index in connection.exec_driver_sql(f"PRAGMA index_list({_TABLE})").all():
        if index[2] == 1 and index[4] == 0:  # unique, not partial
            name = str(index[1]).replace('"', '""')
            parts = connection.exec_driver_sql(f'PRAGMA index_info("{name}")').all()
            unique.add(tuple(str(part[2]) for part in parts))
    yield from _keys(unique)


def _postgres(connection: Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql(
        "SELECT t.tgname, t.tgenabled::text, t.tgtype, p.proname, p.prosrc, "
        "t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0 "
        "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        f"WHERE t.tgrelid = to_regclass('{_TABLE}') AND NOT t.tgisinternal"
    )
    triggers = {str(row[0]): tuple(row[1:]) for row in rows}
    for trigger in guards.POSTGRES_LEDGER:
        wanted = (
            "A",
            _TGTYPE[trigger.when.split()[-1].lower()],
            trigger.function,
            guards.POSTGRES_FUNCTIONS[trigger.function],
            True,
        )
        if trigger.name not in triggers:
            yield f"the trigger {trigger.name} is missing"
        elif triggers[trigger.name][0] != "A":
            yield f"the trigger {trigger.name} is switched off, wholly or in part"
        elif triggers[trigger.name] != wanted:
            yield f"the trigger {trigger.name} is not the one installed"
    for name in sorted(triggers.keys() - {trigger.name for trigger in guards.POSTGRES_LEDGER}):
        yield f"there is a trigger that was not installed: {name[:80]!r}"
    if connection.exec_driver_sql(f"SELECT 1 FROM pg_rules WHERE tablename = '{_TABLE}'").first():
        yield "a rule rewrites what is done to the table"
    if connection.exec_driver_sql(
        f"SELECT 1 FROM pg_class WHERE oid = to_regclass('{_TABLE}') AND relrowsecurity"
    ).first():
        yield "row security may hide entries"
    columns = connection.exec_driver_sql(
        "SELECT attname FROM pg_attribute "
        f"WHERE attrelid = to_regclass('{_TABLE}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    yield from _columns([str(name) for (name,) in columns])
    indexes = connection.exec_driver_sql(
        "SELECT i.indexrelid, a.attname FROM pg_index i "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey::int2[]) "
        f"WHERE i.indrelid = to_regclass('{_TABLE}') "
        "AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL"
    )
    keys: dict[int, list[str]] = {}
    for index, column in indexes:
        keys.setdefault(index, []).append(str(column))
    yield from _keys({tuple(columns) for columns in keys.values()})


def _columns(found: list[str]) -> Iterator[str]:
    for name in found:
        if name not in COLUMNS:
            yield f"there is a column that the chain does not cover: {name[:80]!r}"


def _keys(found: set[tuple[str, ...]]) -> Iterator[str]:
    for columns in _UNIQUE:
        if columns not in found:
            yield f"the column {columns[0]} need not be unique any more"
