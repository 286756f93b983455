"""Which rows and columns are totals of the others, by name and by arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from output_checker.readers.cells import Content, Kind
from output_checker.readers.table import Table
from output_checker.statistics.names import Role, is_total, may_be_total
from output_checker.statistics.rounded import Rounded


@dataclass(frozen=True)
class Mismatch:
    """A line whose total is not the sum of its parts: the total's cell and total minus sum."""

    row: int
    column: int
    left_over: int
    by_column: bool  #: True: the parts stand above the total; False: beside it


@dataclass(frozen=True)
class Margins:
    """Totals of a table of counts.

    ``total_rows`` are the labels' totals for each label column (by column: the set of texts that mean "all");
    ``total_column`` is the column that adds up the other count columns, ``parts`` those columns;
    ``mismatches`` are fully shown lines that do not add up although their name says total.
    """

    total_labels: dict[int, frozenset[str]] = field(default_factory=dict)
    total_column: int | None = None
    parts: tuple[int, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()

    def is_total_row(self, row: Sequence[Content]) -> bool:
        return any(row[column].text in texts for column, texts in self.total_labels.items())


def find_margins(table: Table, roles: list[Role], rounding: Rounded | None) -> Margins:
    """Find total rows and the total column among the count columns of a table."""
    counts = [c for c, role in enumerate(roles) if role is Role.COUNT]
    labels = [c for c, role in enumerate(roles) if role is Role.LABEL]
    if not counts:
        return Margins()
    column, parts, beside = _total_column(table, counts, rounding)
    totals, below = _total_labels(table, labels, counts, rounding)
    return Margins(totals, column, parts, tuple(beside + below))


def whole(content: Content) -> int | None:
    """The count in a cell, or None where none is shown."""
    if content.kind is Kind.NUMBER and isinstance(content.value, int) and content.value >= 0:
        return content.value
    return None


def _slack(rounding: Rounded | None, parts: int) -> int:
    """How far rounding alone can part a total from the sum of its parts."""
    return (rounding.base // 2) * (parts + 1) if rounding else 0


def _total_column(
    table: Table, counts: list[int], rounding: Rounded | None
) -> tuple[int | None, tuple[int, ...], list[Mismatch]]:
    """The count column that is the sum of the other ones, if there is one."""
    if len(counts) < 2:
        return None, (), []
    mismatches: list[Mismatch] = []
    row_names = {row[0].text for row in table.body}
    candidates = [
        c
        for c in reversed(counts)
        if is_total(table.header[c][-1])
        or is_total(table.title(c))
        or (may_be_total(table.title(c)) and table.title(c) in row_names)  # the same name on both margins
    ]
    named = bool(candidates)
    if not candidates:
        candidates = [c for c in (counts[-1], counts[0]) if len(counts) > 2 or may_be_total(table.title(c))]
    for candidate in candidates:
        parts = tuple(c for c in counts if c != candidate and not is_total(table.title(c)))
        if not parts:
            continue
        left_over = [
            (r, total - sum(values))
            for r, row in enumerate(table.body)
            if (total := whole(row[candidate])) is not None
            and (values := _shown([row[c] for c in parts])) is not None
        ]
        slack = _slack(rounding, len(parts))
        wrong = [(r, rest) for r, rest in left_over if abs(rest) > slack]
        right = len(left_over) - len(wrong)
        if named and (right > 0 or not wrong) and right >= len(wrong):
            return candidate, parts, [Mismatch(r, candidate, rest, False) for r, rest in wrong]
        if named:
            mismatches += [Mismatch(r, candidate, rest, False) for r, rest in wrong]
        elif (
            right >= _least_agreeing(table.title(candidate))
            and not wrong
            and _any_above_zero(table, candidate)
        ):
            return candidate, parts, []
    return None, (), mismatches


def _least_agreeing(name: str) -> int:
    """How many lines must add up before a total without a clear name is believed."""
    return 1 if may_be_total(name) else 2


def _any_above_zero(table: Table, column: int) -> bool:
    return any(whole(row[column]) for row in table.body)


def _shown(cells: Sequence[Content]) -> list[int] | None:
    values = [whole(content) for content in cells]
    return (
        None if any(value is None for value in values) else [value for value in values if value is not None]
    )


def _total_labels(
    table: Table, labels: list[int], counts: list[int], rounding: Rounded | None
) -> tuple[dict[int, frozenset[str]], list[Mismatch]]:
    """For each label column the texts that mean "all", checked against the sums where everything is shown."""
    totals: dict[int, frozenset[str]] = {}
    mismatches: list[Mismatch] = []
    for column in labels:
        texts = {row[column].text for row in table.body}
        titles = {table.title(c) for c in counts}
        named = {text for text in texts if is_total(text) or (may_be_total(text) and text in titles)}
        if named and len(labels) > 1 and "" in texts:
            named.add("")  # pandas leaves the second level of a margin blank
        if named and len(texts) > len(named):
            totals[column] = frozenset(named)
        elif "" in texts and len(texts) > 1 and _blank_only_below_totals(table, column, totals):
            totals[column] = frozenset({""})
    if len(labels) == 1 and not totals:
        arithmetic = _last_or_first_row(table, counts, rounding)
        if arithmetic is not None:
            totals[labels[0]] = frozenset({table.body[arithmetic][labels[0]].text})
    if len(labels) == 1 and totals:
        mismatches = _row_mismatches(table, labels[0], totals[labels[0]], counts, rounding)
        if mismatches and _never_adds_up(table, labels[0], totals[labels[0]], counts, mismatches):
            return {}, mismatches
    return totals, mismatches


def _blank_only_below_totals(table: Table, column: int, totals: dict[int, frozenset[str]]) -> bool:
    blank = [row for row in table.body if row[column].text == ""]
    return all(any(row[c].text in texts for c, texts in totals.items()) for row in blank)


def _last_or_first_row(table: Table, counts: list[int], rounding: Rounded | None) -> int | None:
    """A nameless total row: the last or first row that is the sum of the others in two columns at least."""
    if len(table.body) < 3:
        return None
    for candidate in (len(table.body) - 1, 0):
        others = [row for r, row in enumerate(table.body) if r != candidate]
        right = wrong = 0
        for c in counts:
            total, values = whole(table.body[candidate][c]), _shown([row[c] for row in others])
            if total is None or values is None or total == 0:
                continue
            if abs(total - sum(values)) <= _slack(rounding, len(values)):
                right += 1
            else:
                wrong += 1
        if not wrong and right >= _least_agreeing(table.body[candidate][0].text):
            return candidate
    return None


def _row_mismatches(
    table: Table, label: int, texts: frozenset[str], counts: list[int], rounding: Rounded | None
) -> list[Mismatch]:
    found: list[Mismatch] = []
    total_rows = [r for r, row in enumerate(table.body) if row[label].text in texts]
    others = [row for row in table.body if row[label].text not in texts]
    for r in total_rows:
        for c in counts:
            total, values = whole(table.body[r][c]), _shown([row[c] for row in others])
            if total is None or not values:
                continue
            rest = total - sum(values)
            if abs(rest) > _slack(rounding, len(values)):
                found.append(Mismatch(r, c, rest, True))
    return found


def _never_adds_up(
    table: Table, label: int, texts: frozenset[str], counts: list[int], mismatches: list[Mismatch]
) -> bool:
    """Whether every fully shown column disagrees with its total row."""
    others = [row for row in table.body if row[label].text not in texts]
    checked = sum(_shown([row[c] for row in others]) is not None for c in counts)
    return len({mismatch.column for mismatch in mismatches}) >= checked
