"""The two sides of RFB written by hand for the tests, and what a browser makes of what it is sent."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.door.rfb.session import Session
from hub.door.rfb.steps import Piece, Refused, Side

WIDTH, HEIGHT = 24, 15
VERSION = b"RFB 003.008\n"
TIGHT, LAST_RECT, CURSOR, SIZE = 7, -224, -239, -308
# As Xvnc and noVNC write them.
WINDOWS_FORMAT = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
NOVNCS_FORMAT = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
NOVNCS_ENCODINGS = (
    *(1, 7, -260, 16, 21, 5, 2, 6, 0, -26, -254, -223, -224, -258, -261, -308, -309, -312, -313, -307),
    *(-0x3F5E1A32, -316, 0x574D5664, -239),
)


def server_init(width: int = WIDTH, height: int = HEIGHT, name: bytes = b"x11") -> bytes:
    return struct.pack(">HH", width, height) + WINDOWS_FORMAT + struct.pack(">I", len(name)) + name


def window_handshake(init: bytes | None = None) -> bytes:
    """All that a window says before its first message."""
    return VERSION + b"\x01\x01" + b"\0\0\0\0" + (server_init() if init is None else init)


def update(*rectangles: bytes, count: int | None = None) -> bytes:
    return struct.pack(">BxH", 0, len(rectangles) if count is None else count) + b"".join(rectangles)


def rectangle(x: int, y: int, width: int, height: int, encoding: int, data: bytes = b"") -> bytes:
    return struct.pack(">HHHHi", x, y, width, height, encoding) + data


def raw(x: int, y: int, width: int, height: int, pixel: bytes = b"\x01\x02\x03\xff") -> bytes:
    """A rectangle of one colour: blue, green, red, and a byte that nobody sees."""
    return rectangle(x, y, width, height, 0, pixel * (width * height))


def cursor(x: int = 1, y: int = 2, width: int = 10, height: int = 4, mask: bytes | None = None) -> bytes:
    bits = b"\xff" * ((width + 7) // 8 * height) if mask is None else mask
    return rectangle(x, y, width, height, CURSOR, b"\x0a\x0b\x0c\x0d" * (width * height) + bits)


def size(
    width: int = WIDTH, height: int = HEIGHT, *, reason: int = 0, status: int = 0, screens: int = 1
) -> bytes:
    """The window's screen is called 77 and has the flags 5."""
    one = struct.pack(">IHHHHI", 77, 0, 0, width, height, 5)
    return rectangle(reason, status, width, height, SIZE, struct.pack(">B3x", screens) + one * screens)


def browser_handshake() -> bytes:
    """All that a browser says before its first message."""
    return VERSION + b"\x01" + b"\x01"


def set_pixel_format(pixel_format: bytes = NOVNCS_FORMAT) -> bytes:
    return b"\0\0\0\0" + pixel_format


def set_encodings(*encodings: int) -> bytes:
    listed = encodings or NOVNCS_ENCODINGS
    return struct.pack(f">BxH{len(listed)}i", 2, len(listed), *listed)


def request(incremental: int = 1, x: int = 0, y: int = 0, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return struct.pack(">BBHHHH", 3, incremental, x, y, width, height)


def key(keysym: int = 0x61, down: int = 1) -> bytes:
    return struct.pack(">BBHI", 4, down, 0, keysym)


def pointer(buttons: int = 1, x: int = 5, y: int = 6) -> bytes:
    return struct.pack(">BBHH", 5, buttons, x, y)


def set_desktop_size(width: int = 50, height: int = 20, *, screen: int = 0, flags: int = 0) -> bytes:
    one = struct.pack(">IHHHHI", screen, 0, 0, width, height, flags)
    return struct.pack(">BxHHBx", 251, width, height, 1) + one


@dataclass
class Heard:
    """What came out of a session, for either side, and the sentence it ended with."""

    window: bytes = b""
    browser: bytes = b""
    refused: str | None = None

    def take(self, pieces: Iterator[Piece]) -> None:
        said: dict[Side, list[bytes]] = {side: [] for side in Side}
        try:
            for piece in pieces:
                said[piece.to].append(piece.data)
        except Refused as refused:
            self.refused = str(refused)
        self.window += b"".join(said[Side.WINDOW])
        self.browser += b"".join(said[Side.BROWSER])


def opened() -> tuple[Session, Heard]:
    """A session behind both handshakes, to which the browser has said how it draws; what was said is forgotten."""
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake()))
    heard.take(session.greet_browser())
    heard.take(session.from_browser(browser_handshake() + set_pixel_format() + set_encodings()))
    assert heard.refused is None
    return session, Heard()


def asked() -> tuple[Session, Heard]:
    """The same, and the browser waits for an update."""
    session, heard = opened()
    heard.take(session.from_browser(request()))
    return session, Heard()


@dataclass
class Drawn:
    """A browser's picture: reads updates as they leave the door, and nothing else. Colours are red, green, blue.

    Counts rectangles as noVNC does: an update is over with the last of as many as were announced, or with the one
    that says it is the last.
    """

    width: int = WIDTH
    height: int = HEIGHT
    picture: dict[tuple[int, int], bytes] = field(default_factory=dict)
    cursors: list[bytes] = field(default_factory=list)
    sizes: list[tuple[int, int, int, int]] = field(default_factory=list)
    updates: int = 0
    _left: bytes = b""
    _inflate: zlib._Decompress = field(default_factory=zlib.decompressobj)

    def take(self, data: bytes) -> None:
        """Draw whole updates; what is cut off waits."""
        self._left += data
        while self._left:
            at = 4
            if len(self._left) < at:
                return
            assert self._left[:4] == b"\0\0\xff\xff"
            rectangles = []
            while len(rectangles) < 0xFFFF:
                if len(self._left) < at + 12:
                    return
                head = struct.unpack(">HHHHi", self._left[at : at + 12])
                at += 12
                if head[4] == LAST_RECT:
                    break
                length = self._length(head, at)
                if length is None or len(self._left) < at + length:
                    return
                rectangles.append((head, self._left[at : at + length]))
                at += length
            self._left = self._left[at:]
            for head, body in rectangles:
                self._draw(head, body)
            self.updates += 1

    def _length(self, head: tuple[int, ...], at: int) -> int | None:
        _, _, width, height, encoding = head
        if encoding == CURSOR:
            return width * height * 4 + (width + 7) // 8 * height
        if encoding == SIZE:
            return 4 + 16
        assert encoding == TIGHT, encoding
        if width * height * 3 < 12:
            return 1 + width * height * 3
        found = self._compact(at + 1)
        return None if found is None else 1 + found[1] + found[0]

    def _compact(self, at: int) -> tuple[int, int] | None:
        """(the length written at ``at``, how many bytes it takes)."""
        length = 0
        for place, bits in enumerate((7, 7, 8)):
            if at + place >= len(self._left):
                return None
            byte = self._left[at + place]
            length |= (byte & (0xFF if bits == 8 else 0x7F)) << 7 * place
            if bits == 8 or not byte & 0x80:
                return length, place + 1
        raise AssertionError

    def _draw(self, head: tuple[int, ...], body: bytes) -> None:
        x, y, width, height, encoding = head
        if encoding == CURSOR:
            self.cursors.append(body)
            return
        if encoding == SIZE:
            self.sizes.append((x, y, width, height))
            if y == 0:
                self.width, self.height = width, height
            return
        assert body[0] == 0
        colours = body[1:]
        if len(colours) != width * height * 3 or len(colours) >= 12:
            packed = body[1:]
            places = next(n for n in range(3) if n == 2 or not packed[n] & 0x80) + 1
            colours = self._inflate.decompress(packed[places:])
        assert len(colours) == width * height * 3
        assert x + width <= self.width
        assert y + height <= self.height
        for row in range(height):
            for column in range(width):
                at = 3 * (row * width + column)
                self.picture[x + column, y + row] = colours[at : at + 3]
