"""From a CSV file of any release and form to the canonical, labelled table; nothing is read here.

What the canonical table does to values

- references stay text; columns of numbers, dates and times get their types; ``-1``, ``NULL``, ``NA`` and
  nothing become missing
- categories hold labels: a code of the code list becomes its label, a label stays, a code that the list does
  not have becomes ``Unknown code 77``, and ways to say no more than *missing* become missing
- ``collision_year`` and ``collision_ref_no``, where a file leaves them out, come out of ``collision_index``,
  which the Department makes of the two
- ``datetime`` is always computed, so that both forms agree
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from datasets.sources.stats19.codes import CodeList, Codes, tidy
from datasets.sources.stats19.columns import COLUMNS, Column, Table, find

NULLS = ["NULL", "NA"]
UNKNOWN_CODE = "Unknown code "
# ONS area codes are codes too: "E06000001".
_LOOKS_LIKE_CODE = re.compile(r"-?[0-9]+|[EWSN][0-9]{8}")
_TYPES: dict[str, pl.DataType] = {
    "reference": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "category": pl.String(),
    "text": pl.String(),
    "date": pl.Date(),
    "time": pl.Time(),
    "datetime": pl.Datetime("us", "UTC"),
}
# A reference that a spreadsheet program has rewritten (2.01701E+12) must not get through.
_REFERENCE = r"^[0-9A-Za-z_/-]{1,32}$"
WHAT = {
    "reference": "a reference (has a spreadsheet program rewritten it?)",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date (dd/mm/yyyy or yyyy-mm-dd)",
    "time": "a time (hh:mm)",
}


@dataclass(frozen=True)
class Layout:
    """The canonical columns of one table for one set of files, in order, and those nobody described."""

    table: Table
    columns: tuple[Column, ...]
    unrecognised: tuple[str, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Name and type of each column of the canonical table."""
        described = {column.name: _TYPES[column.kind] for column in self.columns}
        return described | dict.fromkeys(self.unrecognised, pl.String())


_DERIVED = frozenset({"collision_year", "collision_ref_no"})


def layout(table: Table, present: list[str]) -> Layout:
    """Which canonical columns a table has when its files, together, have the columns ``present``."""
    derived = _DERIVED | ({"datetime"} if table == "collisions" else set())
    columns = tuple(column for column in COLUMNS[table] if column.name in present or column.name in derived)
    unknown = tuple(dict.fromkeys(name for name in present if find(table, name) is None))
    return Layout(table, columns, unknown)


def canonical(
    raw: pl.LazyFrame,
    present: list[str],
    layout: Layout,
    codes: CodeList,
) -> pl.LazyFrame:
    """The canonical table of one file.

    ``raw`` has text columns only, already under canonical names; ``present`` are their names. Columns of the
    layout that this file does not have are missing throughout.
    """
    typed = [
        typed_value(column).alias(column.name)
        for column in layout.columns
        if column.name in present and column.kind not in ("category", "datetime")
    ]
    labelled = [
        labelled_value(column.name, codes.of(layout.table, column.name)).alias(column.name)
        for column in layout.columns
        if column.kind == "category" and column.name in present
    ]
    kept = [tidied(name).alias(name) for name in layout.unrecognised if name in present]
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in layout.schema.items() if name not in present]
    frame = raw.select(
        *typed, *labelled, *kept, *absent, *(["datetime"] if _brings_datetime(layout, present) else [])
    )
    year, rest = _index_parts()
    frame = frame.with_columns(
        pl.coalesce("collision_year", year).alias("collision_year"),
        pl.coalesce("collision_ref_no", rest).alias("collision_ref_no"),
    )
    if layout.table == "collisions":
        frame = frame.with_columns(utc_datetime().alias("datetime"))
    return frame.select(list(layout.schema))


def _brings_datetime(layout: Layout, present: list[str]) -> bool:
    return layout.table == "collisions" and "datetime" in present


def _index_parts() -> tuple[pl.Expr, pl.Expr]:
    """Year and police reference inside ``collision_index``; missing where it does not begin with a year."""
    whole = pl.col("collision_index").str
    begins_with_year = whole.contains(r"^(19|20)[0-9]{2}.")
    year = pl.when(begins_with_year).then(whole.slice(0, 4).cast(pl.Int64, strict=False))
    return year, pl.when(begins_with_year).then(whole.slice(4))


def tidied(name: str) -> pl.Expr:
    """The text of a raw column, spaces trimmed and single; missing if nothing is left."""
    text = pl.col(name).str.strip_chars().str.replace_all(r"\s+", " ")
    return pl.when(text != "").then(text)


def typed_value(column: Column) -> pl.Expr:
    """The value of a raw column in its type; missing where it cannot be (``bad_values`` finds those)."""
    text = _stated(column)
    match column.kind:
        case "reference":
            return pl.when(text.str.contains(_REFERENCE)).then(text)
        case "integer":
            number = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
            # 99 is the guide's "unknown (self reported)" for speed limits.
            return pl.when(number != 99).then(number) if column.name == "speed_limit" else number
        case "number":
            number = text.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "date":
            return pl.coalesce(
                text.str.to_date("%d/%m/%Y", strict=False), text.str.to_date("%Y-%m-%d", strict=False)
            )
        case "time":
            return pl.coalesce(
                text.str.to_time("%H:%M", strict=False), text.str.to_time("%H:%M:%S", strict=False)
            )
        case _:
            return text


def _stated(column: Column) -> pl.Expr:
    """The tidied text, missing where it is ``-1``."""
    text = tidied(column.name)
    return pl.when(text != "-1").then(text)


def is_bad(column: Column) -> pl.Expr:
    """Whether a raw value does not fit its type, or is missing where it must be said."""
    said = _stated(column)
    if column.name == "speed_limit":
        said = pl.when(said != "99").then(said)
    bad = said.is_not_null() & typed_value(column).is_null()
    return bad | said.is_null() if column.name in MUST_BE_SAID else bad


MUST_BE_SAID = frozenset({"collision_index", "vehicle_reference", "casualty_reference", "date"})


def label(text: str, codes: Codes) -> str | None:
    """The label for one text of a category column, or None for missing: see the module's account."""
    stated = tidy(text)
    if not stated or stated in codes.missing:
        return None
    if stated in codes.labels:
        return codes.labels[stated]
    if stated in codes.labels.values() or not _LOOKS_LIKE_CODE.fullmatch(stated):
        return stated
    return UNKNOWN_CODE + stated


def labelled_value(name: str, codes: Codes) -> pl.Expr:
    """The labels of a raw category column.

    A category has few texts and many rows, so each batch decides once per text. Done by hand because polars'
    own ``replace_strict`` would hold the whole table in memory (2.1, streaming engine).
    """

    def batch(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique().to_list()
        if not distinct:
            return texts
        return texts.replace_strict(
            distinct, [label(text, codes) for text in distinct], return_dtype=pl.String
        )

    return pl.col(name).map_batches(batch, return_dtype=pl.String(), is_elementwise=True)


def is_unlisted(name: str, codes: Codes) -> pl.Expr:
    """Whether a canonical category holds a code or a label that the code list does not have."""
    return pl.col(name).is_not_null() & ~pl.col(name).is_in(sorted(set(codes.labels.values())))


def utc_datetime() -> pl.Expr:
    """London's date and time in UTC: the first of two in autumn, missing in spring's lost hour."""
    local = pl.col("date").dt.combine(pl.col("time"))
    return local.dt.replace_time_zone(
        "Europe/London", ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")


def stated_datetime(name: str = "datetime") -> pl.Expr:
    """The file's own UTC datetime, of labelled files: ``yyyy-mm-dd hh:mm:ss``, also with T and Z."""
    text = tidied(name).str.replace("T", " ").str.strip_chars_end("Z")
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").dt.replace_time_zone("UTC")
