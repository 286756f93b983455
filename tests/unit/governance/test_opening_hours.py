"""Opening hours: from one second to the other, by the clocks of the place, also when these are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hub.governance.opening_hours import OpeningHours

LONDON: dict[str, Any] = {
    "time_zone": "Europe/London",
    "days": ["monday", "friday"],
    "opens": "08:00",
    "closes": "20:00",
}
HOURS = OpeningHours.model_validate(LONDON)
SECONDS = [-1, 0, 1]


def _in_winter(day: int, hour: int) -> datetime:
    """A moment of January 2026, when London has UTC; the 5th is a Monday."""
    return datetime(2026, 1, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(("step", "open_"), list(zip(SECONDS, [False, True, True], strict=True)))
def test_rooms_open_on_the_second(step: int, open_: bool) -> None:
    assert HOURS.open_at(_in_winter(5, 8) + timedelta(seconds=step)) is open_


@pytest.mark.parametrize(("step", "open_"), list(zip(SECONDS, [True, False, False], strict=True)))
def test_rooms_close_on_the_second(step: int, open_: bool) -> None:
    assert HOURS.open_at(_in_winter(5, 20) + timedelta(seconds=step)) is open_


@pytest.mark.parametrize(
    ("day", "open_"), [(4, False), (5, True), (6, False), (8, False), (9, True), (10, False)]
)
def test_only_on_its_days(day: int, open_: bool) -> None:
    assert HOURS.open_at(_in_winter(day, 12)) is open_


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (datetime(2026, 3, 27, 7, 59, 59, tzinfo=UTC), False),  # the last Friday of winter time
        (datetime(2026, 3, 27, 8, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 6, 59, 59, tzinfo=UTC), False),  # the first Monday of summer time
        (datetime(2026, 3, 30, 7, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 18, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 19, tzinfo=UTC), False),
    ],
)
def test_the_clocks_of_the_place_count(moment: datetime, open_: bool) -> None:
    assert HOURS.open_at(moment) is open_


def test_the_day_is_the_places_too() -> None:
    auckland = OpeningHours.model_validate(
        LONDON | {"time_zone": "Pacific/Auckland", "days": ["monday"], "opens": "00:00", "closes": "24:00"}
    )
    sunday_in_london = datetime(2026, 1, 4, 11, tzinfo=UTC)
    assert auckland.open_at(sunday_in_london)
    assert not auckland.open_at(sunday_in_london - timedelta(seconds=1))
    assert auckland.open_at(sunday_in_london + timedelta(hours=24, seconds=-1))
    assert not auckland.open_at(sunday_in_london + timedelta(hours=24))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"time_zone": "Europe/Nowhere"}, "time zone"),
        ({"time_zone": "../etc/passwd"}, "time zone"),
        ({"days": []}, "days"),
        ({"days": ["Monday"]}, "days"),
        ({"opens": 600}, "opens"),  # what YAML makes of 10:00 without quotation marks
        ({"opens": "8:00"}, "opens"),
        ({"opens": "24:00"}, "before closes"),
        ({"opens": "20:00"}, "before closes"),
        ({"opens": "20:01"}, "before closes"),
        ({"closes": "24:01"}, "closes"),
        ({"until": "20:00"}, "until"),
    ],
)
def test_wrong_hours_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OpeningHours.model_validate(LONDON | changes)


def test_a_minute_is_enough() -> None:
    assert OpeningHours.model_validate(LONDON | {"opens": "19:59"}).open_at(
        _in_winter(5, 20) - timedelta(seconds=1)
    )


def test_they_are_said_in_one_line() -> None:
    assert str(HOURS) == "Monday, Friday, 08:00 to 20:00 (Europe/London)"
