"""Part who somebody is from what is known about them, and put a pseudonym in the identifiers' place."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from datasets.manifest import ColumnManifest
from datasets.pseudonymise.pseudonym import pseudonymised
from datasets.snapshot import write_table
from datasets.sources.health.checks import Kept
from datasets.sources.health.schema import NHS_NUMBER, Column, Table
from datasets.sources.health.types import type_of
from datasets.sources.health.values import typed

PERSON = ColumnManifest(
    name="person",
    type="String",
    kind="pseudonym",
    description="The person: the zone's pseudonym of the NHS number; missing where that is not known",
)


def write_attributes(kept: Kept, key: bytes, target: Path) -> None:
    """Write the attributes of a table, with ``person`` where the NHS number stood.

    ``key`` is the zone's linkage key: a person has the same pseudonym in all sources, 26 characters.
    """
    dtypes = kept.dtypes
    columns: list[pl.Expr] = []
    for column in kept.table.columns:
        if column.person:
            columns.append(pseudonymised(pl.col(column.name), key, NHS_NUMBER).alias(PERSON.name))
        elif not column.identifier:
            columns.append(typed(column, dtypes[column.name]))
    write_table(kept.scan().select(columns), target)


def write_identifiers(kept: Kept, target: Path) -> None:
    """Write the identifiers of a table, with its key, so that they can be brought together again."""
    dtypes = kept.dtypes
    columns = [typed(column, dtypes[column.name]) for column in _identifying(kept.table)]
    write_table(kept.scan().select(columns), target)


def attribute_columns(table: Table) -> list[ColumnManifest]:
    """What the attributes' table has, in order."""
    return [
        PERSON if column.person else _described(column)
        for column in table.columns
        if column.person or not column.identifier
    ]


def identifier_columns(table: Table) -> list[ColumnManifest]:
    """What the identifiers' table has, in order: the key, then the identifiers."""
    return [_described(column) for column in _identifying(table)]


def _identifying(table: Table) -> list[Column]:
    return [column for column in table.columns if column.name in table.key or column.identifier]


def _described(column: Column) -> ColumnManifest:
    dtype = type_of(column.kind)
    return ColumnManifest(
        name=column.name,
        type="Datetime(us, UTC)" if isinstance(dtype, pl.Datetime) else str(dtype),
        kind=column.kind,
        description=column.description,
    )
