"""Minimum count: every shown count above zero is at least the policy's minimum."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised


def counts_reach_minimum(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """No shown count lies between 1 and the minimum (not included).

    Only cells recognised as counts are compared: a proportion, a p value, a year or a code is never a small count.
    A mark that gives away a bound below the minimum ("<3" where the minimum is 10) is looked at.
    """
    minimum = policy.counts.minimum.value
    midpoint = seen.rounding is not None and seen.rounding.midpoint
    for r, c, content in seen.cells(Role.COUNT):
        value = content.value
        if content.kind is Kind.NUMBER and isinstance(value, int) and 0 < value < minimum and not midpoint:
            yield Finding(
                "threshold",
                Severity.BLOCK,
                seen.table.where(r, c),
                f"{cell_in_words(seen, r, c)} is {value}, below the minimum count of {minimum} "
                f"of policy {policy.name}.",
                "Combine categories until every count is large enough, or suppress the cell and a second one in "
                "its row and column, or round.",
            )
        elif content.kind is Kind.MARK and content.most is not None and content.most + 1 < minimum:
            yield Finding(
                "threshold",
                Severity.REVIEW,
                seen.table.where(r, c),
                f"The mark in {cell_in_words(seen, r, c)} says that the count is at most {content.most}; "
                f"policy {policy.name} only lets a reader know that it is below {minimum}.",
                f"Use a mark that says no more than '<{minimum}'.",
            )


RULE = Rule(
    "threshold",
    "Every shown count above zero is at least the policy's minimum.",
    "Minimum frequency rule: ESSNet handbook on statistical disclosure control, chapters 4 and 5",
    on_table=counts_reach_minimum,
)
