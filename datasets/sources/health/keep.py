"""What is done first with a keeper's files: rows of persons who have opted out are dropped.

Runs in a process of its own (see ``apart``): Parquet is a format for which a damaged file can bring down
whoever reads it. What this process writes, and nothing of the keeper's own file, is read further on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict

from datasets.snapshot import write_table
from datasets.sources.health import nhs_number
from datasets.sources.health.files import Form, refuse_wrong_columns
from datasets.sources.health.schema import SOURCES, Column, Table
from datasets.sources.health.types import type_of

ROW = "__row"
_NUMBER = "__number"
# One table of a keeper: more than any region's.
MOST_ROWS = 1_000_000_000
# A row group is in memory at once. Writers cut at a million rows or fewer unless told otherwise.
MOST_GROUP_ROWS = 8_000_000
MOST_GROUP_BYTES = 4 << 30
# Declared size over the file's own: columns of codes reach 20 or so.
MOST_INFLATION = 200
SMALL_BYTES = 64 << 20


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeepFile(_Model):
    """One keeper's file, and where its kept rows go."""

    table: str
    path: Path
    form: Form
    target: Path


class KeepTask(_Model):
    """The files of one source, and the list of numbers whose persons are left out."""

    source: str
    files: list[KeepFile]
    numbers: Path


class KeptRows(_Model):
    """What one file held."""

    read: int
    kept: int


def keep_rows(task: KeepTask, reading: Callable[[str], None]) -> dict[str, KeptRows]:
    """Write, of each file, the rows of persons who have not opted out: number of the row, then the columns.

    Texts are trimmed and missing if nothing is left; the NHS number has no spaces; times of Parquet files are in
    UTC. Nothing else is changed or checked yet. A record that is about no person by itself is dropped with the
    persons who refer to it: where all of them have opted out, it tells about nobody else. ``reading`` hears the
    name of each file.

    Raises PlainError when a file cannot be read or has other columns than its table. OSError if the disk is
    full.
    """
    source = SOURCES[task.source]
    optout = pl.scan_parquet(task.numbers, glob=False).select(pl.col("number").alias(_NUMBER))
    files = {file.table: file for file in task.files}
    kept: dict[str, KeptRows] = {}
    # Tables that others refer to come last.
    for table in sorted(source.tables, key=lambda table: _referring(source.tables, table) != []):
        file = files[table.name]
        reading(file.path.name)
        rows = _rows(file, table)
        total = int(rows.select(pl.len()).collect(engine="streaming").item())
        if total == 0:
            raise PlainError(f"{file.path.name} has no row.")
        for other, column in _referring(source.tables, table):
            dropped = _only_of_opted_out(files[other.name], other, column, optout)
            (key,) = table.key
            rows = rows.join(dropped, left_on=key, right_on=column.name, how="anti", maintain_order="left")
        if table.person is not None:
            rows = rows.join(
                optout, left_on=table.person.name, right_on=_NUMBER, how="anti", maintain_order="left"
            )
        write_table(rows, file.target)
        left = int(pl.scan_parquet(file.target, glob=False).select(pl.len()).collect().item())
        kept[table.name] = KeptRows(read=total, kept=left)
    return kept


def _referring(tables: tuple[Table, ...], table: Table) -> list[tuple[Table, Column]]:
    """Tables of persons, and their columns, that refer to a table of none."""
    return [
        (other, column)
        for other in tables
        for column in other.columns
        if column.refers_to == table.name and other.person is not None and table.person is None
    ]


def _only_of_opted_out(file: KeepFile, table: Table, column: Column, optout: pl.LazyFrame) -> pl.LazyFrame:
    """The references made by persons who have opted out, and by nobody whose rows are kept."""
    assert table.person is not None
    rows = _rows(file, table)
    out = (
        rows.join(optout, left_on=table.person.name, right_on=_NUMBER, how="semi")
        .select(column.name)
        .unique()
    )
    others = pl.scan_parquet(file.target, glob=False).select(column.name)
    return out.join(others, on=column.name, how="anti").collect(engine="streaming").lazy()


def _rows(file: KeepFile, table: Table) -> pl.LazyFrame:
    frame = _csv(file) if file.form == "csv" else _parquet(file, table)
    texts = [
        _trimmed(column)
        for column in table.columns
        if file.form == "csv" or column.kind in ("reference", "category", "text")
    ]
    times = [
        pl.col(column.name).dt.convert_time_zone("UTC")
        for column in table.columns
        if file.form == "parquet" and column.kind == "datetime"
    ]
    return frame.with_columns(*texts, *times).select(ROW, *(column.name for column in table.columns))


def _trimmed(column: Column) -> pl.Expr:
    text = pl.col(column.name).cast(pl.String).str.strip_chars()
    if column.person:
        text = nhs_number.plain(text.str.replace_all(r"\s", ""))
    return pl.when(text != "").then(text).alias(column.name)


def _csv(file: KeepFile) -> pl.LazyFrame:
    raw = pl.scan_csv(file.path, infer_schema=False, glob=False, row_index_name=ROW, row_index_offset=1)
    return raw.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))


def _parquet(file: KeepFile, table: Table) -> pl.LazyFrame:
    _refuse_bomb(file.path)
    frame = pl.scan_parquet(file.path, glob=False, row_index_name=ROW, row_index_offset=1)
    dtypes = {name: dtype for name, dtype in frame.collect_schema().items() if name != ROW}
    refuse_wrong_columns(file.path.name, list(dtypes), table)
    for column in table.columns:
        wrong = _wrong_type(column, dtypes[column.name])
        if wrong:
            raise PlainError(f"{file.path.name}: '{column.name}' {wrong}.")
    empty = [column for column in table.columns if dtypes[column.name] == pl.Null]
    return frame.with_columns(pl.col(column.name).cast(type_of(column.kind)) for column in empty)


def _wrong_type(column: Column, dtype: pl.DataType) -> str | None:
    """What is wrong with a Parquet column's type, in words; None if nothing is."""
    if dtype == pl.Null:  # So some writers describe a column in which everything is missing.
        return None
    match column.kind:
        case "integer":
            # A column of whole numbers with gaps is often written as floating.
            return None if dtype.is_integer() or dtype.is_float() else "does not hold whole numbers"
        case "number":
            return None if dtype.is_numeric() else "does not hold numbers"
        case "date":
            return None if dtype == pl.Date else "does not hold dates: write days without a time"
        case "datetime":
            if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
                return None
            if isinstance(dtype, pl.Datetime):
                return "holds times without a zone: write them with their zone, or in UTC"
            return "does not hold times with their zone"
        case _:
            texts = (pl.String, pl.Categorical, pl.Enum)
            return None if isinstance(dtype, texts) else "does not hold text"


def _refuse_bomb(path: Path) -> None:
    """Raise PlainError when a Parquet file declares more than it can sensibly hold, before it is unpacked."""
    with path.open("rb") as stream:
        begins = stream.read(4)
        size = stream.seek(0, 2)
        stream.seek(-min(4, size), 2)
        ends = stream.read(4)
    if begins != b"PAR1":
        raise PlainError(f"{path.name} is no Parquet file: get it again, or name it after what it is.")
    if size < 12 or ends != b"PAR1":
        raise PlainError(f"{path.name} is not whole: it was cut off; get it again.")
    with duckdb.connect(config={"threads": 1}) as connection:
        groups = connection.execute(
            "SELECT max(row_group_num_rows), max(total_uncompressed_size), sum(total_uncompressed_size) "
            "FROM (SELECT row_group_id, any_value(row_group_num_rows) AS row_group_num_rows, "
            "sum(total_uncompressed_size) AS total_uncompressed_size "
            "FROM parquet_metadata(?) GROUP BY row_group_id)",
            [_literal(path)],
        ).fetchone()
        files = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [_literal(path)])
        rows = int((files.fetchone() or (0,))[0] or 0)
    group_rows, group_bytes, unpacked = (int(number or 0) for number in groups or (0, 0, 0))
    if rows > MOST_ROWS or group_rows > MOST_GROUP_ROWS or group_bytes > MOST_GROUP_BYTES:
        raise PlainError(
            f"{path.name} is too large to read at once: at most {MOST_ROWS:,} rows, in row groups of at most "
            f"{MOST_GROUP_ROWS:,} rows and {MOST_GROUP_BYTES >> 30} GiB."
        )
    if unpacked > SMALL_BYTES + MOST_INFLATION * size:
        raise PlainError(f"{path.name} unpacks to far more than a table of records can: is it a real one?")


def _literal(path: Path) -> str:
    """A path in which DuckDB finds no pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
