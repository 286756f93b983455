"""Pixels read and written anew by the door, against the same pixels as a window sends them; of a real Xvnc."""

from __future__ import annotations

import asyncio
import socket
import struct
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from output_checker.errors import PlainError

from hub.door.rfb.session import Session
from hub.door.rfb.steps import Side
from tests.bench.measure import Comparison, Options, alternate, timed
from tests.unit.door.rfb.streams import (
    LAST_RECT,
    browser_handshake,
    rectangle,
    request,
    set_encodings,
    set_pixel_format,
)
from tests.unit.door.window.xvnc import XVNC, Screen, xvnc

_WIDTH, _HEIGHT = 1920, 1080
_SCREENS, _LINES = 2, 10
_END = rectangle(0, 0, 0, 0, LAST_RECT)
_CODE = "    counts = casualties.groupby(['severity', 'age_band'])['hospital_days'].agg(['count', 'mean'])"


def run(options: Options) -> list[Comparison]:
    """Measure whole screens, and a line that somebody writes."""
    if not XVNC.exists():
        raise PlainError("The bench pixels needs Xvnc: apt-get install tigervnc-standalone-server.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Each at a window of its own: the door shares none.
        ways = {}
        for name, looker in (
            ("as the window sends it", Looker),
            ("read and written anew by the door", DoorsLooker),
        ):
            at = folder / f"{looker.__name__}.sock"
            screen = stack.enter_context(xvnc(at, width=_WIDTH, height=_HEIGHT))
            _fill_with_code(screen)
            ways[name] = stack.enter_context(looker(at, screen))
        return asyncio.run(_compare(ways, options))


async def _compare(ways: dict[str, Looker], options: Options) -> list[Comparison]:
    written = iter(range(1, 1_000_000))

    def whole(looker: Looker) -> None:
        looker.look(0)

    def line(looker: Looker) -> None:
        looker.screen.write(f"{next(written):6}{_CODE}", 340, 510)
        looker.look(1)

    found = []
    for title, what, times in (
        (f"All {_WIDTH} × {_HEIGHT} pixels of a screen full of code", whole, _SCREENS),
        ("One line of code that changed", line, _LINES),
    ):
        for looker in ways.values():
            looker.look(0)
            what(looker)
        once = {name: partial(_timed, what, looker) for name, looker in ways.items()}
        rows = await alternate(once, options.often(times))
        window, browser = (looker.told for looker in ways.values())
        note = f"{window / 1000:.1f} kB from the window, {browser / 1000:.1f} kB to the browser."
        found.append(Comparison(title, tuple(rows), note))
    return found


async def _timed(what: Callable[[Looker], None], looker: Looker) -> float:
    async def once() -> None:
        what(looker)

    return await timed(once())


def _fill_with_code(screen: Screen) -> None:
    screen.fill(0xFFFFFF, 0, 0, _WIDTH, _HEIGHT)
    screen.fill(0x14344A, 0, 0, _WIDTH, 40)
    screen.fill(0xF0F4F5, 0, 40, 320, _HEIGHT)
    for number, y in enumerate(range(60, _HEIGHT, 18)):
        screen.write(f"[{number}] notebook-{number}.ipynb", 20, y)
        screen.write(f"{number:4} {_CODE * 3}"[: 60 + 97 * number % 180], 340, y)


class Looker:
    """Somebody at the window's socket who takes raw pixels."""

    def __init__(self, at: Path, screen: Screen) -> None:
        self.screen = screen
        self.told = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(at))

    def __enter__(self) -> Looker:
        self._socket.sendall(b"RFB 003.008\n\x01\x01")
        self._take(12 + 2 + 4 + 20)
        self._take(int.from_bytes(self._take(4)))
        self._socket.sendall(struct.pack(">BxHi", 2, 1, 0))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def look(self, incremental: int) -> None:
        """Ask for an update, and take it."""
        self._socket.sendall(request(incremental, 0, 0, _WIDTH, _HEIGHT))
        self.told = 4
        (count,) = struct.unpack(">xxH", self._take(4))
        for _ in range(count):
            _, _, width, height, encoding = struct.unpack(">HHHHi", self._take(12))
            if encoding != 0:
                raise ValueError(encoding)
            self._take(4 * width * height)
            self.told += 12 + 4 * width * height

    def _take(self, count: int) -> bytearray:
        data = bytearray(count)
        view, left = memoryview(data), count
        while left:
            got = self._socket.recv_into(view[count - left :], left)
            if not got:
                raise EOFError
            left -= got
        return data


class DoorsLooker(Looker):
    """A browser behind the door's reading and writing, without the websocket between."""

    def __enter__(self) -> DoorsLooker:
        self._session = Session()
        while not self._session.ready:
            self._read()
        for piece in self._session.greet_browser():
            assert piece.to is Side.BROWSER
        self._say(browser_handshake() + set_pixel_format() + set_encodings())
        return self

    def look(self, incremental: int) -> None:
        """Ask for an update, and take it."""
        self.told = 0
        self._ask(incremental)
        if not incremental:
            self._ask(1)  # the first answer says only how large the screen is

    def _ask(self, incremental: int) -> None:
        self._say(request(incremental, 0, 0, _WIDTH, _HEIGHT))
        while not self._read():
            pass

    def _say(self, data: bytes) -> None:
        for piece in self._session.from_browser(data):
            if piece.to is Side.WINDOW:
                self._socket.sendall(piece.data)

    def _read(self) -> bool:
        """Whether an update has ended."""
        ended = False
        for piece in self._session.from_window(self._socket.recv(256 * 1024)):
            if piece.to is Side.WINDOW:
                self._socket.sendall(piece.data)
            else:
                self.told += len(piece.data)
                ended = ended or piece.data == _END
        return ended
