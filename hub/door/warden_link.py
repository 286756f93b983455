"""The door's line to the hub: numbered events out, one answer each, and the question who may be in.

A door holds no database credential. Each event carries a number; the hub reports a number that never
came. An event counts as written down only when the hub has answered that it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

# The longest cell (hub.door.relay_websocket.MAX_CODE bytes) at six bytes a byte in JSON, and some more.
MAX_LINE = 2 * 1024 * 1024
_ANSWER_WITHIN_S = 5.0
_ASK_AGAIN_S = 0.25


class LinkDown(Exception):
    """The hub could not be asked."""


class TooMuch(LinkDown):
    """The hub wrote nothing down: the seat has had more than its budget. The text is a sentence to show."""


class WardenLink:
    """One door's connection to the hub's :mod:`hub.door.warden`; reconnects when asked again."""

    def __init__(self, path: Path, token: str) -> None:
        self._path = path
        self._token = token
        self._number = 0
        self._turn = asyncio.Lock()
        # Of events, held until the hub has answered one or it is given up: they keep their order.
        self._event_turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def admission(self) -> str | None:
        """``None`` if the seat's person may be in now, else the sentence why not. Raises :class:`LinkDown`."""
        answer = await self._ask({"ask": "admission"})
        if answer.get("admitted") is True:
            return None
        return str(answer.get("reason") or "You may not be in this room now.")

    async def record(self, event: str, *, patience_s: float = 0, **details: Any) -> None:
        """Have an event written to the ledger; returns when it is. Raises :class:`LinkDown`, :class:`TooMuch`.

        A hub that does not answer is asked again for ``patience_s`` seconds, with the same number: what it has
        written down already, it does not write twice.
        """
        async with _taken(self._event_turn, _ANSWER_WITHIN_S + patience_s):
            self._number += 1
            message = {"event": event, "n": self._number, "details": details}
            try:
                await self._ask_until(asyncio.get_running_loop().time() + patience_s, message)
            except TooMuch:
                self._number -= 1  # the number was not used
                raise

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _ask_until(self, deadline: float, message: dict[str, Any]) -> None:
        while True:
            try:
                await self._ask(message)
            except TooMuch:
                raise
            except LinkDown:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(_ASK_AGAIN_S)
            else:
                return

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        async with _taken(self._turn, _ANSWER_WITHIN_S):
            return await self._exchange(question)

    async def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                reader, writer = await self._connected()
                answer = await _round_trip(reader, writer, message)
        except (OSError, TimeoutError, ValueError, TypeError, EOFError) as error:
            await self.close()
            raise LinkDown(str(error) or type(error).__name__) from error
        except BaseException:
            # Given up half-way: an answer that still comes would be taken for the next question's.
            await self.close()
            raise
        if answer.get("too_much") is True:
            raise TooMuch(str(answer.get("error")))
        if answer.get("ok") is not True:
            await self.close()
            raise LinkDown(str(answer.get("error", "the hub refused the message")))
        return answer

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            reader, writer = await asyncio.open_unix_connection(
                sock=await _connect(self._path), limit=MAX_LINE
            )
            answer = await _round_trip(reader, writer, {"token": self._token})
            if answer.get("ok") is not True:
                writer.close()
                raise OSError("the hub does not know this door")
            self._streams = reader, writer
        return self._streams


@contextlib.asynccontextmanager
async def _taken(turn: asyncio.Lock, within_s: float) -> AsyncIterator[None]:
    """Hold ``turn``. Raises :class:`LinkDown` where others hold it for too long."""
    try:
        async with asyncio.timeout(within_s):
            await turn.acquire()
    except TimeoutError:
        raise LinkDown("the line to the hub is busy") from None
    try:
        yield
    finally:
        turn.release()


async def _round_trip(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: dict[str, Any]
) -> dict[str, Any]:
    writer.write(json.dumps(message).encode() + b"\n")
    await writer.drain()
    line = await reader.readline()
    if not line:
        raise EOFError("the hub hung up")
    answer = json.loads(line)
    return dict(answer)


async def _connect(path: Path) -> socket.socket:
    """Connect by way of the folder's descriptor: a socket's path may have 107 bytes, a folder's more."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        await asyncio.get_running_loop().sock_connect(client, f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        client.close()
        raise
    finally:
        os.close(folder)
    return client
