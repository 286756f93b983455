"""In which type values of a kind are kept."""

from __future__ import annotations

import polars as pl

from datasets.sources.health.schema import Kind

_TYPES: dict[Kind, pl.DataType] = {
    "reference": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "category": pl.String(),
    "text": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
}


def type_of(kind: Kind) -> pl.DataType:
    """The type in which values of a kind are kept."""
    return _TYPES[kind]
