"""A hub that finds a door holds its port as well: when the door dies, nobody else can take it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hub.rooms.process import Process
from hub.seat_door import DoorState, SeatDoor

LISTENS = """
import socket, time
elsewhere = socket.create_server(("127.0.0.1", 0))
here = socket.create_server(("127.0.0.1", 0))
print(here.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.fixture
def door() -> Iterator[subprocess.Popen[str]]:
    """A process that listens at two ports and says the second."""
    process = subprocess.Popen([sys.executable, "-c", LISTENS], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_the_port_of_a_door_that_was_found_stays_taken_when_it_dies(door: subprocess.Popen[str]) -> None:
    assert door.stdout is not None
    port = int(door.stdout.readline())
    found = SeatDoor()
    found.state = DoorState(port, "nonce", Process.of(door.pid))
    found.hold_port()
    door.kill()
    door.wait()
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", port))
    assert found.prepare().port == port
    found.leave()
    socket.create_server(("127.0.0.1", port)).close()


def test_a_door_that_is_gone_has_no_port_to_hold(door: subprocess.Popen[str]) -> None:
    assert door.stdout is not None
    port = int(door.stdout.readline())
    found = SeatDoor()
    found.state = DoorState(port, "nonce", Process.of(door.pid))
    door.kill()
    door.wait()
    found.hold_port()
    assert found.prepare().port == port
    found.leave()
