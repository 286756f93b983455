"""Percentages: they do not give small counts back, and are no more exact than the policy allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Content, Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role, is_total, tokens
from output_checker.statistics.recognise import Recognised

_DENOMINATORS = {
    "n",
    "total",
    "totals",
    "all",
    "denominator",
    "population",
    "base",
    "sample",
    "size",
    "obs",
    "nobs",
}
_FIX = "Round the percentages, or suppress those of small counts, or combine categories."


def percentages_hide_small_counts(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Percentage times denominator is never certainly a count below the minimum.

    A percentage of d decimals of N people stands for every whole number within N times half a unit of its last
    place. If all of them lie between 1 and the minimum (not included), the count is known to be too small.
    """
    if seen.rows_state is not None:
        return
    yield from _as_exact_as_allowed(seen, policy)
    shares = [c for c in seen.columns_of(Role.PERCENT, Role.PROPORTION) if not is_total(seen.table.title(c))]
    counts = seen.columns_of(Role.COUNT)
    if not shares or not counts:
        return
    whole = _denominator_column(seen, shares, counts)
    if whole is not None:
        yield from _times_denominator(seen, policy, shares, whole)
    elif len(shares) == 1 and len(counts) == 1:
        yield from _suppressed_beside_share(seen, policy, shares[0], counts[0])


def share_interval(content: Content, role: Role) -> tuple[Fraction, Fraction] | None:
    """The least and greatest share (0 to 1) that is written like this."""
    if content.value is None or not content.is_numeric:
        return None
    unit = 100 if content.kind is Kind.PERCENT or role is Role.PERCENT else 1
    half = Fraction(1, 2 * 10**content.decimals)
    value = Fraction(content.value)
    return max(Fraction(0), (value - half) / unit), min(Fraction(1), (value + half) / unit)


def possible_counts(share: tuple[Fraction, Fraction], low: int, high: int) -> tuple[int, int] | None:
    """The least and greatest whole number that is such a share of some whole number between low and high."""
    least = high + 1
    most = -1
    for people in range(low, high + 1):
        first, last = math.ceil(share[0] * people), math.floor(share[1] * people)
        if first <= last:
            least, most = min(least, first), max(most, last)
    return (least, most) if most >= 0 else None


def _denominator_column(seen: Recognised, shares: list[int], counts: list[int]) -> int | None:
    """The count column that the percentages of a row are of, if that is how the table is built."""
    named = [c for c in counts if set(tokens(seen.table.header[c][-1])) & _DENOMINATORS]
    candidates = named if len(counts) > 1 else counts
    if len(candidates) != 1:
        return None
    candidate = candidates[0]
    if len(shares) >= 2:
        return candidate if _rows_are_whole(seen, shares) or named else None
    return candidate if named and not _is_numerator(seen, shares[0], candidate) else None


def _rows_are_whole(seen: Recognised, shares: list[int]) -> bool:
    right = wrong = 0
    for r, row in enumerate(seen.table.body):
        intervals = [share_interval(row[c], seen.role(r, c)) for c in shares]
        if any(interval is None for interval in intervals):
            continue
        known = [interval for interval in intervals if interval is not None]
        slack = Fraction(1, 100)
        if sum(a for a, _ in known) - slack <= 1 <= sum(b for _, b in known) + slack:
            right += 1
        else:
            wrong += 1
    return right > wrong


def _is_numerator(seen: Recognised, share: int, count: int) -> bool:
    """Whether the count is what the percentage counts: all rows then agree on one denominator."""
    low, high = Fraction(0), Fraction(10**12)
    rows = 0
    for r, row in enumerate(seen.table.body):
        interval = share_interval(row[share], seen.role(r, share))
        value = row[count].value
        if interval is None or not isinstance(value, int) or value == 0 or interval[0] == 0:
            continue
        low, high = max(low, value / interval[1]), min(high, value / interval[0])
        rows += 1
    return rows >= 2 and low <= high


def _times_denominator(seen: Recognised, policy: Policy, shares: list[int], whole: int) -> Iterator[Finding]:
    minimum = policy.counts.minimum.value
    for r, row in enumerate(seen.table.body):
        people = row[whole].value
        if not isinstance(people, int) or people <= 0 or people > 1_000_000:
            continue
        low, high = seen.rounding.interval(people) if seen.rounding else (people, people)
        for c in shares:
            interval = share_interval(row[c], seen.role(r, c))
            counts = possible_counts(interval, low, high) if interval is not None else None
            if counts is None:
                continue
            least, most = counts
            if least > 0 and most < minimum:
                yield _given_back(seen, policy, (r, c), (r, whole), least, most, "")
            elif len(shares) == 1 and low - most > 0 and high - least < minimum:
                yield _given_back(
                    seen, policy, (r, c), (r, whole), low - most, high - least, " of the others"
                )


def _given_back(
    seen: Recognised,
    policy: Policy,
    cell: tuple[int, int],
    of: tuple[int, int],
    least: int,
    most: int,
    whose: str,
) -> Finding:
    number = str(least) if least == most else f"{least} to {most}"
    message = (
        f"{cell_in_words(seen, *cell)} times {seen.table.where(*of)} gives the count{whose} back as {number}, below "
        f"the minimum count of {policy.counts.minimum.value} of policy {policy.name}."
    )
    return Finding("percentages", Severity.BLOCK, seen.table.where(*cell), message, _FIX)


def _suppressed_beside_share(seen: Recognised, policy: Policy, share: int, count: int) -> Iterator[Finding]:
    """A suppressed count whose percentage is shown: the other rows tell the denominator."""
    low, high = Fraction(0), Fraction(10**9)
    used = False
    for r, row in enumerate(seen.table.body):
        interval = share_interval(row[share], seen.role(r, share))
        value = row[count].value
        if interval is None or not isinstance(value, int) or value <= 0 or interval[0] == 0:
            continue
        shown = seen.rounding.interval(value) if seen.rounding else (value, value)
        low, high = max(low, shown[0] / interval[1]), min(high, shown[1] / interval[0])
        used = True
    if not used or math.ceil(low) > math.floor(high):
        return
    for r, row in enumerate(seen.table.body):
        interval = share_interval(row[share], seen.role(r, share))
        if row[count].kind is not Kind.MARK or interval is None:
            continue
        least, most = math.ceil(interval[0] * low), math.floor(interval[1] * high)
        if (
            0 < least <= most < policy.counts.minimum.value
            and most - least + 1 < policy.counts.minimum.value - 1
        ):
            number = str(least) if least == most else f"{least} to {most}"
            message = (
                f"{cell_in_words(seen, r, count)} is suppressed, but its percentage in {seen.table.where(r, share)} "
                f"gives it back as {number}."
            )
            fix = "Suppress the percentage together with the count."
            yield Finding("percentages", Severity.BLOCK, seen.table.where(r, share), message, fix)


def _as_exact_as_allowed(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    rules = policy.percentages
    if rules is None:
        return
    counts = seen.columns_of(Role.COUNT)
    for r, c, content in seen.cells(Role.PERCENT, Role.PROPORTION):
        written = content.decimals - (
            0 if seen.role(r, c) is Role.PERCENT or content.kind is Kind.PERCENT else 2
        )
        if written <= 0 or not content.is_numeric:
            continue
        where = seen.table.where(r, c)
        needed = rules.decimals_need_denominator.value
        if written > rules.decimals.value:
            message = (
                f"{cell_in_words(seen, r, c)} has {written} decimal places of a per cent; policy {policy.name} shows "
                f"at most {rules.decimals.value}."
            )
            yield Finding("percentages", Severity.BLOCK, where, message, "Round to whole per cent.")
            continue
        people = [value for k in counts if isinstance(value := seen.table.body[r][k].value, int)]
        if not people:
            message = (
                f"{cell_in_words(seen, r, c)} has a decimal place, and no denominator of at least {needed:,} is "
                "shown."
            )
            yield Finding(
                "percentages", Severity.REVIEW, where, message, "Round to whole per cent, or show n."
            )
        elif max(people) < needed and not _of_larger_whole(seen, counts, needed):
            message = (
                f"{cell_in_words(seen, r, c)} has a decimal place although its denominator is below {needed:,}, which "
                f"policy {policy.name} asks for."
            )
            yield Finding("percentages", Severity.BLOCK, where, message, "Round to whole per cent.")


def _of_larger_whole(seen: Recognised, counts: list[int], needed: int) -> bool:
    """Whether the shown counts of a column add up to a denominator large enough."""
    return any(
        sum(value for row in seen.table.body if isinstance(value := row[c].value, int)) >= needed
        for c in counts
    )


RULE = Rule(
    "percentages",
    "No percentage gives a small count back, and none is more exact than the policy allows.",
    "HES disclosure method 2018 on percentages; SDC handbook on implicit counts",
    on_table=percentages_hide_small_counts,
)
