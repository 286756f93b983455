"""Asking the script in the room, and believing no more of its answers than their form."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

from hub.airlock import careful_json
from hub.door import room_socket
from hub.prove.inside.serve import SOCKET, WITHIN_S
from hub.prove.stage import CouldNotTry, KilledBy

_MOST_BYTES = 256 * 1024
_DEPTH = 6
_PATIENCE_S = WITHIN_S + 5
_CONNECT_EVERY_S = 0.01


class Conversation:
    """One line of JSON each way, with a room whose user is known."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._client.settimeout(_PATIENCE_S)
        self._dead: str | None = None

    def ask(self, probe: str, *arguments: object) -> object:
        """What a probe saw, or how it was ended. Raises CouldNotTry."""
        if self._dead is not None:
            raise CouldNotTry(self._dead)
        line = json.dumps({"probe": probe, "arguments": arguments}).encode() + b"\n"
        try:
            self._client.sendall(line)
            return understood(self._line())
        except OSError as error:
            # Whatever came later would belong to another question.
            self._dead = f"the room does not answer any more ({error})"
            raise CouldNotTry(self._dead) from None

    def close(self) -> None:
        """End it; the script ends with it."""
        self._client.close()

    def _line(self) -> bytes:
        said = b""
        deadline = time.monotonic() + _PATIENCE_S
        while not said.endswith(b"\n"):
            piece = self._client.recv(65536)
            said += piece
            if not piece or len(said) > _MOST_BYTES or time.monotonic() > deadline:
                raise OSError("its answer has no end" if piece else "it closed the connection")
        return said


def understood(line: bytes) -> object:
    """What an answer says. Raises CouldNotTry for anything that is not an answer."""
    try:
        told = careful_json.parse(line, max_depth=_DEPTH)
    except careful_json.BadJson as error:
        raise CouldNotTry(f"the room's answer cannot be read: {error}") from None
    if not isinstance(told, dict) or len(told) != 1:
        raise CouldNotTry("the room's answer is not one")
    (kind, value), *_ = told.items()
    if kind == "seen":
        return value
    if kind == "killed_by" and type(value) is int:
        return KilledBy(value)
    if kind == "late":
        raise CouldNotTry(f"it did not end within {WITHIN_S:g} seconds")
    raise CouldNotTry(f"the attempt itself failed: {str(value)[:200]}")


def converse(folder: Path, uid: int, *, ended: Callable[[], str | None], within_s: float) -> Conversation:
    """Connect to the script in the room. ``ended`` says why the room is not there any more, or ``None``.

    Raises CouldNotTry.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            client = asyncio.run(room_socket.connect(folder, Path(SOCKET).name, uid))
        except room_socket.RoomUnreachable as error:
            reason = ended()
            if reason is not None:
                raise CouldNotTry(f"the room did not start: {reason}") from None
            if time.monotonic() > deadline:
                raise CouldNotTry(f"the room did not answer within {within_s:g} seconds: {error}") from None
            time.sleep(_CONNECT_EVERY_S)
            continue
        return Conversation(client)
