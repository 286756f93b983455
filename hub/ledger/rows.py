"""Reading the ledger as it lies, distrusting every value: its type, its bytes, its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.ledger.chain import Entry

COLUMNS = ("seq", "at", "kind", "actor", "project", "payload", "prev_hash", "hash")
BATCH = 500  # rows held in memory at once


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be an entry, and why. ``seq`` is what its own column says, if that can be read."""

    seq: int | None
    what: str


def stream(connection: Connection) -> Iterator[Entry | BadRow]:
    """All rows by sequence number, in constant memory. A strange value becomes a BadRow, never an error."""
    sqlite = connection.dialect.name == "sqlite"
    # The driver would stumble over text that is not UTF-8 and quietly convert types: read type and bytes.
    selected = ", ".join(
        f"typeof({column}), CAST({column} AS BLOB)"
        if sqlite
        else f"CASE WHEN {column} IS NULL THEN 'null' ELSE pg_typeof({column})::text END, "
        f"convert_to({column}::text, 'UTF8')"
        for column in COLUMNS
    )
    result = connection.execution_options(stream_results=True, yield_per=BATCH).exec_driver_sql(
        f"SELECT {selected} FROM ledger_entries ORDER BY seq"  # noqa: S608 - names are ours
    )
    with result:
        for row in result:
            yield _read(list(zip(COLUMNS, row[::2], row[1::2], strict=True)))


def _read(cells: list[tuple[str, str, bytes | None]]) -> Entry | BadRow:
    values: dict[str, str | None] = {}
    seq = _number(cells[0])
    for column, found, raw in cells:
        wanted = ("integer",) if column == "seq" else ("text", "character varying")
        if found == "null" and column == "project":
            values[column] = None
            continue
        if found not in wanted or raw is None:
            return BadRow(seq, f"column {column} is {found}, not {wanted[0]}")
        try:
            values[column] = bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return BadRow(seq, f"column {column} holds bytes that are not text")
    if seq is None:
        return BadRow(None, "column seq is not a number")
    text = {column: value or "" for column, value in values.items()}
    return Entry(
        seq=seq,
        at=text["at"],
        kind=text["kind"],
        actor=text["actor"],
        project=values["project"],
        payload=text["payload"],
        prev_hash=text["prev_hash"],
        hash=text["hash"],
    )


def _number(cell: tuple[str, str, bytes | None]) -> int | None:
    _, found, raw = cell
    try:
        return int(bytes(raw or b"")) if found == "integer" else None
    except ValueError:
        return None
