"""End points: a least or greatest value is the value of one person."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised


def no_end_points(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """No minimum, maximum, first or last date is shown, unless the policy shows end points."""
    judged = policy.summaries.end_points.value
    if judged == "shown":
        return
    severity = Severity.BLOCK if judged == "block" else Severity.REVIEW
    for r, c, content in seen.cells(Role.END_POINT):
        if content.is_numeric or content.kind is Kind.DATE:
            yield Finding(
                "end_points",
                severity,
                seen.table.where(r, c),
                f"{cell_in_words(seen, r, c)} is a least or greatest value, {content.text}: it is the value of one "
                f"person, which policy {policy.name} does not release.",
                "Leave minimum and maximum out, or show the 5th and 95th percentile of a large group.",
            )


RULE = Rule(
    "end_points",
    "No minimum or maximum is shown: each is one person's value.",
    "SDC handbook, end points: refused unless shared by enough people",
    on_table=no_end_points,
)
