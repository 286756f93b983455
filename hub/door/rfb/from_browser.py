"""What the browser says, as the door's other client: the handshake, then requests and input and nothing else."""

from __future__ import annotations

import struct

from hub.door.rfb import wire
from hub.door.rfb.screen import Screen, is_a_size
from hub.door.rfb.steps import Piece, Refused, Side, Steps, take

# What the browser is told instead of the name that the window has.
NAME = b"Lockedroom"
MAX_ENCODINGS = 64
_YES_OR_NO = (0, 1)
_SEVEN_BUTTONS = 0x7F
# Keysyms of X11: the named ones, those of keyboards' makers, and Unicode's characters.
_KEYSYMS = (range(0x20, 0x10000), range(0x1000_0000, 0x2000_0000), range(0x0100_0000, 0x0111_0000))
_NOT_UNDERSTOOD = "The browser sent a message that the door does not understand."


def conversation(screen: Screen) -> Steps:
    """All that the browser says; begun when the window's handshake is done. Ends only with :class:`Refused`."""
    yield from _handshake(screen)
    while True:
        (kind,) = yield from take(1)
        if kind == wire.SET_PIXEL_FORMAT:
            _, pixel_format = struct.unpack(">3s16s", (yield from take(19)))
            _check(
                pixel_format[:13] == wire.BROWSERS_FORMAT[:13], "The browser wants pixels of another form."
            )
        elif kind == wire.SET_ENCODINGS:
            yield from _encodings()
        elif kind == wire.FRAMEBUFFER_UPDATE_REQUEST:
            yield from _request(screen)
        elif kind == wire.KEY_EVENT:
            yield from _key()
        elif kind == wire.POINTER_EVENT:
            yield from _pointer()
        elif kind == wire.SET_DESKTOP_SIZE:
            yield from _size(screen)
        elif kind == wire.CLIENT_CUT_TEXT:
            raise Refused("The browser sent cut text, which does not pass the door.")
        else:
            raise Refused("The browser sent a message that does not pass the door.")


def _handshake(screen: Screen) -> Steps:
    yield Piece(Side.BROWSER, wire.VERSION)
    _check((yield from take(len(wire.VERSION))) == wire.VERSION, "The browser does not speak RFB 3.8.")
    yield Piece(Side.BROWSER, bytes([1, wire.NO_AUTHENTICATION]))
    (choice,) = yield from take(1)
    _check(choice == wire.NO_AUTHENTICATION)
    yield Piece(Side.BROWSER, wire.OK)
    (shared,) = yield from take(1)
    _check(shared in _YES_OR_NO)
    head = struct.pack(">HH", screen.width, screen.height) + wire.BROWSERS_FORMAT
    yield Piece(Side.BROWSER, head + struct.pack(">I", len(NAME)) + NAME)


def _encodings() -> Steps:
    (count,) = struct.unpack(">xH", (yield from take(3)))
    _check(count <= MAX_ENCODINGS)
    offered = struct.unpack(f">{count}i", (yield from take(4 * count)))
    # The window has been told already what it may send; here is only looked whether it can be drawn.
    _check(set(offered) >= wire.BROWSERS_ENCODINGS, "The browser cannot draw what the door sends.")


def _request(screen: Screen) -> Steps:
    incremental, x, y, width, height = struct.unpack(">BHHHH", (yield from take(9)))
    _check(incremental in _YES_OR_NO)
    # The window may have changed its size meanwhile: what lies beside it is cut off.
    left, top = min(x, screen.width - 1), min(y, screen.height - 1)
    width, height = min(width, screen.width - left), min(height, screen.height - top)
    screen.ask()
    request = (wire.FRAMEBUFFER_UPDATE_REQUEST, incremental, left, top, width, height)
    yield Piece(Side.WINDOW, struct.pack(">BBHHHH", *request))


def _key() -> Steps:
    down, keysym = struct.unpack(">BxxI", (yield from take(7)))
    _check(down in _YES_OR_NO and any(keysym in known for known in _KEYSYMS))
    yield Piece(Side.WINDOW, struct.pack(">BBxxI", wire.KEY_EVENT, down, keysym))


def _pointer() -> Steps:
    buttons, x, y = struct.unpack(">BHH", (yield from take(5)))
    yield Piece(Side.WINDOW, struct.pack(">BBHH", wire.POINTER_EVENT, buttons & _SEVEN_BUTTONS, x, y))


def _size(screen: Screen) -> Steps:
    width, height, count = struct.unpack(">xHHBx", (yield from take(7)))
    _check(count == 1 and screen.can_resize)
    _, x, y, screen_width, screen_height, _ = wire.SCREEN.unpack((yield from take(wire.SCREEN.size)))
    _check((x, y, screen_width, screen_height) == (0, 0, width, height))
    _check(is_a_size(width, height), "The browser asked for a screen of a size that there is not.")
    head = struct.pack(">BxHHBx", wire.SET_DESKTOP_SIZE, width, height, 1)
    yield Piece(Side.WINDOW, head + wire.SCREEN.pack(screen.id, 0, 0, width, height, screen.flags))


def _check(holds: bool, sentence: str = _NOT_UNDERSTOOD) -> None:
    if not holds:
        raise Refused(sentence)
