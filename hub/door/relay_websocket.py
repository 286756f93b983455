"""Carrying websocket messages both ways; what goes to a kernel is recorded before it passes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import aiohttp
from tornado import websocket
from yarl import URL

from hub.door import cells
from hub.door.routes import Kind
from hub.door.tally import Tally
from hub.door.warden_link import LinkDown, TooMuch
from hub.door.watch import Standing

if TYPE_CHECKING:
    from hub.door.context import Door, Session

TO_ROOM_LIMIT = 16 * 1024 * 1024
TO_BROWSER_LIMIT = 16 * 1024 * 1024
# Each can hold messages of these sizes in the door's memory.
MAX_WEBSOCKETS = 16
MAX_CODE = 256 * 1024  # bytes of UTF-8
# Websocket close codes of our own (RFC 6455 leaves 4000-4999 to applications).
CLOSED_BY_HUB = 4403
NOT_UNDERSTOOD = 4400
# How long a cell waits to be written down, so that a hub that starts again loses none.
_HELD_S = 30.0
# A Jupyter server closes what has not answered its pings for 90 s.
ALIVE_EVERY_S = 30.0


class Relay:
    """One websocket of the browser and its twin in the room."""

    def __init__(self, door: Door, kind: Kind, protocol: str | None, session: Session | None) -> None:
        self._door = door
        self._kind = kind
        self._protocol = protocol
        self.session = session
        self.signed_in_at = time.monotonic()
        self._room: aiohttp.ClientWebSocketResponse | None = None
        self._browser: websocket.WebSocketHandler | None = None
        self._pump: asyncio.Task[None] | None = None
        self._ended = False

    async def open(self, path_and_query: str) -> None:
        """Open the room's side. Raises as :func:`hub.door.relay_http.ask_room` does."""
        self._room = await self._door.room.ws_connect(
            URL("http://localhost" + path_and_query, encoded=True),
            protocols=(self._protocol,) if self._protocol else (),
            max_msg_size=TO_BROWSER_LIMIT,
            autoping=True,
            compress=0,
        )
        if self._room.protocol != self._protocol:
            await self._room.close()
            raise aiohttp.ClientError("the room speaks another kernel protocol")

    def start(self, browser: websocket.WebSocketHandler) -> None:
        """Both sides are open: carry what the room says."""
        self._browser = browser
        # Kernels answer in small messages, which must not wait for the acknowledgement of the one before.
        browser.set_nodelay(True)
        self._door.carried.add(self)
        self._pump = asyncio.create_task(self._to_browser())
        # The door may have ended while the room took its time.
        if self._door.standing_of(self) is Standing.ENDED:
            self.close(str(self._door.watch.why_closed()))

    async def to_room(self, message: str | bytes) -> None:
        """Carry one message of the browser; closes the websocket where it may not pass.

        While the door is frozen the message waits here, and those behind it with the browser.
        """
        try:
            if not await self._may_pass():
                return
            self._door.note_activity(self.session)
            if self._kind is Kind.KERNEL:
                await self._record(message)
                if not await self._may_pass():  # writing it down may have taken its time
                    return
            assert self._room is not None
            self._count(bytes_in=_size(message))
            if isinstance(message, bytes):
                await self._room.send_bytes(message)
            else:
                await self._room.send_str(message)
        except cells.Unreadable as error:
            self._door.recorder.refused(f"The door did not understand {error}.", self._door.settings.owner)
            self.close(f"The door did not understand {error}.", NOT_UNDERSTOOD)
        except TooMuch as error:
            self.close(str(error))
        except LinkDown:
            # What cannot be written down does not pass.
            self.close("The hub cannot record what you run, so the door is closed. Try again shortly.")
        except (aiohttp.ClientError, ConnectionError):
            self.close("The room has ended.")

    def close(self, reason: str, code: int = CLOSED_BY_HUB) -> None:
        """Close both sides; the browser learns the reason (at most 123 bytes of it, as the protocol has it)."""
        if self._browser is not None:
            self._browser.close(code, reason.encode()[:123].decode(errors="ignore"))
        self.end()

    def end(self) -> None:
        """Close the room's side."""
        self._ended = True
        self._door.carried.discard(self)
        if self._pump is not None and self._pump is not asyncio.current_task():
            self._pump.cancel()
        if self._room is not None and not self._room.closed:
            self._door.keep(asyncio.create_task(self._close_room(self._room)))

    async def _may_pass(self) -> bool:
        """Wait while the door is frozen; whether both sides are still there and the door is open."""
        reason = await self._door.passage(self)
        if reason is not None:
            self.close(reason)
        return not self._ended and self._room is not None and not self._room.closed

    async def _close_room(self, room: aiohttp.ClientWebSocketResponse) -> None:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await room.close()

    async def _to_browser(self) -> None:
        assert self._room is not None
        assert self._browser is not None
        try:
            async for message in self._room:
                reason = await self._passage_out(self._room)
                if reason is not None:
                    self.close(reason)
                    return
                if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                    self._count(bytes_out=_size(message.data))
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._browser.write_message(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    await self._browser.write_message(message.data, binary=True)
        except (websocket.WebSocketClosedError, aiohttp.ClientError, ConnectionError):
            self.end()
            return
        self.close("The room ended this connection.", 1001)

    async def _passage_out(self, room: aiohttp.ClientWebSocketResponse) -> str | None:
        """As :meth:`hub.door.context.Door.passage`. Nobody reads the room's pings meanwhile, but it hears of us."""
        while True:
            try:
                async with asyncio.timeout(ALIVE_EVERY_S):
                    return await self._door.passage(self)
            except TimeoutError:
                await room.pong()

    def _count(self, *, bytes_in: int = 0, bytes_out: int = 0) -> None:
        self._door.count(self.session, Tally(messages=1, bytes_in=bytes_in, bytes_out=bytes_out))

    async def _record(self, message: str | bytes) -> None:
        read = cells.read(message, binary_protocol=self._protocol is not None)
        if read.code is None:
            return
        if len(read.code.encode()) > MAX_CODE:
            raise cells.Unreadable("a cell of more than 256 KiB")
        await self._door.link.record("cell.passed", patience_s=_HELD_S, kind=read.kind, code=read.code)


def _size(message: str | bytes) -> int:
    return len(message) if isinstance(message, bytes) else len(message.encode())
