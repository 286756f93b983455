"""A viewer for tests: RFB 3.8 without encodings but raw, as the door speaks to a window; RFC 6143."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

_RAW, _EXTENDED_SIZE = 0, -308
_BYTES_A_PIXEL = 4
KEYS = {
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Tab": 0xFF09,
    "Shift": 0xFFE1,
    "Control": 0xFFE3,
    "Alt": 0xFFE9,
    "F5": 0xFFC2,
    "F11": 0xFFC8,
    "F12": 0xFFC9,
}


class Viewer:
    """A connection to one window, and its last known picture: rows of blue, green, red, nothing."""

    def __init__(self, rfb_socket: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        # A socket's path is short; the folder of a test's is not.
        folder = os.open(rfb_socket.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            self._socket.connect(f"/proc/self/fd/{folder}/{rfb_socket.name}")
        finally:
            os.close(folder)
        self.clipboards: list[bytes] = []
        self._drawn = False
        self._begin()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _begin(self) -> None:
        assert self._take(12) == b"RFB 003.008\n"
        self._socket.sendall(b"RFB 003.008\n")
        kinds = self._take(self._take(1)[0])
        assert kinds == b"\x01", "no other than security type None"
        self._socket.sendall(b"\x01")
        assert self._take(4) == bytes(4)
        self._socket.sendall(b"\x01")
        self.width, self.height = struct.unpack(">HH", self._take(4))
        self._take(16)
        self.name = self._take(struct.unpack(">I", self._take(4))[0])
        pixel_format = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
        self._socket.sendall(b"\x00\x00\x00\x00" + pixel_format)
        self._socket.sendall(struct.pack(">BxH2i", 2, 2, _RAW, _EXTENDED_SIZE))
        self.picture = bytearray(self.width * self.height * _BYTES_A_PIXEL)

    def look(self) -> bytes:
        """The whole picture as it is now."""
        self._drawn, only_changes = False, 0
        while not self._drawn:  # the first update tells the size of the screen and draws nothing yet
            self._socket.sendall(struct.pack(">BBHHHH", 3, only_changes, 0, 0, self.width, self.height))
            while not self._message():
                pass
            only_changes = 1
        return bytes(self.picture)

    def look_until(self, seen: Callable[[Viewer], bool], within_s: float = 20) -> None:
        """Look again and again until the picture is as wanted."""
        deadline = time.monotonic() + within_s
        while True:
            self.look()
            if seen(self):
                return
            assert time.monotonic() < deadline, "the picture did not come"
            time.sleep(0.1)

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        """(red, green, blue) of the last picture."""
        at = (y * self.width + x) * _BYTES_A_PIXEL
        blue, green, red = self.picture[at : at + 3]
        return red, green, blue

    def share(self, colour: tuple[int, int, int]) -> float:
        """Which share of the last picture has exactly this colour."""
        wanted = bytes(reversed(colour))
        pixels = memoryview(self.picture).cast("I")
        value = int.from_bytes(wanted, "little")
        return sum(1 for one in pixels if one & 0xFFFFFF == value) / len(pixels)

    def type(self, text: str) -> None:
        """Press and let go of the keys of a text, one after another."""
        for character in text:
            self.press("Return" if character == "\n" else character)

    def press(self, *keys: str) -> None:
        """A combination, as in ``press("Control", "p")``."""
        symbols = [KEYS[key] if key in KEYS else ord(key) for key in keys]
        for down, order in ((1, symbols), (0, reversed(symbols))):
            for symbol in order:
                self._socket.sendall(struct.pack(">BBxxI", 4, down, symbol))
        time.sleep(0.02)

    def click(self, x: int, y: int) -> None:
        """The first button of the mouse."""
        for buttons in (0, 1, 0):
            self._socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))
            time.sleep(0.05)

    def resize(self, width: int, height: int) -> None:
        """Ask for a screen of another size (SetDesktopSize of the RFB community's protocol)."""
        screen = struct.pack(">IHHHHI", 0, 0, 0, width, height, 0)
        self._socket.sendall(struct.pack(">BxHHBx", 251, width, height, 1) + screen)

    def paste(self, text: bytes) -> None:
        """Cut text, which no door would pass."""
        self._socket.sendall(struct.pack(">BxxxI", 6, len(text)) + text)

    def save(self, path: Path) -> None:
        """The last picture as a PNG file."""
        rows = bytearray()
        for y in range(self.height):
            row = self.picture[y * self.width * 4 : (y + 1) * self.width * 4]
            colours = bytearray(self.width * 3)
            colours[0::3], colours[1::3], colours[2::3] = row[2::4], row[1::4], row[0::4]
            rows += b"\x00" + colours
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            out.write(b"\x89PNG\r\n\x1a\n")
            for kind, data in chunks:
                out.write(struct.pack(">I", len(data)) + kind + data)
                out.write(struct.pack(">I", zlib.crc32(kind + data)))

    def _message(self) -> bool:
        """Take one message; whether it was a picture."""
        kind = self._take(1)[0]
        if kind == 0:
            _, count = struct.unpack(">BH", self._take(3))
            for _ in range(count):
                self._rectangle()
            return True
        if kind == 3:
            (length,) = struct.unpack(">3xI", self._take(7))
            self.clipboards.append(self._take(length))
        elif kind != 2:
            raise AssertionError(f"a message that nobody asked for: {kind}")
        return False

    def _rectangle(self) -> None:
        x, y, width, height, encoding = struct.unpack(">HHHHi", self._take(12))
        if encoding == _EXTENDED_SIZE:
            self._take(3 + 16 * self._take(1)[0])
            if (width, height) != (self.width, self.height):
                self.width, self.height = width, height
                self.picture = bytearray(width * height * _BYTES_A_PIXEL)
            return
        assert encoding == _RAW, encoding
        self._drawn = True
        data = self._take(width * height * _BYTES_A_PIXEL)
        for row in range(height):
            at = ((y + row) * self.width + x) * _BYTES_A_PIXEL
            line = data[row * width * _BYTES_A_PIXEL : (row + 1) * width * _BYTES_A_PIXEL]
            self.picture[at : at + len(line)] = line

    def _take(self, count: int) -> bytes:
        taken = bytearray()
        while len(taken) < count:
            block = self._socket.recv(min(1 << 20, count - len(taken)))
            assert block, "the window closed the connection"
            taken += block
        return bytes(taken)


@contextlib.contextmanager
def viewing(rfb_socket: Path, within_s: float = 30) -> Iterator[Viewer]:
    """A viewer, as soon as somebody answers at the socket."""
    deadline = time.monotonic() + within_s
    while True:
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(rfb_socket.lstat().st_mode):
                viewer = Viewer(rfb_socket)
                break
        assert time.monotonic() < deadline, "no window answers"
        time.sleep(0.05)
    with viewer:
        yield viewer
