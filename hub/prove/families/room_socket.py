"""Whatever a room puts in the place of its own socket, the door connects to nothing but the room's own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.door import room_socket
from hub.door.settings import SOCKET_NAME
from hub.prove.attempt import Attempt, Family, Judged, Judgement, Need
from hub.prove.judges import FILTERED, held, not_held, unclear
from hub.prove.stage import CouldNotTry, Stage

_PATH = f"/run/room/{SOCKET_NAME}"
_WITHIN_S = 10.0


@dataclass(frozen=True)
class _Door:
    """What the door's own way of connecting came to, or why the room could not even try."""

    connected: bool
    said: str
    neighbour_reached: bool = False
    cannot_make: str | None = None


async def _connect(folder: Path, uid: int) -> _Door:
    try:
        async with asyncio.timeout(_WITHIN_S):
            client: socket.socket = await room_socket.connect(folder, SOCKET_NAME, uid)
    except room_socket.RoomUnreachable as error:
        return _Door(False, str(error))
    except TimeoutError:
        return _Door(True, f"the door waits for longer than {_WITHIN_S:g} seconds")
    client.close()
    return _Door(True, "the door connected")


def _knock(stage: Stage, uid: int) -> _Door:
    stage.listeners.arrived("unix")
    found = asyncio.run(_connect(stage.spec.folders.run, uid))
    return _Door(found.connected, found.said, stage.listeners.arrived("unix"))


def _in_its_place(kind: str, target: Callable[[Stage], str] = lambda stage: "") -> Callable[[Stage], object]:
    def act(stage: Stage) -> object:
        answer = stage.ask("seat.put", _PATH, kind, target(stage))
        if answer in FILTERED:
            return _Door(False, "nothing", cannot_make=str(answer))
        if answer != "done":
            raise CouldNotTry(f"the room could not put it there: {answer}")
        return _knock(stage, stage.spec.uid)

    return act


def _of_another_user(stage: Stage) -> object:
    """The room's own socket, looked at by a door that expects another user there."""
    if not isinstance(stage.ask("seat.serve_at", _PATH), int):
        raise CouldNotTry("the room could not listen")
    own = _knock(stage, stage.spec.uid)
    if not own.connected:
        raise CouldNotTry(f"the door does not connect to the room's own socket either: {own.said}")
    return _knock(stage, stage.neighbour.uid)


def _neighbours(stage: Stage) -> str:
    return str(stage.neighbour.run / SOCKET_NAME)


def _relative_to_neighbour(stage: Stage) -> str:
    return os.path.relpath(stage.neighbour.run / SOCKET_NAME, stage.spec.folders.run)


def _refused(seen: object) -> Judgement:
    if not isinstance(seen, _Door):
        return unclear(seen)
    if seen.cannot_make is not None:
        return held(f"the room cannot even make it: {seen.cannot_make}")
    if seen.neighbour_reached:
        return not_held("the door was led to a neighbour's socket")
    return not_held(seen.said) if seen.connected else held(f"the door says: {seen.said}")


FAMILY = Family(
    "room's socket",
    "Whatever a room puts in the place of its own socket, the door connects to nothing but the room's own.",
    (
        Attempt(
            "nothing in the socket's place",
            "Take the socket away while the door needs it.",
            _in_its_place("nothing"),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "link to a neighbour's socket",
            "Replace the socket by a link to another seat's, as the host names it.",
            _in_its_place("link", _neighbours),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "link upwards to a neighbour's socket",
            "Replace the socket by a link that climbs to another seat's.",
            _in_its_place("link", _relative_to_neighbour),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "link through /proc",
            "Replace the socket by a link to a descriptor of the process that opens it.",
            _in_its_place("link", lambda stage: "/proc/self/fd/0"),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "link to the engine's socket",
            "Replace the socket by a link to the Docker engine's.",
            _in_its_place("link", lambda stage: "/var/run/docker.sock"),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "folder in the socket's place",
            "Replace the socket by a folder that holds a link of the socket's name.",
            _in_its_place("folder with a link", _neighbours),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "file in the socket's place",
            "Replace the socket by an ordinary file.",
            _in_its_place("file", lambda stage: "HTTP/1.1 200 OK\r\n\r\n"),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "pipe in the socket's place",
            "Replace the socket by a pipe, which holds up whoever opens it.",
            _in_its_place("pipe"),
            _refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "another user behind the socket",
            "Answer at the socket's place as another user than the seat's.",
            _of_another_user,
            _refused,
            Judged.OUTSIDE,
            needs=frozenset({Need.OWN_USER}),
        ),
    ),
)
