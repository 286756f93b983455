"""One seat whose room's socket was moved away, for all tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.isolation.attempts import door as attempts
from tests.isolation.world import SeatUnderTest, World

# The door keeps a connection that nobody uses for fifteen seconds.
_KEPT_S = 16


@pytest.fixture(scope="package")
def moved(world: World) -> Iterator[SeatUnderTest]:
    """Alice's second seat, its socket moved away, and no connection left that the door made before."""
    seat = world.seat("alice", "two")
    assert seat.api_status() == 200
    seat.call(attempts.move_socket_away)
    time.sleep(_KEPT_S)
    assert seat.api_status() == 502
    yield seat
    seat.call(attempts.put_socket_back)
    assert seat.api_status() == 200, "the room is back as it was"
