"""Names of places in a sheet, as spreadsheet programs write them."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=20_000)
def column_name(index: int) -> str:
    """The letters of a column, counted from 0: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def cell_name(row: int, column: int) -> str:
    """A cell's name; ``row`` counts from 1 (as shown), ``column`` from 0."""
    return f"{column_name(column)}{row}"


def range_name(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    """A range's name, a single cell's name where it is one cell."""
    start, end = cell_name(first_row, first_column), cell_name(last_row, last_column)
    return start if start == end else f"{start}:{end}"
