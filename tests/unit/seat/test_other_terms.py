"""A room goes on only on the terms on which it was opened, also across a restart of the hub."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from hub.governance.tiers import load_tiers
from hub.seat_record import other_limits, other_terms
from hub.seat_room import room_limits
from hub.seat_window import window_limits
from hub.settings import Settings

LOW = load_tiers().find("low")


def test_the_same_tier_lets_the_room_go_on() -> None:
    assert other_terms(LOW.edition, LOW) is None
    assert LOW.edition.split(" ")[0] == "low"


def test_another_tier_ends_it() -> None:
    said = other_terms(LOW.edition, load_tiers().find("patient-level"))
    assert said == "the project's tier is patient-level now, and the room was opened as low"


@pytest.mark.parametrize(
    "changes",
    [
        {"networks": (ip_network("10.20.0.0/16"),)},
        {"limits": LOW.limits.model_copy(update={"memory_mb": LOW.limits.memory_mb - 1})},
        {"door": "window"},
        {"needs_whole_isolation": False},
    ],
)
def test_the_same_tier_under_which_rooms_are_given_other_things_ends_it(changes: dict[str, Any]) -> None:
    said = other_terms(LOW.edition, LOW.model_copy(update=changes))
    assert said == "what rooms of the tier low are given has changed since this one was opened"


@pytest.mark.parametrize("changes", [{"description": "Other words."}, {"reviewers": 3}, {"idle_minutes": 1}])
def test_what_is_asked_for_anew_at_every_look_does_not_end_it(changes: dict[str, Any]) -> None:
    assert other_terms(LOW.edition, LOW.model_copy(update=changes)) is None


@pytest.mark.parametrize(("memory_mb", "goes_on"), [(1023, False), (1024, True), (1025, False)])
def test_other_limits_of_this_installation_end_it(memory_mb: int, goes_on: bool) -> None:
    opened = room_limits(LOW, Settings(seat_memory_mb=1024))
    said = other_limits(opened, room_limits(LOW, Settings(seat_memory_mb=memory_mb)))
    assert (said is None) == goes_on


@pytest.mark.parametrize(("memory_mb", "goes_on"), [(1023, False), (1024, True), (1025, False)])
def test_other_limits_of_windows_end_it(memory_mb: int, goes_on: bool) -> None:
    room = room_limits(LOW, Settings())
    opened = window_limits(Settings(window_memory_mb=1024), room)
    said = other_limits(opened, window_limits(Settings(window_memory_mb=memory_mb), room))
    assert (said is None) == goes_on
