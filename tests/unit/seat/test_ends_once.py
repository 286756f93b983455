"""A seat ends once, whoever asks and however often, and the ledger has the first reason."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from jupyterhub.spawner import SpawnException
from sqlalchemy.exc import OperationalError

from hub.bubblewrap_seat import BubblewrapSeat
from hub.hub_parts import HubParts
from tests.unit.seat.open_seat import closed_because, seat_found, state_of, without_table


@pytest.fixture
def seat(parts: HubParts, room: subprocess.Popen[bytes]) -> BubblewrapSeat:
    """A seat whose person is no member of the project."""
    return seat_found(state_of(parts.settings.state, tier="low", room=room).model_dump(mode="json"))


async def test_two_ends_at_once_are_one_with_the_first_reason(
    parts: HubParts, seat: BubblewrapSeat, room: subprocess.Popen[bytes]
) -> None:
    looked = asyncio.create_task(seat.poll())
    while not seat._ending:
        await asyncio.sleep(0)
    await seat.stop()
    assert await looked == 0
    assert room.poll() is not None
    (why,) = closed_because(parts)
    assert why != "stopped"


async def test_a_closing_that_could_not_be_written_is_written_later_with_its_own_reason(
    parts: HubParts, seat: BubblewrapSeat
) -> None:
    with without_table(parts, "ledger_entries"), pytest.raises(OperationalError):
        await seat.poll()
    await seat.stop()
    (why,) = closed_because(parts)
    assert why != "stopped"


async def test_it_is_written_at_the_latest_before_the_seat_opens_again(
    parts: HubParts, seat: BubblewrapSeat
) -> None:
    with without_table(parts, "ledger_entries"), pytest.raises(OperationalError):
        await seat.poll()
    with pytest.raises(SpawnException):
        await seat.start()
    (why,) = closed_because(parts)
    assert why != "stopped"
