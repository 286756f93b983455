"""Zeros and full cells: a whole group that has, or has not, a property."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role, is_total
from output_checker.statistics.recognise import Recognised, survival_table

_FIX = "Combine categories so that no group is empty or full, or suppress the cell and a second one."


def no_group_is_empty_or_full(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """No count is 0 and no percentage is 0 or 100, where the policy calls zeros disclosive.

    A zero says that nobody of a group has the property, 100 % that everybody has it: either is known of each
    member without knowing who they are (class disclosure). A percentage of 0.0 may be a rounded small share, so
    it is looked at, not refused; percentages of totals are left alone.
    """
    judged = policy.counts.zeros.value
    if judged == "shown":
        return
    severity = Severity.BLOCK if judged == "block" else Severity.REVIEW
    for r, c, content in seen.cells(Role.COUNT):
        if content.value == 0 and content.is_numeric:
            message = (
                f"{cell_in_words(seen, r, c)} is 0: nobody of this group, and policy {policy.name} "
                "counts zeros as disclosive."
            )
            yield Finding("zeros", severity, seen.table.where(r, c), message, _FIX)
    if survival_table(seen):
        return  # a curve starts at 100 % (or 0 %) by definition
    for r, c, content in seen.cells(Role.PERCENT, Role.PROPORTION):
        full = 100 if seen.role(r, c) is Role.PERCENT else 1
        if content.value not in (0, full) or _of_a_total(seen, r, c):
            continue
        what = "nobody" if content.value == 0 else "everybody"
        message = (
            f"{cell_in_words(seen, r, c)} is {content.text}: it may say that {what} of this group has it."
        )
        yield Finding("zeros", Severity.REVIEW, seen.table.where(r, c), message, _FIX)


def _of_a_total(seen: Recognised, row: int, column: int) -> bool:
    return is_total(seen.table.title(column)) or any(is_total(label) for label in seen.row_labels(row))


RULE = Rule(
    "zeros",
    "No group is empty or full where the policy calls that disclosive.",
    "Class disclosure: SDC handbook, chapter on frequency tables; ACRO setting zeros_are_disclosive",
    on_table=no_group_is_empty_or_full,
)
