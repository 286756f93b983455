"""Approved row conditions become filters, once column, operator and type fit the source."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl
from output_checker.errors import PlainError

from datasets.extract.layout import SnapshotManifest
from datasets.extract.spec import Condition, ExtractSpec, Scalar
from datasets.manifest import ColumnManifest
from datasets.sources.health.schema import tables

_ORDERED = ("<", "<=", ">", ">=")
# Kinds of columns whose values name a record or a person: they leave the zone as the project's pseudonyms only.
NAMES_A_RECORD = ("reference", "pseudonym")
_UNORDERED_KINDS = ("category", "text", *NAMES_A_RECORD)
_IDENTIFIERS = frozenset(column.name for _, table in tables() for column in table.identifiers)


def check_spec(spec: ExtractSpec, source: SnapshotManifest) -> None:
    """Raise PlainError, naming it, for a table, column, operator or value that the source cannot serve."""
    for name, table in spec.tables.items():
        if name not in source.tables:
            raise PlainError(f"{spec.source} has no table '{name}': it has {', '.join(source.tables)}.")
        for column in table.columns:
            _column(source, name, column)
        for condition in table.rows:
            filter_of(condition, name, source)


def filter_of(condition: Condition, table: str, source: SnapshotManifest) -> pl.Expr:
    """The filter for one condition. Raises PlainError for an unknown column, or a value of another type."""
    column = _column(source, table, condition.column)
    # Approved bounds may be fractions of a column's whole numbers; numbers compare as numbers.
    value = pl.col(column.name).cast(_dtype(column))
    if condition.op == "is_null":
        return value.is_null()
    if condition.op == "not_null":
        return value.is_not_null()
    if column.kind in NAMES_A_RECORD:
        # The specification goes into the manifest, which lies in the room: it must hold no identifier.
        raise PlainError(
            f"Rows of {table} cannot be chosen by {column.name}: an approval does not name records."
        )
    if condition.op in _ORDERED and column.kind in _UNORDERED_KINDS:
        raise PlainError(
            f"{table}.{column.name} is a {column.kind}: '{condition.op}' does not order it; use ==, !=, in "
            "or not_in."
        )
    if condition.op in ("in", "not_in"):
        assert isinstance(condition.value, list)
        wanted = pl.Series([_typed(one, column, table) for one in condition.value], dtype=_dtype(column))
        inside = value.is_in(wanted.implode())
        return (inside if condition.op == "in" else ~inside) & value.is_not_null()
    assert condition.value is not None
    assert not isinstance(condition.value, list)
    one = pl.lit(_typed(condition.value, column, table), dtype=_dtype(column))
    match condition.op:
        case "==":
            return value == one
        case "!=":
            return value != one
        case "<":
            return value < one
        case "<=":
            return value <= one
        case ">":
            return value > one
        case _:
            return value >= one


def _column(source: SnapshotManifest, table: str, name: str) -> ColumnManifest:
    if name in _IDENTIFIERS:
        raise PlainError(f"{name} says who somebody is: it is in no extract, and no row can be chosen by it.")
    for column in source.tables[table].columns:
        if column.name == name:
            return column
    raise PlainError(f"{source.source}.{table} has no column '{name}'.")


def _dtype(column: ColumnManifest) -> pl.DataType:
    match column.kind:
        case "integer" | "number":
            return pl.Float64()
        case "date":
            return pl.Date()
        case "time":
            return pl.Time()
        case "datetime":
            return pl.Datetime("us", "UTC")
        case _:
            return pl.String()


def _typed(value: Scalar, column: ColumnManifest, table: str) -> Any:
    """The value as the column's type; numbers for numbers, texts for everything else."""
    try:
        if column.kind in ("integer", "number"):
            if isinstance(value, str):
                raise ValueError
            return float(value)
        if isinstance(value, int | float):
            raise TypeError
        match column.kind:
            case "date":
                return date.fromisoformat(value)
            case "time":
                return time.fromisoformat(value)
            case "datetime":
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    raise ValueError
                return moment.astimezone(UTC)
            case _:
                return value
    except (TypeError, ValueError, OverflowError) as error:
        raise PlainError(
            f"{table}.{column.name} is {_WHAT[column.kind]}: {value!r} cannot be compared with it."
        ) from error


_WHAT = {
    "integer": "a number",
    "number": "a number",
    "date": "a date (yyyy-mm-dd)",
    "time": "a time (hh:mm)",
    "datetime": "a datetime with a time zone (yyyy-mm-ddThh:mm:ssZ)",
    "category": "a text",
    "text": "a text",
}
