"""A seat that another version of the hub opened is ended, to its last process, and the ledger says so."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from typing import Any

import pytest

from hub.hub_parts import HubParts
from hub.left_running import JUPYTERHUB_DATABASE, end_all
from hub.rooms.process import Process
from hub.seat_door import DoorState
from tests.unit.seat.open_seat import closed_because, seat_found, state_of


@pytest.fixture
def kept(parts: HubParts, room: subprocess.Popen[bytes], door: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The state of an open seat, with a word more in it and one less."""
    found = DoorState(port=9, nonce="nonce", process=Process.of(door.pid))
    kept = state_of(parts.settings.state, tier="low", room=room, door=found).model_dump(mode="json")
    del kept["tier"]
    return kept | {"colour": "blue"}


async def test_the_next_hub_ends_it(
    parts: HubParts, kept: dict[str, Any], room: subprocess.Popen[bytes], door: subprocess.Popen[bytes]
) -> None:
    seat = seat_found(kept)
    assert await seat.poll() == 0
    assert (room.poll(), door.poll()) == (-9, -9)
    await seat.stop()
    assert closed_because(parts) == ["another version of the hub opened it, and it cannot be taken over"]
    assert "seat" not in seat.get_state()


def test_a_hub_that_will_not_start_again_ends_it(
    parts: HubParts, kept: dict[str, Any], room: subprocess.Popen[bytes], door: subprocess.Popen[bytes]
) -> None:
    database = parts.settings.state / JUPYTERHUB_DATABASE
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE spawners (state TEXT)")
        connection.execute("INSERT INTO spawners VALUES (?)", [json.dumps({"seat": kept})])
    end_all(parts.settings)
    assert (room.wait(5), door.wait(5)) == (-9, -9)


def test_a_state_of_which_nothing_can_be_read_hinders_no_hub(parts: HubParts) -> None:
    assert seat_found({"room": "one"}).room is None
