"""docs/reference/health-sources.md: what keepers of health records send, from the schema that the importer checks."""

from __future__ import annotations

from datasets.sources.health.files import FORMS
from datasets.sources.health.schema import SOURCES, Column, Table
from datasets.sources.health.values import FIRST_DAY, LONGEST
from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page


def page() -> str:
    """The page."""
    parts = []
    for source in SOURCES.values():
        parts += [f"## {source.name}", f"Sent by {source.keeper}."]
        for one in source.tables:
            parts += [
                f"### {one.name}",
                f"{one.description}. {_key(one)}",
                table(
                    ("Column", "Kind", "Goes to", "", "Meaning"),
                    [_row(column, one) for column in one.columns],
                ),
                *_between_columns(one),
            ]
    names = " or ".join(code(f"TABLE.{form}") for form in FORMS)
    return whole_page(
        "Health sources",
        f"What `lockedroom data import` takes from each keeper: a folder with one file for each table, {names}, "
        "with exactly these columns, in any order. See "
        "[bring in health records](../how-to/bring-in-health-records.md).",
        "Where a column goes: **identifiers** are split off and never leave the data zone; everything else is an "
        "**attribute**. Of the NHS number `person` is made, the zone's pseudonym. The key stays in both parts.",
        "- `reference`: up to 64 letters, digits and `.` `_` `:` `/` `-`\n"
        f"- `category`, `text`: up to {LONGEST} characters, all of them visible\n"
        "- `integer`, `number`: digits, in CSV with a full stop before decimals\n"
        f"- `date`: `yyyy-mm-dd`, not before {FIRST_DAY:%Y} and not in the future\n"
        "- `datetime`: with its zone, `2026-01-31T09:00:00Z` or `+01:00` at the end; in Parquet a timestamp with a "
        "zone; kept in UTC",
        *parts,
    )


def _key(one: Table) -> str:
    return f"{' and '.join(code(name) for name in one.key)} names a record, once."


def _row(column: Column, one: Table) -> tuple[object, ...]:
    goes = "identifiers" if column.identifier else "attributes"
    if column.name in one.key:
        goes = "both"
    elif column.person:
        goes = "identifiers, and as `person` attributes"
    said = column.description
    if column.between is not None:
        said += f"; from {column.between[0]:g} to {column.between[1]:g}"
    if column.refers_to is not None:
        said += f"; stands in {code(column.refers_to)}"
    return code(column.name), column.kind, goes, "may be missing" if column.nullable else "", said


def _between_columns(one: Table) -> list[str]:
    said = [f"{code(first)} is not after {code(second)}" for first, second in one.in_order]
    if one.once_a_person:
        said.append("a person has one row" + (f" and one {code(one.household)}" if one.household else ""))
    return [f"Also: {'; '.join(said)}."] if said else []
