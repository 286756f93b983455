"""Survival curves: no step of a curve is the event of one person."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.rules.rule import Rule
from output_checker.statistics.names import Role, tokens
from output_checker.statistics.recognise import Recognised

_BOUNDS = {
    "low",
    "high",
    "lower",
    "upper",
    "se",
    "lci",
    "uci",
    "ci",
    "conf",
    "std",
    "sd",
    "lo",
    "hi",
    "left",
    "right",
}
_TIME = {"time", "day", "days", "week", "weeks", "month", "months", "year", "years", "t"}
_MOST_PEOPLE = 10_000_000
_DIGITS_OF_A_FLOAT = 14  # beyond them computers err
_MOST_PEOPLE_OF_A_COHORT = 100_000


def steps_are_of_many(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Each step of a survival or incidence curve is proven to be the events of enough people.

    The fall of a curve from one row to the next, relative to its height, is events by people at risk. Written with
    many digits this fraction can be found in its lowest terms; the true number of events is a multiple of its
    numerator. Numerators of at least the minimum prove the step safe; smaller ones, and steps too roughly written
    to tell, are looked at. Columns of events or people at risk are checked as counts by the threshold rule.
    """
    minimum = policy.counts.minimum.value
    for c in seen.columns_of(Role.SURVIVAL):
        if set(tokens(seen.table.title(c))) & _BOUNDS:
            continue
        unsure = [(r, p, q) for r, p, q in _steps(seen, c) if p == 0 or p < minimum]
        if not unsure:
            continue
        r, numerator, at_risk = unsure[0]
        what = (
            f"{numerator} of {at_risk} people, or the same share of more"
            if numerator
            else "an unknown number of people"
        )
        message = (
            f"{len(unsure)} steps of the curve in column {seen.table.where_column(c)} are not proven to be of "
            f"{minimum} people or more; the step to {seen.table.where(r, c)} is {what}."
        )
        fix = "Round the events and people at risk before working the curve out, or show fewer points of it."
        yield Finding("survival_steps", Severity.REVIEW, seen.table.where(r, c), message, fix)


def _groups(seen: Recognised) -> list[list[int]]:
    """The body rows of each curve: rows with the same labels, time aside."""
    labels = seen.columns_of(Role.LABEL)
    names = [c for c in labels if not set(tokens(seen.table.title(c))) & _TIME]
    if names == labels:
        names = labels[:-1]
    curves: dict[tuple[str, ...], list[int]] = {}
    for r, row in enumerate(seen.table.body):
        curves.setdefault(tuple(row[c].text for c in names), []).append(r)
    return list(curves.values())


def _steps(seen: Recognised, column: int) -> Iterator[tuple[int, int, int]]:
    """Row, events and people at risk in lowest terms for each step; events 0 where they cannot be told."""
    falls = _falls(seen, column)
    for rows in _groups(seen):
        points: list[tuple[int, Fraction, int]] = []
        for r in rows:
            content = seen.table.body[r][column]
            if content.value is not None:
                height = Fraction(content.value)
                points.append((r, height if falls else 1 - height, min(content.decimals, _DIGITS_OF_A_FLOAT)))
        yield from _of_one_cohort(points) or _one_by_one(points)


def _of_one_cohort(points: list[tuple[int, Fraction, int]]) -> list[tuple[int, int, int]]:
    """Steps of a curve that nobody left: all heights are then fractions of one number of people."""
    people = 1
    for _, height, decimals in points:
        simple = _simple(height, decimals, _MOST_PEOPLE_OF_A_COHORT)
        if simple is None:
            return []
        people = math.lcm(people, simple.denominator)
        if people > _MOST_PEOPLE_OF_A_COHORT:
            return []
    steps: list[tuple[int, int, int]] = []
    before = people
    for r, height, _ in points:
        now = round(height * people)
        if now < before:
            steps.append((r, before - now, people))
        before = now
    return steps


def _one_by_one(points: list[tuple[int, Fraction, int]]) -> Iterator[tuple[int, int, int]]:
    """Steps of a curve from which people were lost: each fall relative to the height before it."""
    before = Fraction(1)
    for r, height, decimals in points:
        if before > 0 and height < before:
            simple = _simple((before - height) / before, decimals, _MOST_PEOPLE)
            yield (r, simple.numerator, simple.denominator) if simple is not None else (r, 0, 0)
        before = height


def _simple(value: Fraction, decimals: int, most: int) -> Fraction | None:
    """The fraction of small numbers that was written with so many decimals; None where many would fit."""
    simple = value.limit_denominator(most)
    if abs(simple - value) > Fraction(5, 10 ** max(decimals - 1, 1)):
        return None
    return simple if simple.denominator**2 * 20 < 10**decimals else None


def _falls(seen: Recognised, column: int) -> bool:
    """Whether the curve starts near 1 and falls (survival) or starts near 0 and rises (incidence)."""
    values = [row[column].value for row in seen.table.body if row[column].value is not None]
    return bool(values) and values[0] is not None and values[0] > Fraction(1, 2)


RULE = Rule(
    "survival_steps",
    "Each step of a survival curve is the events of enough people.",
    "ACRO survival rule; OpenSAFELY midpoint rounding of Kaplan-Meier tables",
    on_table=steps_are_of_many,
)
