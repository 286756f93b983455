"""Rounding: where the policy asks for it, every shown count is a multiple of the base."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised

_LEAST_MIXED = 8
_NEARLY_ALL = 0.75


def counts_are_rounded(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Every shown count is a multiple of the policy's base, or all are midpoints where these are accepted.

    Counts below the minimum are left to the threshold rule. Where no rounding is asked for, a table in which
    nearly all counts are rounded and a few are not is looked at: the exact ones were probably forgotten.
    """
    numbers = [
        (r, c, content.value)
        for r, c, content in seen.cells(Role.COUNT)
        if content.kind is Kind.NUMBER and isinstance(content.value, int) and content.value > 0
    ]
    rules = policy.rounding
    if rules is None:
        yield from _mixed(seen, numbers)
        return
    base = rules.base.value
    if seen.rounding is not None and seen.rounding.midpoint:
        return
    for r, c, value in numbers:
        if value % base and value >= policy.counts.minimum.value:
            nearest = (value + base // 2) // base * base
            message = (
                f"{cell_in_words(seen, r, c)} is {value}, not a multiple of {base}: "
                f"policy {policy.name} shows counts rounded to the nearest {base}."
            )
            fix = f"Show {nearest}, and work totals and percentages out again from the rounded counts."
            yield Finding("rounding", Severity.BLOCK, seen.table.where(r, c), message, fix)


def _mixed(seen: Recognised, numbers: list[tuple[int, int, int]]) -> Iterator[Finding]:
    exact = [(r, c, value) for r, c, value in numbers if value % 5]
    if len(numbers) < _LEAST_MIXED or not exact or len(exact) > (1 - _NEARLY_ALL) * len(numbers):
        return
    r, c, _ = exact[0]
    message = (
        f"{len(numbers) - len(exact)} of {len(numbers)} counts are multiples of 5 and {len(exact)} are not, "
        f"first {cell_in_words(seen, r, c)}: it looks as if rounding was forgotten there."
    )
    yield Finding(
        "rounding", Severity.REVIEW, seen.table.where(r, c), message, "Round all counts alike, or none."
    )


RULE = Rule(
    "rounding",
    "Every shown count is rounded as the policy asks; no table mixes rounded and exact counts.",
    "HES disclosure method from September 2018; OpenSAFELY documentation on rounding",
    on_table=counts_are_rounded,
)
