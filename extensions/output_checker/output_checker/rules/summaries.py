"""Means, medians, sums and spreads: enough people stand behind each, and the file shows how many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Content, Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.beside import beside
from output_checker.statistics.names import Role, tokens
from output_checker.statistics.recognise import Recognised, survival_table

_SUMMARIES = (Role.MEAN, Role.SUM, Role.SHAPE, Role.POSITION, Role.MODE)
_FIX = "Leave the value out, or combine groups until enough people stand behind it."


def enough_people_behind_summaries(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Beside each mean, sum, median, mode or spread stands a count, and it reaches the policy's minimum.

    A shown mean beside a suppressed count, a spread of 0 (everybody has the same value) and a missing spread
    beside a shown mean (it cannot be worked out for one person) are refused.
    """
    minimum = policy.summaries.minimum_contributors.value
    for r, c, content in seen.cells(*_SUMMARIES):
        role = seen.role(r, c)
        if not content.is_numeric:
            if (
                role is Role.SHAPE
                and content.kind is Kind.MARK
                and content.text.lower() in ("nan", "na", "n/a", "")
            ):
                yield from _missing_spread(seen, r, c)
            continue
        count = beside(seen, r, c, Role.COUNT)
        if count is not None:
            people = count[2]
            if people.is_whole and isinstance(people.value, int) and people.value < minimum:
                yield _block(
                    seen, r, c, f"is a {role} of {people.value} people, fewer than the {minimum}", policy
                )
                continue
            if people.kind is Kind.MARK:
                yield _block(
                    seen, r, c, "is shown although the number of people behind it is suppressed", policy
                )
                continue
        if role is Role.SHAPE and content.value == 0 and _is_spread(seen, r, c):
            yield _block(seen, r, c, "is a spread of 0, which says that everybody has the same value", policy)
        if role is Role.POSITION and count is not None:
            yield from _few_in_an_interval(seen, policy, r, c, count[2])
    yield from _blank_spreads(seen)


def _block(seen: Recognised, row: int, column: int, what: str, policy: Policy) -> Finding:
    message = f"{cell_in_words(seen, row, column)} {what}"
    message += f" of policy {policy.name}." if what.endswith(tuple("0123456789")) else "."
    return Finding("summaries", Severity.BLOCK, seen.table.where(row, column), message, _FIX)


def _is_spread(seen: Recognised, row: int, column: int) -> bool:
    words = set(tokens(seen.table.title(column))) | {
        w for label in seen.row_labels(row) for w in tokens(label)
    }
    return not words & {"skew", "skewness", "kurtosis", "kurt"}


def _blank_spreads(seen: Recognised) -> Iterator[Finding]:
    """pandas writes the standard deviation of one value as an empty cell."""
    if seen.rows_state is not None:
        return
    for c in seen.columns_of(Role.SHAPE):
        for r, row in enumerate(seen.table.body):
            if row[c].kind is Kind.BLANK:
                yield from _missing_spread(seen, r, c)


def _missing_spread(seen: Recognised, row: int, column: int) -> Iterator[Finding]:
    mean = beside(seen, row, column, Role.MEAN)
    if mean is not None and mean[2].is_numeric:
        message = (
            f"{cell_in_words(seen, row, column)} has no spread beside a shown mean: the mean is then the value of "
            "one person."
        )
        yield Finding("summaries", Severity.BLOCK, seen.table.where(row, column), message, _FIX)


_PERCENTILE = re.compile(r"(?:^|[^0-9])([0-9]{1,2})(?:th|st|nd|rd)?\s*%?")


def _few_in_an_interval(
    seen: Recognised, policy: Policy, row: int, column: int, people: Content
) -> Iterator[Finding]:
    """A quantile parts the people: each part holds at least the minimum."""
    if not isinstance(people.value, int):
        return
    title = (
        " ".join((seen.table.title(column), *seen.row_labels(row)))
        if seen.rows_state
        else seen.table.title(column)
    )
    smaller = _smaller_part(title)
    minimum = policy.summaries.minimum_contributors.value
    if people.value * smaller < minimum:
        message = (
            f"{cell_in_words(seen, row, column)} parts {people.value} people so that fewer than {minimum} lie on one "
            "side of it."
        )
        yield Finding("summaries", Severity.REVIEW, seen.table.where(row, column), message, _FIX)


def _smaller_part(title: str) -> Decimal:
    words = set(tokens(title))
    if (match := _PERCENTILE.search(title)) is not None and 0 < int(match[1]) < 100:
        return Decimal(min(int(match[1]), 100 - int(match[1]))) / 100
    if words & {"iqr", "quartile", "lq", "uq", "q1", "q3"}:
        return Decimal("0.25")
    return Decimal("0.5")


_NEED_COUNTS = (
    Role.MEAN, Role.SUM, Role.SHAPE, Role.POSITION, Role.MODE, Role.PERCENT, Role.PROPORTION, Role.RATE,
    Role.ESTIMATE, Role.CORRELATION, Role.TEST, Role.P_VALUE,
)  # fmt: skip


def underlying_counts_are_shown(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """The file shows how many people stand behind its means, percentages, estimates and tests.

    Counts or residual degrees of freedom in any column or row will do; degrees of freedom below the policy's
    number are refused. Without either, a person has to find out.
    """
    yield from _few_degrees(seen, policy)
    if seen.has(Role.COUNT) or seen.has(Role.DEGREES) or survival_table(seen):
        return
    cells = [(r, c) for r, c, content in seen.cells(*_NEED_COUNTS) if content.is_numeric]
    if not cells:
        return
    roles = sorted({seen.role(r, c).value for r, c in cells})
    columns = sorted({c for _, c in cells})
    message = f"The file shows no number of people behind its values ({', '.join(roles)}), so nothing proves them safe."
    fix = "Put the number of people beside each value, in a column called n."
    yield Finding("underlying_counts", Severity.REVIEW, seen.table.where_columns(columns), message, fix)


def _few_degrees(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    least = policy.summaries.residual_degrees_of_freedom
    if least is None:
        return
    for r, c, content in seen.cells(Role.DEGREES):
        words = set(tokens(seen.table.title(c))) | {w for label in seen.row_labels(r) for w in tokens(label)}
        if words & {"model", "regression", "between"} or content.value is None:
            continue
        if content.value < least.value and words & {"resid", "residual", "residuals", "error", "within"}:
            message = (
                f"{cell_in_words(seen, r, c)} shows {content.text} residual degrees of freedom; policy {policy.name} "
                f"asks for at least {least.value}."
            )
            fix = "Fit a smaller model, or use more observations."
            yield Finding("degrees_of_freedom", Severity.BLOCK, seen.table.where(r, c), message, fix)


SUMMARIES = Rule(
    "summaries",
    "Enough people stand behind each mean, median, sum and spread, and no spread gives away a single value.",
    "HES disclosure method 2018; ACRO safe_threshold; SDC handbook on position and shape",
    on_table=enough_people_behind_summaries,
)
COUNTS = Rule(
    "underlying_counts",
    "The file shows how many people stand behind its values.",
    "OpenSAFELY: outputs need their underlying counts; SDC handbook",
    on_table=underlying_counts_are_shown,
)
DEGREES = Rule(
    "degrees_of_freedom",
    "Models and tests leave enough residual degrees of freedom (checked together with underlying_counts).",
    "ACRO default.yaml, safe_dof_threshold",
)
