"""A program in the window's place that says what a test wants, and a browser that speaks RFB by hand."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from hub.door.relay_pixels import RFB_SOCKET
from hub.door.settings import WindowEnds
from tests.unit.door.conftest import Place
from tests.unit.door.rfb.streams import (
    browser_handshake,
    request,
    set_encodings,
    set_pixel_format,
    window_handshake,
)

NOVNC = Path(__file__).resolve().parents[4] / "node_modules" / "@novnc" / "novnc"
PORT = 8000


def ends(tmp_path: Path, uid: int | None = None) -> WindowEnds:
    """Fresh folders where a door and its window meet."""
    for name in ("window", "door"):
        (tmp_path / name).mkdir()
    return WindowEnds(
        run_dir=tmp_path / "window",
        uid=os.geteuid() if uid is None else uid,
        port=PORT,
        inner_dir=tmp_path / "door",
        novnc=NOVNC,
    )


class StandIn:
    """Shakes hands as Xvnc does, or says ``handshake``; then what the test says. Keeps what it hears."""

    def __init__(self) -> None:
        self.handshake = window_handshake()
        self.heard = b""
        self.connections = 0
        self.left = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    async def say(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def hang_up(self) -> None:
        assert self._writer is not None
        self._writer.close()

    async def hears(self, wanted: bytes, times: int = 1) -> None:
        """Wait until something was heard, so often in all."""
        async with asyncio.timeout(5):
            while self.heard.count(wanted) < times:
                await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        writer.write(self.handshake)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard += data
        self.left.set()
        writer.close()

    @contextlib.asynccontextmanager
    async def at(self, folder: Path) -> AsyncIterator[StandIn]:
        """Listen in the window's folder."""
        server = await asyncio.start_unix_server(self._serve, str(folder / RFB_SOCKET))
        try:
            yield self
        finally:
            server.close()
            if self._writer is not None:
                self._writer.close()


class Viewer:
    """A browser at the websocket of pixels."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.words: list[str] = []
        self.data = b""

    async def say(self, data: bytes) -> None:
        await self.socket.send_bytes(data)

    async def read(self, count: int) -> bytes:
        """The next ``count`` bytes of pixels."""
        while len(self.data) < count:
            await self._hear()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    async def shake_hands(self) -> tuple[int, int]:
        """Do as noVNC does; the size of the screen."""
        assert await self.read(12) == b"RFB 003.008\n"
        await self.say(browser_handshake())
        assert await self.read(2 + 4) == b"\x01\x01\0\0\0\0"
        init = await self.read(24)
        await self.read(int.from_bytes(init[20:24]))
        await self.say(set_pixel_format() + set_encodings())
        width, height = int.from_bytes(init[:2]), int.from_bytes(init[2:4])
        await self.say(request(0, 0, 0, width, height))
        return width, height

    async def closed(self, within_s: float = 5) -> tuple[int, str]:
        """(close code, reason); what comes before is kept."""
        while True:
            message = await self.socket.receive(timeout=within_s)
            if message.type is aiohttp.WSMsgType.BINARY:
                self.data += message.data
            elif message.type is aiohttp.WSMsgType.TEXT:
                self.words.append(message.data)
            else:
                assert self.socket.close_code is not None
                return self.socket.close_code, str(message.extra or "")

    async def _hear(self) -> None:
        message = await self.socket.receive(timeout=5)
        if message.type is aiohttp.WSMsgType.TEXT:
            self.words.append(message.data)
            return
        assert message.type is aiohttp.WSMsgType.BINARY, message
        self.data += message.data

    async def hears_word(self, word: str) -> None:
        async with asyncio.timeout(5):
            while word not in self.words:
                await self._hear()


@contextlib.asynccontextmanager
async def viewer(place: Place) -> AsyncIterator[Viewer]:
    """A signed-in browser that has opened the websocket."""
    headers = {"Cookie": place.cookie, "Origin": place.door.settings.origin}
    async with place.http.ws_connect(place.url + "pixels", headers=headers, max_msg_size=2**27) as socket:
        yield Viewer(socket)
