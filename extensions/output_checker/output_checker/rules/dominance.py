"""Dominance: no one or two people make up most of a sum or a mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Dominance, Policy
from output_checker.readers.cells import Content
from output_checker.rules.rule import Rule
from output_checker.statistics.beside import beside
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised


def nobody_dominates(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Each mean and sum is proven free of dominance by the numbers beside it, or named as not proven.

    The contributions are not in the file. But with n, mean m and standard deviation s no value lies further from
    the mean than s(n-1)/sqrt(n) (Samuelson, "How deviant can you be?", 1968), so the largest is at most
    M = |m| + s(n-1)/sqrt(n), and the n-k and p per cent rules hold for certain where n times |m| is large against
    it. Whoever shows mean, spread and number needs no look by a person; whoever does not, does.
    """
    rules = policy.summaries.dominance
    if rules is None:
        return
    open_cells: dict[int, list[int]] = {}
    for r, c, content in seen.cells(Role.MEAN, Role.SUM):
        if content.is_numeric and not _proven(seen, rules, r, c, content):
            open_cells.setdefault(c, []).append(r)
    for c, rows in open_cells.items():
        where = seen.table.sheet.where_range(
            (seen.table.sheet_rows[rows[0]], c), (seen.table.sheet_rows[rows[-1]], c)
        )
        message = (
            f"The file does not show that nobody dominates {len(rows)} of these means or sums "
            f"(policy {policy.name}: the {rules.n.value} largest at most {rules.k.value:.0%})."
        )
        fix = "Show mean, standard deviation and n side by side, or the share of the largest contributors to a checker."
        yield Finding("dominance", Severity.REVIEW, where, message, fix)


def _proven(seen: Recognised, rules: Dominance, row: int, column: int, content: Content) -> bool:
    people = beside(seen, row, column, Role.COUNT)
    spread = beside(seen, row, column, Role.SHAPE)
    if people is None or spread is None or content.value is None:
        return False
    n, s = people[2].value, spread[2].value
    if not isinstance(n, int) or n < 3 or s is None or s < 0:
        return False
    mean = abs(float(content.value)) / (n if seen.role(row, column) is Role.SUM else 1)
    largest = mean + float(s) * (n - 1) / math.sqrt(n)
    total = n * mean
    by_share = rules.n.value * largest <= rules.k.value * total
    by_estimate = total - 2 * largest >= rules.p.value * largest
    return by_share and by_estimate


RULE = Rule(
    "dominance",
    "No one or two people make up most of a sum or a mean, as far as the file itself proves it.",
    "(n,k) and p % rules: ESSNet handbook, chapter 4; bound by Samuelson (1968)",
    on_table=nobody_dominates,
)
