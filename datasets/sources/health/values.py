"""What values of a keeper's table may be: their types, and how a value that does not fit is told from one that does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from datasets.sources.health import nhs_number
from datasets.sources.health.keep import ROW
from datasets.sources.health.schema import Column, Kind, Table
from datasets.sources.health.types import type_of

LONGEST = 200
FIRST_DAY = date(1880, 1, 1)
_REFERENCE = r"^[0-9A-Za-z._:/-]{1,64}$"
_INTEGER = r"^[+-]?[0-9]{1,18}(\.0+)?$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
# Control and format characters, line and paragraph separators: an eye cannot see them, a program may obey them.
_UNSEEN = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
_NOT_A = {
    "integer": "is no whole number",
    "number": "is no number",
    "date": "is no date (yyyy-mm-dd)",
    "datetime": "is no time with its zone (yyyy-mm-ddThh:mm:ssZ)",
    "reference": "is no reference (up to 64 letters, digits and . _ : / -)",
}


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a row: what is said of it, and whether it is so."""

    column: str
    said: str
    wrong: pl.Expr


def typed(column: Column, dtype: pl.DataType) -> pl.Expr:
    """The value of a kept column, which has the type ``dtype``; missing where it cannot be one of its kind."""
    value = pl.col(column.name)
    if dtype == pl.String:
        value = _from_text(column.kind, value)
    elif column.kind == "integer" and dtype.is_float():
        value = pl.when(value.is_between(-(2.0**53), 2.0**53) & (value.round() == value)).then(value)
    elif column.kind == "number":
        value = value.cast(pl.Float64)
        value = pl.when(value.is_finite()).then(value)
    return value.cast(type_of(column.kind), strict=False).alias(column.name)


def _from_text(kind: Kind, text: pl.Expr) -> pl.Expr:
    match kind:
        case "integer":
            return pl.when(text.str.contains(_INTEGER)).then(text.str.replace(r"\.0+$", ""))
        case "number":
            number = pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "date":
            return pl.when(text.str.contains(_DATE)).then(text).str.to_date("%Y-%m-%d", strict=False)
        case "datetime":
            return _instant(text)
        case _:
            return text


def _instant(text: pl.Expr) -> pl.Expr:
    """Local time less its offset. Done by hand so that one column may mix zones and ways to write them."""
    whole = pl.when(text.str.contains(_CLOCK + _ZONE)).then(text)
    clock = whole.str.extract(f"({_CLOCK})").str.replace(" ", "T")
    seconds = pl.when(clock.str.len_bytes() == 16).then(clock + pl.lit(":00")).otherwise(clock)
    local = seconds.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    zone = whole.str.extract(_ZONE).str.replace_all(":", "")
    hours = zone.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = zone.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    ahead = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1) * (hours * 60 + minutes)
    real = pl.when((hours < 15) & (minutes < 60)).then(local)
    return (real - pl.duration(minutes=ahead)).dt.replace_time_zone("UTC")


def checks(table: Table, dtypes: dict[str, pl.DataType], now: datetime) -> Iterator[Check]:
    """Everything that can be seen of one row by itself, column by column in their order."""
    for column in table.columns:
        yield from _checks_of(column, dtypes[column.name], now)
    kinds = {column.name: column for column in table.columns}
    for first, second in table.in_order:
        before, after = (typed(kinds[name], dtypes[name]) for name in (first, second))
        yield Check(second, f"is before '{first}'", after < before)


def _checks_of(column: Column, dtype: pl.DataType, now: datetime) -> Iterator[Check]:
    stated, value = pl.col(column.name), typed(column, dtype)
    if dtype.is_float():
        stated = stated.fill_nan(None)

    def check(said: str, wrong: pl.Expr) -> Check:
        return Check(column.name, said, wrong)

    if not column.nullable:
        yield check("is missing, and it has to be there", stated.is_null())
    if column.person:
        yield check(
            "is no NHS number (ten digits, of which the last checks the others)", ~nhs_number.valid(stated)
        )
        return
    if column.kind == "datetime" and dtype == pl.String:
        yield check(
            "is a time without its zone (write 2026-01-31T09:00:00Z or +01:00 at its end)",
            stated.str.contains(_CLOCK + "$"),
        )
    if column.kind in ("reference", "category", "text"):
        yield check("holds characters that cannot be seen", stated.str.contains(_UNSEEN))
        yield check(f"is longer than {LONGEST} characters", stated.str.len_chars() > LONGEST)
    if column.kind == "reference":
        yield check(_NOT_A["reference"], ~stated.str.contains(_REFERENCE))
    elif column.kind in _NOT_A:
        yield check(_NOT_A[column.kind], stated.is_not_null() & value.is_null())
    if column.between is not None:
        least, most = column.between
        yield check(f"is not from {least:g} to {most:g}", ~value.is_between(least, most))
    if column.kind in ("date", "datetime"):
        day = value.dt.date() if column.kind == "datetime" else value
        yield check(f"is before {FIRST_DAY:%Y}", day < FIRST_DAY)
        # Somewhere it is tomorrow already.
        yield check("is in the future", day > (now + timedelta(days=1)).date())


def first_fault(rows: pl.LazyFrame, asked: list[Check]) -> tuple[Check, int, int] | None:
    """The first check that a row fails, the number of rows that fail it, and the first of these rows.

    One pass over the rows; memory does not grow with them.
    """
    counted = [check.wrong.sum().alias(f"rows {number}") for number, check in enumerate(asked)]
    first = [
        pl.when(check.wrong).then(pl.col(ROW)).min().alias(f"first {number}")
        for number, check in enumerate(asked)
    ]
    found = rows.select(*counted, *first).collect(engine="streaming").row(0, named=True)
    for number, check in enumerate(asked):
        if found[f"rows {number}"]:
            return check, int(found[f"rows {number}"]), int(found[f"first {number}"])
    return None
