"""Carrying pixels to one browser and its input to the window, as :mod:`hub.door.rfb` lets them pass."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from tornado import websocket

from hub.door import room_socket
from hub.door.relay_websocket import CLOSED_BY_HUB, NOT_UNDERSTOOD
from hub.door.rfb import wire
from hub.door.rfb.session import Session as Conversation
from hub.door.rfb.steps import Piece, Refused, Side
from hub.door.room_socket import RoomUnreachable
from hub.door.tally import Tally
from hub.door.watch import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.door.context import Door, Session

RFB_SOCKET = "rfb.sock"
# What a browser may send at once; noVNC sends at most 10 KiB.
TO_WINDOW_LIMIT = 64 * 1024
# As in relay_websocket: a close code of our own.
OPENED_ELSEWHERE = 4409
_HANDSHAKE_S = 10.0
_READ = 256 * 1024
_AT_ONCE = 64 * 1024
_INPUT = frozenset({wire.KEY_EVENT, wire.POINTER_EVENT})
_GOING_AWAY = 1001
# The browser hears of a change in words; pixels come in binary messages.
_WORDS = {Standing.OPEN: "open", Standing.FROZEN: "frozen"}


class Pixels:
    """One browser at the seat's window. There is one at a time: whoever comes last has the screen.

    While the door is frozen, what either side says waits with that side, and the browser is told in a word.
    """

    def __init__(self, door: Door, session: Session) -> None:
        self._door = door
        self.session: Session | None = session
        self.signed_in_at = time.monotonic()
        self._conversation = Conversation()
        self._window: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._browser: websocket.WebSocketHandler | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = False

    async def open(self) -> None:
        """Shake hands with the window. Raises :class:`RoomUnreachable`, TimeoutError, or :class:`Refused`."""
        ends = self._door.settings.window
        assert ends is not None
        for one in list(self._door.carried):
            if isinstance(one, Pixels):
                one.close("This room was opened in another tab or window.", OPENED_ELSEWHERE)
        async with asyncio.timeout(_HANDSHAKE_S):
            client = await room_socket.connect(ends.run_dir, RFB_SOCKET, ends.uid)
            self._window = await asyncio.open_unix_connection(sock=client, limit=_READ)
            reader, _ = self._window
            try:
                while not self._conversation.ready:
                    data = await reader.read(_READ)
                    if not data:
                        raise RoomUnreachable("the window hung up")
                    await self._carry(self._conversation.from_window(data))
            except OSError as error:
                raise RoomUnreachable(f"the window does not answer ({error.strerror})") from error
            except Refused as refused:
                self._record(refused)
                raise

    async def start(self, browser: websocket.WebSocketHandler) -> None:
        """Both sides are open: greet the browser, and carry what the window says."""
        self._browser = browser
        browser.set_nodelay(True)
        self._door.carried.add(self)
        # The door may have ended while the window took its time.
        if self._door.standing_of(self) is Standing.ENDED:
            self.close(str(self._door.watch.why_closed()))
            return
        with contextlib.suppress(websocket.WebSocketClosedError):  # then on_close ends this
            await self._carry(self._conversation.greet_browser())
            self._tasks = [
                asyncio.create_task(self._to_browser()),
                asyncio.create_task(self._tell_standing()),
            ]

    async def to_window(self, message: str | bytes) -> None:
        """Carry one message of the browser; closes the websocket where it may not pass."""
        try:
            if not await self._may_pass():
                return
            if isinstance(message, str):
                raise Refused("The browser sent a message that does not pass the door.")
            self._door.count(self.session, Tally(messages=1, bytes_in=len(message)))
            await self._carry(self._conversation.from_browser(message))
        except Refused as refused:
            self._refuse(refused)
        except OSError:
            self.close("The room's screen has ended.")
        except websocket.WebSocketClosedError:
            self.end()

    def close(self, reason: str, code: int = CLOSED_BY_HUB) -> None:
        """Close both sides; the browser learns the reason (at most 123 bytes of it, as the protocol has it)."""
        if self._browser is not None:
            self._browser.close(code, reason.encode()[:123].decode(errors="ignore"))
        self.end()

    def end(self) -> None:
        """Close the window's side: it lets go of every key that is still down."""
        self._ended = True
        self._door.carried.discard(self)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if self._window is not None:
            self._window[1].transport.abort()  # what was not sent yet is not sent

    async def _to_browser(self) -> None:
        assert self._window is not None
        reader, _ = self._window
        try:
            while data := await reader.read(_READ):
                if not await self._may_pass():
                    return
                await self._carry(self._conversation.from_window(data))
        except Refused as refused:
            self._refuse(refused)
        except (websocket.WebSocketClosedError, OSError):
            self.end()
        finally:
            if not self._ended:
                self.close("The room's screen has ended.", _GOING_AWAY)

    async def _carry(self, pieces: Iterator[Piece]) -> None:
        """Send pieces to where they go; the next one is not made before there is room for it."""
        assert self._window is not None
        _, window = self._window
        shown = bytearray()
        for piece in pieces:
            if piece.to is Side.WINDOW:
                window.write(piece.data)
                if piece.data[0] in _INPUT:
                    self._door.note_activity(self.session)
            else:
                shown += piece.data
                if len(shown) >= _AT_ONCE:
                    await self._show(shown)
                    shown = bytearray()
            if self._ended:
                return
        if shown:
            await self._show(shown)
        await window.drain()

    async def _show(self, shown: bytearray) -> None:
        assert self._browser is not None
        self._door.count(self.session, Tally(messages=1, bytes_out=len(shown)))
        await self._browser.write_message(bytes(shown), binary=True)

    async def _tell_standing(self) -> None:
        assert self._browser is not None
        told = Standing.OPEN
        try:
            while True:
                standing = self._door.standing_of(self)
                if standing is not told and standing in _WORDS:
                    await self._browser.write_message(_WORDS[standing])
                    told = standing
                await asyncio.sleep(self._door.settings.freeze_s / 40)
        except websocket.WebSocketClosedError:
            self.end()

    async def _may_pass(self) -> bool:
        """Wait while the door is frozen; whether both sides are still there and the door is open."""
        reason = await self._door.passage(self)
        if reason is not None:
            self.close(reason)
        return not self._ended

    def _refuse(self, refused: Refused) -> None:
        self._record(refused)
        self.close(str(refused), NOT_UNDERSTOOD)

    def _record(self, refused: Refused) -> None:
        self._door.recorder.refused(str(refused), self._door.settings.owner)
