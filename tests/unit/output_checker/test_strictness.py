"""Which policy is stricter: each number one below, at and one above; and no number is forgotten."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from output_checker.policy import Limits, Policy, Sourced, load_policy, policy_names
from output_checker.strictness import COMPARED, weaker_in
from pydantic import BaseModel

EVERYTHING: dict[str, Any] = {
    "name": "all",
    "title": "All",
    "description": "Every number a policy can give.",
    "source": "for tests",
    "counts": {"minimum": 10, "zeros": "review", "suppressed_range": [2, 8]},
    "rounding": {"base": 10, "midpoint": 6},
    "secondary": {"least_possible_values": 3, "group_sum": "review"},
    "percentages": {"decimals": 1, "decimals_need_denominator": 1000},
    "summaries": {
        "minimum_contributors": 10,
        "end_points": "review",
        "residual_degrees_of_freedom": 10,
        "dominance": {"n": 2, "k": 0.9, "p": 0.1},
    },
    "most_rows": 100,
}


def _sourced(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _sourced(value) for name, value in part.items()}
    return {"value": part, "source": "for tests"}


def _policy(place: str | None = None, value: Any = None, *, drop: str | None = None) -> Policy:
    said = copy.deepcopy(EVERYTHING)
    words = {name: said.pop(name) for name in ("name", "title", "description", "source")}
    target = place or drop
    if target is not None:
        *parts, last = target.split(".")
        inside = said
        for part in parts:
            inside = inside[part]
        if drop:
            del inside[last]
        else:
            inside[last] = value
    return Policy.model_validate(words | _sourced(said))


ALL = _policy()


@pytest.mark.parametrize(
    ("place", "weaker", "same", "stricter"),
    [
        ("counts.minimum", 9, 10, 11),
        ("counts.zeros", "shown", "review", "block"),
        ("counts.suppressed_range", [1, 8], [2, 8], [3, 8]),
        ("counts.suppressed_range", [2, 9], [2, 8], [2, 7]),
        ("rounding.base", 5, 10, 20),
        ("rounding.base", 15, 10, 30),
        ("secondary.least_possible_values", 2, 3, 4),
        ("secondary.group_sum", "ignore", "review", "block"),
        ("percentages.decimals", 2, 1, 0),
        ("percentages.decimals_need_denominator", 999, 1000, 1001),
        ("summaries.minimum_contributors", 9, 10, 11),
        ("summaries.end_points", "shown", "review", "block"),
        ("summaries.residual_degrees_of_freedom", 9, 10, 11),
        ("summaries.dominance.n", 1, 2, 3),
        ("summaries.dominance.k", 0.91, 0.9, 0.89),
        ("summaries.dominance.p", 0.09, 0.1, 0.11),
        ("most_rows", 101, 100, 99),
    ],
)
def test_each_number(place: str, weaker: Any, same: Any, stricter: Any) -> None:
    assert weaker_in(_policy(place, weaker), ALL) == (place,)
    assert weaker_in(_policy(place, same), ALL) == ()
    assert weaker_in(_policy(place, stricter), ALL) == ()
    assert weaker_in(ALL, _policy(place, stricter)) == (place,)


@pytest.mark.parametrize(
    "place",
    [
        "counts.suppressed_range",
        "rounding",
        "percentages",
        "summaries.residual_degrees_of_freedom",
        "summaries.dominance",
        "most_rows",
    ],
)
def test_what_is_not_asked_for_is_weaker_than_anything(place: str) -> None:
    without = _policy(drop=place)
    found = weaker_in(without, ALL)
    assert found
    assert all(name.startswith(place) for name in found)
    assert weaker_in(ALL, without) == ()


def test_a_second_way_of_rounding_is_a_concession() -> None:
    without = _policy(drop="rounding.midpoint")
    assert weaker_in(without, ALL) == ()
    assert weaker_in(ALL, without) == ("rounding.midpoint",)
    assert weaker_in(_policy("rounding.midpoint", 8), ALL) == ("rounding.midpoint",)


def test_no_number_of_a_policy_is_left_out() -> None:
    assert set(_places(Policy, "")) == COMPARED


def _places(model: type[BaseModel], place: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        for part in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(part, type) and issubclass(part, Sourced):
                yield place + name
            elif isinstance(part, type) and issubclass(part, BaseModel) and part is not Limits:
                yield from _places(part, f"{place}{name}.")


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_that_ships_is_as_strict_as_itself(name: str) -> None:
    assert weaker_in(load_policy(name), load_policy(name)) == ()


def test_the_policies_that_ship_are_each_stricter_in_something() -> None:
    assert "counts.minimum" in weaker_in(load_policy("nhs-england"), load_policy("sacro"))
    assert "rounding.base" in weaker_in(load_policy("sacro"), load_policy("nhs-england"))
