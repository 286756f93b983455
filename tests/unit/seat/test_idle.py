"""A room that nobody uses ends after the minutes that the setting names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.seat_record import idle_too_long

LAST = datetime(2026, 6, 1, 12)


@pytest.mark.parametrize(("seconds", "ended"), [(3599, False), (3600, True), (3601, True)])
def test_a_room_ends_when_the_minutes_have_passed(seconds: int, ended: bool) -> None:
    now = LAST.replace(tzinfo=UTC) + timedelta(seconds=seconds)
    assert idle_too_long(LAST, now, 60) is ended


def test_a_room_whose_activity_is_not_known_yet_stays() -> None:
    assert not idle_too_long(None, datetime(2026, 6, 1, tzinfo=UTC), 60)
