"""Which role each column of a table plays, from its name, its values and its neighbours."""

from __future__ import annotations

from decimal import Decimal

from output_checker.readers.cells import Content, Kind
from output_checker.readers.table import Table
from output_checker.statistics.names import (
    Role,
    is_key,
    is_measure,
    is_total,
    is_weak_count,
    role_of_name,
    tokens,
)

_MOSTLY = 0.8
_SELDOM_WHOLE = {
    Role.P_VALUE,
    Role.TEST,
    Role.ESTIMATE,
    Role.CORRELATION,
    Role.SURVIVAL,
    Role.RATE,
    Role.PROPORTION,
}


def column_roles(table: Table) -> list[Role]:
    """The role of every column, left to right."""
    roles: list[Role | None] = [_from_name(table, c) for c in range(table.width)]
    _drop_lone_letters(table, roles)
    keys = _leading_keys(table, roles)
    for c in range(table.width):
        if c < keys:
            roles[c] = Role.LABEL
    for c in range(table.width):
        if roles[c] is None:
            roles[c] = _from_values(table, c)
    open_columns = [c for c in range(table.width) if roles[c] is Role.UNKNOWN]
    _shares_by_sum(table, open_columns, roles)
    return [role or Role.UNKNOWN for role in roles]


def cells_of(table: Table, column: int) -> list[Content]:
    """The cells of a column that hold something."""
    return [row[column] for row in table.body if row[column].kind is not Kind.BLANK]


def share_numeric(table: Table, column: int) -> float:
    """How many of the readable cells of a column are numbers; marks count for neither side."""
    cells = [content for content in cells_of(table, column) if content.kind is not Kind.MARK]
    return sum(content.is_numeric for content in cells) / len(cells) if cells else 0.0


def numbers_the_rows(table: Table, column: int) -> bool:
    """Whether a column only numbers the rows, as pandas does when the index is written."""
    if len(table.body) < 2 or table.body[0][column].value not in (0, 1):
        return False
    values = [row[column].value for row in table.body]
    return values in (list(range(len(values))), list(range(1, len(values) + 1)))


def _all_marks(table: Table, column: int) -> bool:
    """Whether a column holds nothing but suppression marks; many different ranges are labels, not marks."""
    cells = cells_of(table, column)
    return (
        bool(cells)
        and all(content.kind is Kind.MARK for content in cells)
        and len({x.text for x in cells}) <= 2
    )


def _from_name(table: Table, column: int) -> Role | None:
    """The role by name, if the values can be of that role at all."""
    if _counts_with_percent(table, column):
        return Role.COUNT
    names = [part for part in table.header[column] if part]
    role = next((role for part in reversed(names) if (role := role_of_name(part)) is not None), None)
    if role is None:
        return Role.COUNT if names == ["0"] and column == table.width - 1 and column > 0 else None
    numeric = share_numeric(table, column)
    if role is Role.END_POINT and any(content.kind is Kind.DATE for content in cells_of(table, column)):
        return role
    if numeric == 0 and not _all_marks(table, column):
        return Role.LABEL
    if column == 0 and table.width > 1 and role is not Role.COUNT:
        return None
    if role in _SELDOM_WHOLE and _mostly_whole(table, column) and not _only_zero_and_one(table, column):
        return None  # a category called "P" or "Lower" with counts below it
    if role is Role.FLAG and not _only_zero_and_one(table, column):
        return None
    if role is Role.COUNT and column > 0 and is_key(names[-1]) and not _mostly_whole(table, column):
        return None
    return role


def _drop_lone_letters(table: Table, roles: list[Role | None]) -> None:
    """A column called B, T or OR is part of a model only beside other columns of one; else it is a category."""
    model = (Role.ESTIMATE, Role.TEST, Role.P_VALUE, Role.SHAPE, Role.CORRELATION)
    short = [c for c, role in enumerate(roles) if role in model and len(table.title(c)) <= 2]
    if not any(role in model and c not in short for c, role in enumerate(roles)):
        for c in short:
            if roles[c] is not Role.P_VALUE and roles[c] is not Role.SHAPE:
                roles[c] = None


def _counts_with_percent(table: Table, column: int) -> bool:
    """Cells such as "45 (12.3%)": what counts is the count, whatever the header says about per cent."""
    cells = cells_of(table, column)
    return sum(content.percent is not None for content in cells) * 2 > len(cells) and _mostly_whole(
        table, column
    )


def _mostly_whole(table: Table, column: int) -> bool:
    numbers = [content for content in cells_of(table, column) if content.is_numeric]
    whole = sum(content.is_whole and not _negative(content) for content in numbers)
    return bool(numbers) and whole >= _MOSTLY * len(numbers)


def _only_zero_and_one(table: Table, column: int) -> bool:
    return all(content.value in (0, 1) for content in cells_of(table, column) if content.is_numeric)


def _negative(content: Content) -> bool:
    return content.value is not None and content.value < 0


def _leading_keys(table: Table, roles: list[Role | None]) -> int:
    """How many columns at the left name the rows.

    The first column does, unless its name says count; further columns do while they are words, or while they are
    needed to tell the rows apart *and* look like the keys of a grouping (named so, or sorted within the group
    before a column that is plainly a statistic). A column of small whole numbers is not taken for a key only
    because it makes rows unique: that would hide small counts.
    """
    if table.width == 1:
        return 0
    stated = [role is not None and role is not Role.LABEL for role in roles]
    keys = 0
    while keys < table.width:
        if stated[keys] or not (
            roles[keys] is Role.LABEL or _is_words(table, keys) or _may_be_key(table, keys, stated)
        ):
            break
        keys += 1
    return keys


def _is_words(table: Table, column: int) -> bool:
    return share_numeric(table, column) < 0.5 and not (_all_marks(table, column) and column > 0)


def _may_be_key(table: Table, column: int, stated: list[bool]) -> bool:
    title = table.title(column)
    later_statistic = any(stated[column + 1 :])
    if column == 0:
        return not (is_weak_count(title) and not is_key(title) and not later_statistic)
    cells = cells_of(table, column)
    if not all(content.is_whole or content.kind in (Kind.TEXT, Kind.MARK, Kind.DATE) for content in cells):
        return False
    last_word = tokens(title)[-1:] if title else ()
    named = bool(last_word) and is_key(last_word[0]) and not _starts_unique(table, column)
    if named or (is_key(title) and tokens(title)[-1:] == ("code",)):
        return True
    return later_statistic and not _starts_unique(table, column) and _sorted_within(table, column)


def _starts_unique(table: Table, column: int) -> bool:
    """Whether the columns left of this one (row numbers aside) already tell all rows apart."""
    columns = [c for c in range(column) if not numbers_the_rows(table, c)]
    seen = {tuple(row[c].text for c in columns) for row in table.body}
    return len(seen) == len(table.body)


def _sorted_within(table: Table, column: int) -> bool:
    """Whether whole numbers only rise within each group of the columns to the left, as a grouping writes them.

    Codes kept as text rise in the order of text, 10 before 9.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in table.body:
        value = row[column].value
        if isinstance(value, int):
            groups.setdefault(tuple(content.text for content in row[:column]), []).append(value)
    return all(values == sorted(values) for values in groups.values()) or all(
        values == sorted(values, key=str) for values in groups.values()
    )


def _from_values(table: Table, column: int) -> Role:
    cells = cells_of(table, column)
    if not cells or _all_marks(table, column):
        return Role.COUNT
    if share_numeric(table, column) < 0.5:
        dates = sum(content.kind is Kind.DATE for content in cells)
        return Role.MEASURE if dates * 2 > len(cells) else Role.LABEL
    if sum(content.kind is Kind.PERCENT for content in cells) * 2 > len(cells):
        return Role.PERCENT
    title = table.title(column)
    if any(content.percent is not None for content in cells) and not _mostly_whole(table, column):
        return Role.MEAN  # "3.4 (1.2)"
    if is_measure(title) and not is_total(title):
        return Role.MEASURE
    if _mostly_whole(table, column):
        return Role.COUNT
    return Role.UNKNOWN


def _shares_by_sum(table: Table, columns: list[int], roles: list[Role | None]) -> None:
    """Give nameless decimals the role of shares where lines of them add up to 1 or to 100."""
    if not columns:
        return
    for whole, role in ((Decimal(1), Role.PROPORTION), (Decimal(100), Role.PERCENT)):
        if len(columns) >= 2 and _rows_add_up(table, columns, whole):
            for column in columns:
                roles[column] = role
            return
        for column in columns:
            if roles[column] is Role.UNKNOWN and _column_adds_up(table, column, whole):
                roles[column] = role


def _rows_add_up(table: Table, columns: list[int], whole: Decimal) -> bool:
    parts = [c for c in columns if not is_total(table.title(c))]
    sums = []
    for row in table.body:
        values = [row[c].value for c in parts]
        if any(value is None or value < 0 for value in values):
            continue
        sums.append(sum((Decimal(value) for value in values if value is not None), Decimal(0)))
    slack = whole / 100
    return len(sums) > 0 and sum(abs(total - whole) <= slack for total in sums) >= _MOSTLY * len(sums)


def _column_adds_up(table: Table, column: int, whole: Decimal) -> bool:
    values = [
        Decimal(row[column].value or 0)
        for row in table.body
        if row[column].is_numeric and not any(is_total(content.text) for content in row[:column])
    ]
    return (
        len(values) >= 2 and all(value >= 0 for value in values) and abs(sum(values) - whole) <= whole / 100
    )
