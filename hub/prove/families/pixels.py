"""Whatever a window says through the door for pixels, only pictures come out at the browser; and back, only input."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hub.door.rfb import wire
from hub.door.rfb.session import Session
from hub.door.rfb.steps import Refused, Side
from hub.prove.attempt import Attempt, Family, Judged, Judgement
from hub.prove.judges import held, not_held, unclear
from hub.prove.stage import CouldNotTry, Stage

_WIDTH, _HEIGHT = 64, 48
_MOST_NAME = 200
_SECRET = b"what lies in the clipboard of the room"


@dataclass(frozen=True)
class _Carried:
    """How many attempts were made, those that were not refused, and those of which something came out."""

    made: int
    not_refused: tuple[str, ...]
    came_out: tuple[str, ...]


def _judge(seen: object) -> Judgement:
    if not isinstance(seen, _Carried) or seen.made == 0:
        return unclear(seen)
    if seen.came_out:
        return not_held(f"it came out on the other side: {', '.join(seen.came_out[:3])}")
    if seen.not_refused:
        return not_held(f"the door went on: {', '.join(seen.not_refused[:3])}")
    return held(f"nothing came out, tried {seen.made} times")


def _window_begins(name: bytes = b"room") -> bytes:
    """All that a window says before its first message."""
    init = struct.pack(">HH", _WIDTH, _HEIGHT) + wire.WINDOWS_FORMAT + struct.pack(">I", len(name)) + name
    return wire.VERSION + bytes([1, wire.NO_AUTHENTICATION]) + wire.OK + init


def _browser_begins() -> bytes:
    """All that a browser says before its first message, and that it waits for a picture."""
    chosen = wire.set_pixel_format(wire.BROWSERS_FORMAT) + wire.set_encodings(tuple(wire.BROWSERS_ENCODINGS))
    asked = struct.pack(">BBHHHH", wire.FRAMEBUFFER_UPDATE_REQUEST, 0, 0, 0, _WIDTH, _HEIGHT)
    return wire.VERSION + bytes([wire.NO_AUTHENTICATION, 1]) + chosen + asked


def _opened() -> Session:
    session = Session()
    try:
        for pieces in (
            session.from_window(_window_begins()),
            session.greet_browser(),
            session.from_browser(_browser_begins()),
        ):
            for _ in pieces:
                continue
    except Refused as refused:
        raise CouldNotTry(f"the door refuses a window that behaves: {refused}") from None
    return session


def _heard(side: Side, message: bytes) -> tuple[bytes, bool]:
    """What the other side hears of a message, and whether the door ended the conversation for it."""
    session = _opened()
    heard = b""
    try:
        for piece in session.from_window(message) if side is Side.WINDOW else session.from_browser(message):
            heard += piece.data if piece.to is not side else b""
    except Refused:
        return heard, True
    return heard, False


def _said(side: Side, messages: Iterable[tuple[str, bytes]]) -> Callable[[Stage], object]:
    """Say each message in a conversation of its own, and see what the other side hears."""

    def act(stage: Stage) -> _Carried:
        not_refused, came_out = [], []
        listed = list(messages)
        for what, message in listed:
            heard, refused = _heard(side, message)
            if not refused:
                not_refused.append(what)
            if _SECRET in heard:
                came_out.append(what)
        return _Carried(len(listed), tuple(not_refused), tuple(came_out))

    return act


def _update(*rectangles: bytes) -> bytes:
    return struct.pack(">BxH", wire.FRAMEBUFFER_UPDATE, len(rectangles)) + b"".join(rectangles)


def _rectangle(x: int, y: int, width: int, height: int, encoding: int, data: bytes = b"") -> bytes:
    return wire.RECTANGLE.pack(x, y, width, height, encoding) + data


def _cut_text(kind: int) -> list[tuple[str, bytes]]:
    plain = struct.pack(">B3xi", kind, len(_SECRET)) + _SECRET
    extended = struct.pack(">B3xi", kind, -len(_SECRET)) + _SECRET
    return [("cut text", plain), ("extended cut text", extended)]


def _padded(kind: int) -> bytes:
    return bytes([kind]) + _SECRET + bytes(64)


_KNOWN_OF_WINDOW = {wire.FRAMEBUFFER_UPDATE, wire.BELL}
_KNOWN_OF_BROWSER = {
    wire.SET_PIXEL_FORMAT,
    wire.SET_ENCODINGS,
    wire.FRAMEBUFFER_UPDATE_REQUEST,
    wire.KEY_EVENT,
    wire.POINTER_EVENT,
    wire.SET_DESKTOP_SIZE,
}
_ENCODINGS = [n for n in (*range(1, 50), *range(-320, 0)) if n not in wire.WINDOWS_ENCODINGS]


def _long_names(stage: Stage) -> _Carried:
    not_refused = []
    lengths = (1 << 10, 1 << 20)
    for length in lengths:
        session = Session()
        try:
            for _ in session.from_window(_window_begins(_SECRET * (length // len(_SECRET) + 1))):
                continue
            not_refused.append(f"{length} bytes")
        except Refused:
            continue
    return _Carried(len(lengths), tuple(not_refused), ())


def _name_of_window(stage: Stage) -> _Carried:
    """A name of a length that passes is not carried on: the browser hears another."""
    session = Session()
    heard = b""
    try:
        for _ in session.from_window(_window_begins(_SECRET[:_MOST_NAME])):
            continue
        for piece in (*session.greet_browser(), *session.from_browser(_browser_begins())):
            heard += piece.data if piece.to is Side.BROWSER else b""
    except Refused as refused:
        raise CouldNotTry(f"the door refuses a window that behaves: {refused}") from None
    return _Carried(1, (), ("the window's name",) if _SECRET[:_MOST_NAME] in heard else ())


def _attempt(name: str, tried: str, act: Callable[[Stage], object]) -> Attempt:
    return Attempt(name, tried, act, _judge, Judged.OUTSIDE)


FAMILY = Family(
    "pixels",
    "Whatever a window says through the door for pixels, only pictures come out at the browser; and back, only input.",
    (
        _attempt(
            "clipboard of the window",
            "Send the room's clipboard to the browser, in the plain and in the extended form.",
            _said(Side.WINDOW, _cut_text(wire.SERVER_CUT_TEXT)),
        ),
        _attempt(
            "clipboard of the browser",
            "Send the person's clipboard into the room, in the plain and in the extended form.",
            _said(Side.BROWSER, _cut_text(wire.CLIENT_CUT_TEXT)),
        ),
        _attempt(
            "other messages of the window",
            "Send each message that is not a picture or a bell.",
            _said(
                Side.WINDOW,
                [(f"message {kind}", _padded(kind)) for kind in range(256) if kind not in _KNOWN_OF_WINDOW],
            ),
        ),
        _attempt(
            "other messages of the browser",
            "Send each message that is not input or a question for a picture.",
            _said(
                Side.BROWSER,
                [(f"message {kind}", _padded(kind)) for kind in range(256) if kind not in _KNOWN_OF_BROWSER],
            ),
        ),
        _attempt(
            "other encodings",
            "Send pictures in encodings that carry more than pixels, or that nobody reads with care.",
            _said(
                Side.WINDOW,
                [
                    (f"encoding {number}", _update(_rectangle(0, 0, 8, 8, number, _SECRET * 8)))
                    for number in _ENCODINGS
                ],
            ),
        ),
        _attempt(
            "pictures beside the screen",
            "Draw beyond the screen, and more often than the screen has room for.",
            _said(
                Side.WINDOW,
                [
                    ("beside", _update(_rectangle(_WIDTH, 0, 1, 1, wire.RAW, bytes(4)))),
                    ("below", _update(_rectangle(0, _HEIGHT - 1, 1, 2, wire.RAW, bytes(8)))),
                    ("huge", _update(_rectangle(0, 0, 65535, 65535, wire.RAW, bytes(64)))),
                    (
                        "often",
                        _update(
                            *[_rectangle(0, 0, _WIDTH, _HEIGHT, wire.RAW, bytes(_WIDTH * _HEIGHT * 4))] * 3
                        ),
                    ),
                ],
            ),
        ),
        _attempt(
            "pictures that nobody asked for",
            "Send one picture more than the browser asked for.",
            _said(
                Side.WINDOW,
                [("two pictures", _update(_rectangle(0, 0, 1, 1, wire.RAW, bytes(4))) * 2)],
            ),
        ),
        _attempt("a name without end", "Announce a name of a megabyte.", _long_names),
        _attempt("a name that tells", "Call the window by what lies in its clipboard.", _name_of_window),
    ),
)
