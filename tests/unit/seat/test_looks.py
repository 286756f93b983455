"""A look that cannot be had is no reason to end a seat; a door that hangs is told from one that refuses."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from hub.hub_parts import HubParts
from hub.seat_door import DoorState, SeatDoor
from tests.unit.seat.open_seat import closed_because, seat_found, state_of, without_table


async def test_a_database_that_answers_with_errors_ends_no_room(
    parts: HubParts, room: subprocess.Popen[bytes]
) -> None:
    seat = seat_found(state_of(parts.settings.state, tier="low", room=room).model_dump(mode="json"))
    with without_table(parts, "people"):
        assert await seat.poll() is None
    assert room.poll() is None
    assert closed_because(parts) == []
    assert await seat.poll() == 0
    assert room.poll() is not None


class Refuses(web.RequestHandler):
    """As a door does what names no seat."""

    def get(self) -> None:
        self.send_error(403)


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_door_that_refuses_answers_and_one_that_hangs_does_not(hangs: bool) -> None:
    listener, port = bind_unused_port()
    server = HTTPServer(web.Application([(r".*", Refuses)]))
    if not hangs:
        server.add_socket(listener)
    door = SeatDoor()
    door.state = DoorState(port, "nonce")
    assert await door.answers(0.3) != hangs
    server.stop()
    await server.close_all_connections()
    listener.close()


async def test_nobody_answers_at_a_port_that_is_free() -> None:
    listener, port = bind_unused_port()
    listener.close()
    door = SeatDoor()
    door.state = DoorState(port, "nonce")
    async with asyncio.timeout(5):
        assert not await door.answers(5)
