"""What a health source is refused for. Sentences name file, column and row, and never quote a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.progress import Progress, silent
from datasets.sources.health.keep import ROW
from datasets.sources.health.schema import Column, Table
from datasets.sources.health.values import checks, first_fault
from datasets.synthetic.marker import MARKER, REFERENCE_PREFIX

# The range that is kept for tests: no person has such a number.
TEST_NUMBERS = "999"


@dataclass(frozen=True)
class Kept:
    """The kept rows of one table: where they are, and what the keeper's file is called."""

    table: Table
    path: Path
    name: str

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """Types of the columns as they came."""
        return dict(self.scan().collect_schema())

    def scan(self) -> pl.LazyFrame:
        """The rows, each with its number in the keeper's file."""
        return pl.scan_parquet(self.path, glob=False)


def refuse_what_is_wrong(
    tables: Mapping[str, Kept], *, synthetic: bool, now: datetime, progress: Progress = silent
) -> None:
    """Raise PlainError for the first thing wrong with the kept rows of a source, all of whose tables are given.

    ``synthetic`` says that its folder is marked so; ``now`` is when a time begins to lie in the future.
    """
    for step, kept in enumerate(tables.values()):
        progress("checking", step, len(tables))
        refuse_wrong_values(kept, now)
        refuse_repeated_keys(kept)
        refuse_two_homes(kept)
    for kept in tables.values():
        for column in kept.table.columns:
            if column.refers_to is not None:
                refuse_orphans(kept, column, tables[column.refers_to])
    if synthetic:
        refuse_false_marker(tables)
    progress("checking", len(tables), len(tables))


def refuse_wrong_values(kept: Kept, now: datetime) -> None:
    """Raise PlainError for the first column with a value that cannot be right."""
    fault = first_fault(kept.scan(), list(checks(kept.table, kept.dtypes, now)))
    if fault is not None:
        check, rows, first = fault
        raise PlainError(f"{kept.name}: '{check.column}' {check.said} {_rows(first, rows)}.")


def refuse_repeated_keys(kept: Kept) -> None:
    """Raise PlainError when a record stands more than once."""
    (key,) = kept.table.key
    found = _repeated(kept, key)
    if found is not None:
        rows, first, again = found
        raise PlainError(
            f"{kept.name}: '{key}' names a record once, but row {again:,} names the one of row {first:,} again"
            f"{_and_more(rows)}."
        )


def refuse_two_homes(kept: Kept) -> None:
    """Raise PlainError when a person has two rows where each has one, in two households or in one."""
    person, home = kept.table.person, kept.table.household
    if not kept.table.once_a_person or person is None:
        return
    if home is not None:
        lives = (
            kept.scan()
            .filter(pl.col(person.name).is_not_null())
            .group_by(person.name)
            .agg(pl.col(home).n_unique().alias("homes"), pl.col(ROW).sort().alias("rows"))
            .filter(pl.col("homes") > 1)
        )
        found = _first_two(lives)
        if found is not None:
            persons, first, again = found
            raise PlainError(
                f"{kept.name}: a person lives in one household, but rows {first:,} and {again:,} have one "
                f"'{person.name}' and two '{home}'{_and_more(persons, 'person')}."
            )
    found = _repeated(kept, person.name)
    if found is not None:
        rows, first, again = found
        raise PlainError(
            f"{kept.name}: each person has one row, but rows {first:,} and {again:,} have the same "
            f"'{person.name}'{_and_more(rows)}."
        )


def refuse_orphans(kept: Kept, column: Column, parent: Kept) -> None:
    """Raise PlainError for records that refer to one that is not there."""
    (key,) = parent.table.key
    lost = kept.scan().join(parent.scan(), left_on=column.name, right_on=key, how="anti")
    rows, first = lost.select(pl.len(), pl.col(ROW).min()).collect(engine="streaming").row(0)
    if rows:
        raise PlainError(
            f"{kept.name}: '{column.name}' names a record that {parent.name} does not have "
            f"{_rows(first, rows)}."
        )


def refuse_false_marker(tables: Mapping[str, Kept]) -> None:
    """Raise PlainError when a folder is marked synthetic and holds a record that the synthesiser does not make.

    Synthetic data open weaker doors than real ones: a marker put beside real records must not be believed.
    """
    for kept in tables.values():
        (key,) = kept.table.key
        wanted = [(key, REFERENCE_PREFIX, "a record whose name does not begin with")]
        if kept.table.person is not None:
            wanted.append((kept.table.person.name, TEST_NUMBERS, "an NHS number that does not begin with"))
        for column, prefix, what in wanted:
            real = ~pl.col(column).str.starts_with(prefix)
            counted = kept.scan().select(real.sum(), pl.when(real).then(pl.col(ROW)).min())
            rows, first = counted.collect(engine="streaming").row(0)
            if rows:
                raise PlainError(
                    f"The folder is marked synthetic ({MARKER}), but {kept.name} has {what} {prefix} "
                    f"{_rows(first, rows)}: remove the marker if the records are real."
                )


def _repeated(kept: Kept, column: str) -> tuple[int, int, int] | None:
    """How many values stand more than once, and the first two rows of the first of them; None if none."""
    grouped = (
        kept.scan()
        .filter(pl.col(column).is_not_null())
        .group_by(column)
        .agg(pl.len().alias("times"), pl.col(ROW).min().alias("first"))
        .filter(pl.col("times") > 1)
    )
    counted, value = (
        grouped.sort("first").select(pl.len(), pl.col(column).first()).collect(engine="streaming").row(0)
    )
    if not counted:
        return None
    rows = kept.scan().filter(pl.col(column) == value).select(ROW).head(2).collect()[ROW].to_list()
    return counted, rows[0], rows[1]


def _first_two(grouped: pl.LazyFrame) -> tuple[int, int, int] | None:
    found = (
        grouped.select(
            pl.len(),
            pl.col("rows").list.get(0).min().alias("first"),
            pl.col("rows").sort_by(pl.col("rows").list.get(0)).first().list.get(1).alias("again"),
        )
        .collect()
        .row(0)
    )
    return found if found[0] else None


def _rows(first: int, rows: int) -> str:
    more = rows - 1
    return f"in row {first:,}" + (f" and in {more:,} more {'row' if more == 1 else 'rows'}" if more else "")


def _and_more(number: int, what: str = "record") -> str:
    more = number - 1
    return f" ({more:,} more {what}{'' if more == 1 else 's'} like that)" if more else ""
