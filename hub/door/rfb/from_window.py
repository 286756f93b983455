"""What the window says, as the door's client: the handshake, then updates and nothing else."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from hub.door.rfb import pixels, wire
from hub.door.rfb.screen import MAX_CURSOR_SIDE, Screen
from hub.door.rfb.steps import Piece, Refused, Side, Steps, take

MAX_NAME = 256
MAX_SCREENS = 16
# Dropped, and yet each takes the door's time; so many between two requests of the browser.
MAX_BELLS = 1000
# Parts of an update may overlap a little: a pointer is drawn over what lies below it.
_SCREENFULS = 2
# What the door announces, since it learns only on the way how many there are. The last one says that it is the last:
# a browser counts down, and takes what is more than announced for the next message.
_ANNOUNCED = 0xFFFF
MAX_RECTANGLES = _ANNOUNCED - 1
_HEAD = struct.pack(">BxH", wire.FRAMEBUFFER_UPDATE, _ANNOUNCED)
_END = wire.RECTANGLE.pack(0, 0, 0, 0, wire.LAST_RECT)
_REASONS = range(3)
_STATUSES = range(4)
_ASKED_BY_THIS_CLIENT = 1

_REFUSALS = {
    1: "The window sent a colour map, which does not pass the door.",
    wire.SERVER_CUT_TEXT: "The window sent cut text, which does not pass the door.",
}


@dataclass
class _Written:
    """Counts the rectangles of one update as the browser does, whatever number the window named."""

    count: int = 0

    def rectangle(self, data: bytes) -> Piece:
        """One more, for the browser. Raises :class:`Refused`."""
        self.count += 1
        if self.count > MAX_RECTANGLES:
            raise Refused("The window drew in more pieces than one picture may have.")
        return Piece(Side.BROWSER, data)


def conversation(screen: Screen) -> Steps:
    """All that the window says, from its first byte on. Ends only with :class:`Refused`."""
    yield from _handshake(screen)
    painter = pixels.Painter()
    while True:
        (kind,) = yield from take(1)
        if kind == wire.FRAMEBUFFER_UPDATE:
            yield from _update(screen, painter)
        elif kind == wire.BELL:
            screen.bells += 1
            if screen.bells > MAX_BELLS:
                raise Refused("The window rings without end.")
        else:
            raise Refused(_REFUSALS.get(kind, "The window sent a message that does not pass the door."))


def _handshake(screen: Screen) -> Steps:
    if (yield from take(len(wire.VERSION))) != wire.VERSION:
        raise Refused("The window does not speak RFB 3.8.")
    yield Piece(Side.WINDOW, wire.VERSION)
    (count,) = yield from take(1)
    if wire.NO_AUTHENTICATION not in (yield from take(count)):
        raise Refused("The window does not let the door in.")
    yield Piece(Side.WINDOW, bytes([wire.NO_AUTHENTICATION]))
    if (yield from take(4)) != wire.OK:
        raise Refused("The window does not let the door in.")
    yield Piece(Side.WINDOW, b"\0")  # nobody else looks through this window
    width, height, name = struct.unpack(">HH16xI", (yield from take(24)))
    if name > MAX_NAME:
        raise Refused("The window announced a name that is too long.")
    yield from take(name)
    screen.resize(width, height)
    yield Piece(Side.WINDOW, wire.set_pixel_format(wire.WINDOWS_FORMAT))
    yield Piece(Side.WINDOW, wire.set_encodings(wire.WINDOWS_ENCODINGS))


def _update(screen: Screen, painter: pixels.Painter) -> Steps:
    (count,) = struct.unpack(">xH", (yield from take(3)))
    if screen.asked == 0:
        raise Refused("The window sent a picture that nobody had asked for.")
    screen.asked -= 1
    yield Piece(Side.BROWSER, _HEAD)
    written = _Written()
    largest, drawn = 0, 0
    for _ in range(count):
        x, y, width, height, encoding = wire.RECTANGLE.unpack((yield from take(wire.RECTANGLE.size)))
        largest = max(largest, screen.width * screen.height)
        if encoding == wire.RAW:
            drawn += width * height
            if not screen.holds(x, y, width, height) or drawn > _SCREENFULS * largest:
                raise Refused("The window drew beside its screen, or more than the screen holds.")
            yield from _raw(written, painter, x, y, width, height)
        elif encoding == wire.CURSOR:
            yield from _cursor(written, x, y, width, height)
        elif encoding == wire.EXTENDED_DESKTOP_SIZE:
            yield from _size(written, screen, x, y, width, height)
        else:
            raise Refused("The window sent a picture in an encoding that does not pass the door.")
    yield Piece(Side.BROWSER, _END)


def _raw(written: _Written, painter: pixels.Painter, x: int, y: int, width: int, height: int) -> Steps:
    at_once = max(1, pixels.BAND // width)
    for top in range(0, height, at_once):
        rows = min(at_once, height - top)
        colours = yield from take(width * rows * wire.BYTES_PER_PIXEL)
        yield written.rectangle(painter.rectangle(x, y + top, width, rows, colours))


def _cursor(written: _Written, x: int, y: int, width: int, height: int) -> Steps:
    fits = width <= MAX_CURSOR_SIDE and height <= MAX_CURSOR_SIDE
    if not fits or x >= max(width, 1) or y >= max(height, 1):
        raise Refused("The window sent a pointer that is too large, or points beside itself.")
    colours = yield from take(width * height * wire.BYTES_PER_PIXEL)
    mask = yield from take((width + 7) // 8 * height)
    yield written.rectangle(pixels.cursor(x, y, width, height, colours, mask))


def _size(written: _Written, screen: Screen, reason: int, status: int, width: int, height: int) -> Steps:
    (count,) = struct.unpack(">B3x", (yield from take(4)))
    if reason not in _REASONS or status not in _STATUSES or not 1 <= count <= MAX_SCREENS:
        raise Refused("The window announced a size that the door does not understand.")
    (first, *_) = wire.SCREEN.iter_unpack((yield from take(count * wire.SCREEN.size)))
    before = screen.width, screen.height
    screen.resize(width, height)
    if status != 0:
        if reason != _ASKED_BY_THIS_CLIENT:
            raise Refused("The window announced a size that the door does not understand.")
        screen.resize(*before)  # the size that was asked for and not given
    screen.id, _, _, _, _, screen.flags = first
    screen.can_resize = True
    rectangle = wire.RECTANGLE.pack(reason, status, width, height, wire.EXTENDED_DESKTOP_SIZE)
    one_screen = struct.pack(">B3x", 1) + wire.SCREEN.pack(0, 0, 0, width, height, 0)
    yield written.rectangle(rectangle + one_screen)
