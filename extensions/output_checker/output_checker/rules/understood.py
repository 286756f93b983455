"""Nothing unread: every value of a table was understood, or the finding says which was not."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.readers.places import column_name
from output_checker.rules.rule import Rule, cell_in_words, words
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import NOT_A_STATISTIC, Recognised

_FIX = (
    "Name the column after its statistic (count, percent, mean, ...) and put the number of people beside it."
)


def every_value_is_understood(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Each column is a label or a known statistic, and each of its cells has a value of that kind."""
    del policy
    table = seen.table
    if all(role in NOT_A_STATISTIC for role in seen.columns):
        message = "No column of the table was recognised as a statistic, so nothing could be checked."
        yield Finding(
            "not_understood", Severity.REVIEW, table.where_columns(list(range(table.width))), message, _FIX
        )
    for c, role in enumerate(seen.columns):
        if role in (Role.UNKNOWN, Role.MEASURE) and seen.rows_state is None:
            what = (
                "is not recognised" if role is Role.UNKNOWN else "does not say which statistic of it is shown"
            )
            message = (
                f"Column {column_name(c)} ('{words(table.title(c))}') {what}, so it could not be checked."
            )
            yield Finding("not_understood", Severity.REVIEW, table.where_column(c), message, _FIX)
    yield from _odd_cells(seen)
    yield from _blank_counts(seen)
    yield from _rows_not_named(seen)


def _odd_cells(seen: Recognised) -> Iterator[Finding]:
    """Cells among numbers that are no number and no mark; counts that are negative or broken."""
    for c, role in enumerate(seen.columns):
        if role in NOT_A_STATISTIC:
            continue
        for r, row in enumerate(seen.table.body):
            content = row[c]
            kind = seen.role(r, c)
            odd = content.kind in (Kind.TEXT, Kind.FORMULA) or (
                content.kind is Kind.DATE and kind not in (Role.END_POINT, Role.MEASURE, Role.UNKNOWN)
            )
            if odd:
                message = f"{cell_in_words(seen, r, c)} holds words where a number was expected."
            elif kind is Role.COUNT and content.is_numeric and not content.is_whole:
                message = (
                    f"{cell_in_words(seen, r, c)} is {content.text}: a count of people is a whole number."
                )
            elif kind is Role.COUNT and content.value is not None and content.value < 0:
                message = f"{cell_in_words(seen, r, c)} is {content.text}: a count cannot be negative."
            else:
                continue
            fix = "Write a number, or a mark such as * for a suppressed value."
            yield Finding("not_understood", Severity.REVIEW, seen.table.where(r, c), message, fix)


def _blank_counts(seen: Recognised) -> Iterator[Finding]:
    """A blank among counts can be a zero or a hidden value; which, the file does not say."""
    if seen.rows_state is not None:
        return
    blank = [
        seen.table.where(r, c)
        for c in seen.columns_of(Role.COUNT)
        for r, row in enumerate(seen.table.body)
        if row[c].kind is Kind.BLANK
    ]
    if blank:
        named = ", ".join(blank[:5]) + (" ..." if len(blank) > 5 else "")
        message = (
            f"{len(blank)} counts are blank ({named}): the file does not say whether they are 0 or hidden."
        )
        yield Finding("not_understood", Severity.INFO, blank[0], message, "Write 0, or a mark such as *.")


def _rows_not_named(seen: Recognised) -> Iterator[Finding]:
    if seen.rows_state is None:
        return
    for r, state in enumerate(seen.rows_state):
        if state is None and any(seen.role(r, c) is Role.UNKNOWN for c in range(seen.table.width)):
            first = next(c for c in range(seen.table.width) if seen.role(r, c) is Role.UNKNOWN)
            message = f"The row of {cell_in_words(seen, r, first)} is not recognised as a statistic."
            yield Finding("not_understood", Severity.REVIEW, seen.table.where(r, first), message, _FIX)


RULE = Rule(
    "not_understood",
    "Every value of the table was understood; what was not is named.",
    "This project: a thing not understood is a finding, never silence",
    on_table=every_value_is_understood,
)
