"""Which of two disclosure policies asks for more: number by number, since two may each be stricter in something."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, le
from typing import Any

from output_checker.policy import Policy

_ANSWERS = {"ignore": 0, "shown": 0, "review": 1, "block": 2}


def _answer(mine: str, theirs: str) -> bool:
    return _ANSWERS[mine] >= _ANSWERS[theirs]


def _within(mine: tuple[int, int], theirs: tuple[int, int]) -> bool:
    return theirs[0] <= mine[0] and mine[1] <= theirs[1]


def _multiple(mine: int, theirs: int) -> bool:
    return mine % theirs == 0


# Of each number whether the first value asks for at least as much as the second.
_AT_LEAST: dict[str, Callable[[Any, Any], bool]] = {
    "counts.minimum": ge,
    "counts.zeros": _answer,
    # What a mark gives away: the fewer counts it may stand for, the more has to be hidden beside it.
    "counts.suppressed_range": _within,
    "rounding.base": _multiple,
    "secondary.least_possible_values": ge,
    "secondary.group_sum": _answer,
    "percentages.decimals": le,
    "percentages.decimals_need_denominator": ge,
    "summaries.minimum_contributors": ge,
    "summaries.end_points": _answer,
    "summaries.residual_degrees_of_freedom": ge,
    "summaries.dominance.n": ge,
    "summaries.dominance.k": le,
    "summaries.dominance.p": ge,
    "most_rows": le,
}
_MIDPOINT = "rounding.midpoint"
COMPARED = frozenset({*_AT_LEAST, _MIDPOINT})


def weaker_in(policy: Policy, than: Policy) -> tuple[str, ...]:
    """The numbers in which ``policy`` asks for less than the other does; none where it is at least as strict.

    A number that a policy does not give is not asked for by it. How much the checker reads is no matter of strictness.
    """
    weaker = []
    for place, holds in _AT_LEAST.items():
        mine, theirs = _value(policy, place), _value(than, place)
        if theirs is not None and (mine is None or not holds(mine, theirs)):
            weaker.append(place)
    # A second way of rounding is a concession, wherever the other policy asks for rounding at all.
    allowed = _value(policy, _MIDPOINT)
    if than.rounding is not None and allowed is not None and allowed != _value(than, _MIDPOINT):
        weaker.append(_MIDPOINT)
    return tuple(weaker)


def _value(policy: Policy, place: str) -> Any:
    """The value at a place such as ``counts.minimum``, or None where the policy does not give it."""
    found: Any = policy
    for part in place.split("."):
        found = getattr(found, part)
        if found is None:
            return None
    return found.value
