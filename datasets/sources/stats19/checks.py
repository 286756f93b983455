"""What is refused and what is counted: values, references that stand twice or lead nowhere, unknown codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.sources.stats19.canonical import (
    UNKNOWN_CODE,
    WHAT,
    Layout,
    is_bad,
    is_unlisted,
    stated_datetime,
    typed_value,
    utc_datetime,
)
from datasets.sources.stats19.codes import CodeList
from datasets.sources.stats19.columns import COLUMNS, Table
from datasets.sources.stats19.csv_file import CsvFile


def refuse_bad_values(file: CsvFile, layout: Layout) -> None:
    """Raise PlainError for the first column with a value that its type cannot hold."""
    columns = [column for column in layout.columns if column.kind in WHAT and column.name in file.names]
    bad = file.scan().select(is_bad(column).sum().alias(column.name) for column in columns)
    counts = bad.collect(engine="streaming")
    for column in columns:
        number = int(counts[column.name].item())
        if number:
            numbered = file.scan().with_row_index("row", offset=1).filter(is_bad(column))
            row, value = numbered.select("row", column.name).head(1).collect().row(0)
            said = "nothing" if value is None else repr(str(value)[:40])
            raise PlainError(
                f"{file.name}: row {row:,} says {said} in '{file.heading(column.name)}', which is not "
                f"{WHAT[column.kind]}; {number:,} {'row does' if number == 1 else 'rows do'}."
            )


def refuse_duplicates(collisions: Path) -> None:
    """Raise PlainError when a collision reference stands more than once."""
    counted = (
        pl.scan_parquet(collisions, glob=False).group_by("collision_index").len().filter(pl.col("len") > 1)
    )
    number, example = (
        counted.select(pl.len(), pl.col("collision_index").min()).collect(engine="streaming").row(0)
    )
    if number:
        raise PlainError(
            f"{number:,} collision references stand more than once in the files (such as {example}): "
            "are two files of the same year there?"
        )


def refuse_orphans(table: Table, path: Path, collisions: Path) -> None:
    """Raise PlainError for records whose collision is missing: they would vanish from extracts unseen."""
    known = pl.scan_parquet(collisions, glob=False).select("collision_index")
    records = pl.scan_parquet(path, glob=False).select("collision_index")
    lost = records.join(known, on="collision_index", how="anti")
    number, example = (
        lost.select(pl.len(), pl.col("collision_index").min()).collect(engine="streaming").row(0)
    )
    if number:
        raise PlainError(
            f"{number:,} {table} belong to collisions that are not in the files (such as {example}): "
            "are the files of the same years?"
        )


def unknown_codes(
    tables: Mapping[Table, Path], layouts: Mapping[Table, Layout], codes: CodeList
) -> dict[str, dict[str, dict[str, int]]]:
    """Rows per code or label that the code list does not have, by table and column.

    For a column that the list does not have at all, only values that look like codes are counted.
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for table, path in tables.items():
        for name in (column.name for column in layouts[table].columns if column.kind == "category"):
            listed = codes.of(table, name)
            unlisted = (
                is_unlisted(name, listed) if listed.labels else pl.col(name).str.starts_with(UNKNOWN_CODE)
            )
            counted = pl.scan_parquet(path, glob=False).filter(unlisted).group_by(name).len()
            values = counted.collect(engine="streaming").sort(name)
            if values.height:
                found.setdefault(str(table), {})[name] = {
                    str(value): int(rows) for value, rows in values.iter_rows()
                }
    return found


def datetime_disagreements(file: CsvFile) -> int:
    """Rows of a collision file whose own UTC datetime is not the one that date and time in London make."""
    if "datetime" not in file.names:
        return 0
    typed = [
        typed_value(column).alias(column.name)
        for column in COLUMNS["collisions"]
        if column.name in ("date", "time")
    ]
    compared = file.scan().select(stated_datetime().alias("own"), *typed)
    return int(
        compared.select((pl.col("own") != utc_datetime()).sum()).collect(engine="streaming").item() or 0
    )
