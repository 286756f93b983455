"""Which number of people, and which spread, belongs to a mean, a median or a percentage."""

from __future__ import annotations

from output_checker.readers.cells import Content
from output_checker.statistics.names import Role, role_of_name, tokens
from output_checker.statistics.recognise import Recognised

Found = tuple[int, int, Content]

_PLAIN_COUNTS = {
    "n",
    "count",
    "counts",
    "size",
    "nobs",
    "freq",
    "frequency",
    "total",
    "denominator",
    "number",
    "obs",
}


def beside(seen: Recognised, row: int, column: int, role: Role) -> Found | None:
    """The cell of the wanted role that belongs to a statistic's cell, or None where none or several could.

    Statistics in columns: the one column of that role; of several, the one about the same thing ("cost mean" and
    "cost n", or both below one upper header); else the one that is named for nothing in particular ("n").
    Statistics in rows: the row of that role in the same column, with the same other labels.
    """
    if seen.rows_state is not None:
        return _in_rows(seen, row, column, role)
    columns = [c for c in seen.columns_of(role) if c != column]
    chosen = _choose(seen, column, columns)
    return (row, chosen, seen.table.body[row][chosen]) if chosen is not None else None


def _choose(seen: Recognised, column: int, columns: list[int]) -> int | None:
    if len(columns) <= 1:
        return columns[0] if columns else None
    about = _about(seen, column)
    same = [c for c in columns if _about(seen, c) == about]
    if len(same) == 1:
        return same[0]
    plain = [c for c in columns if set(tokens(seen.table.title(c))) <= _PLAIN_COUNTS]
    return plain[0] if len(plain) == 1 else None


def _about(seen: Recognised, column: int) -> tuple[str, ...]:
    """The words of a header that do not name a statistic: what the statistic is about."""
    return tuple(
        word
        for part in seen.table.header[column]
        for word in tokens(part)
        if role_of_name(word) is None and word not in _PLAIN_COUNTS
    )


def _in_rows(seen: Recognised, row: int, column: int, role: Role) -> Found | None:
    assert seen.rows_state is not None
    labels = seen.row_labels(row)
    rows = [r for r, state in enumerate(seen.rows_state) if state is role and r != row]
    if len(rows) > 1 and len(labels) > 1:
        rows = [r for r in rows if sum(a != b for a, b in zip(seen.row_labels(r), labels, strict=False)) == 1]
    if len(rows) != 1:
        return None
    return rows[0], column, seen.table.body[rows[0]][column]
