"""From the browser passes: its form of pixels, requests, keys, pointer, size. Nothing else, and nothing as it came."""

from __future__ import annotations

import struct

import pytest

from hub.door.rfb.from_browser import MAX_ENCODINGS
from hub.door.rfb.screen import MAX_SIDE
from hub.door.rfb.session import Session
from tests.unit.door.rfb.streams import (
    HEIGHT,
    NOVNCS_ENCODINGS,
    WIDTH,
    Heard,
    asked,
    browser_handshake,
    key,
    opened,
    pointer,
    request,
    set_desktop_size,
    set_encodings,
    set_pixel_format,
    size,
    update,
    window_handshake,
)


def said(*messages: bytes) -> Heard:
    """What comes of a browser's messages, behind the handshakes."""
    session, heard = opened()
    heard.take(session.from_browser(b"".join(messages)))
    return heard


def greeted(answer: bytes) -> Heard:
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake()))
    heard = Heard()
    heard.take(session.greet_browser())
    heard.take(session.from_browser(answer))
    return heard


def test_the_door_shakes_hands_under_its_own_name_and_in_its_own_format() -> None:
    heard = greeted(browser_handshake())
    own = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
    assert heard == Heard(
        browser=b"RFB 003.008\n"
        + b"\x01\x01"
        + b"\0\0\0\0"
        + struct.pack(">HH", WIDTH, HEIGHT)
        + own
        + struct.pack(">I", 10)
        + b"Lockedroom"
    )


@pytest.mark.parametrize(
    "answer",
    [b"RFB 003.003\n", b"GET / HTTP/1", b"RFB 003.008\n\x02", b"RFB 003.008\n\x10", b"RFB 003.008\n\x01\x02"],
)
def test_another_handshake_is_refused(answer: bytes) -> None:
    heard = greeted(answer)
    assert heard.refused is not None
    assert heard.window == b""


def test_the_browsers_format_is_the_doors_and_the_window_does_not_hear_of_it() -> None:
    assert said(set_pixel_format()) == Heard()
    padded = set_pixel_format()[:-3] + b"\1\2\3"
    assert said(padded) == Heard()


@pytest.mark.parametrize("place", range(13))
def test_another_format_is_refused(place: int) -> None:
    other = bytearray(set_pixel_format())
    other[4 + place] ^= 0x10
    assert said(bytes(other)).refused == "The browser wants pixels of another form."


def test_what_novnc_can_draw_is_enough_and_the_window_does_not_hear_of_it() -> None:
    assert said(set_encodings(*NOVNCS_ENCODINGS)) == Heard()


@pytest.mark.parametrize("missing", [7, -224, -239, -308])
def test_a_browser_that_cannot_draw_what_the_door_sends_is_refused(missing: int) -> None:
    heard = said(set_encodings(*(known for known in NOVNCS_ENCODINGS if known != missing)))
    assert heard.refused == "The browser cannot draw what the door sends."


@pytest.mark.parametrize(
    ("count", "passes"), [(MAX_ENCODINGS - 1, True), (MAX_ENCODINGS, True), (MAX_ENCODINGS + 1, False)]
)
def test_a_list_of_encodings_has_a_largest_length(count: int, passes: bool) -> None:
    listed = (*NOVNCS_ENCODINGS, *range(1000, 1000 + count - len(NOVNCS_ENCODINGS)))
    assert (said(set_encodings(*listed)).refused is None) is passes


def test_a_request_passes_within_the_screen() -> None:
    assert said(request(0)).window == request(0)
    assert said(request(1, 5, 6, 7, 8)).window == request(1, 5, 6, 7, 8)
    assert said(request(1, 0, 0, WIDTH + 1, HEIGHT + 1)).window == request(1)
    assert said(request(1, 65535, 65535, 65535, 65535)).window == request(1, WIDTH - 1, HEIGHT - 1, 1, 1)
    assert said(request(2)).refused is not None


@pytest.mark.parametrize(
    ("keysym", "passes"),
    [
        (0, False),
        (0x1F, False),
        (0x20, True),
        (0x61, True),
        (0xFF0D, True),
        (0xFFFF, True),
        (0x10000, False),
        (0x0100_0000, True),
        (0x0110_FFFF, True),
        (0x0111_0000, False),
        (0x1008_FF11, True),
        (0x2000_0000, False),
        (0xFFFF_FFFF, False),
    ],
)
def test_a_key_has_a_symbol_that_there_is(keysym: int, passes: bool) -> None:
    heard = said(key(keysym, 1), key(keysym, 0))
    assert heard.window == (key(keysym, 1) + key(keysym, 0) if passes else b"")
    assert (heard.refused is None) is passes


def test_a_key_goes_down_or_up_and_its_padding_does_not_pass() -> None:
    assert said(b"\x04\x01\xde\xad\0\0\0a").window == b"\x04\x01\0\0\0\0\0a"
    assert said(key(down=2)).refused is not None


def test_a_pointer_passes_with_seven_buttons() -> None:
    assert said(pointer(0x7F, 1, 2)).window == pointer(0x7F, 1, 2)
    assert said(pointer(0x80, 1, 2)).window == pointer(0, 1, 2)


def test_a_size_passes_once_the_window_can_be_resized() -> None:
    assert said(set_desktop_size()).refused is not None
    session, heard = asked()
    heard.take(session.from_window(update(size())))
    heard.take(session.from_browser(set_desktop_size(50, 20, screen=9, flags=9)))
    assert heard.window == set_desktop_size(50, 20, screen=77, flags=5)


@pytest.mark.parametrize(
    ("width", "height", "passes"),
    [
        (0, 1, False),
        (1, 1, True),
        (MAX_SIDE, 1, True),
        (MAX_SIDE + 1, 1, False),
        (8192, 4320, True),
        (8192, 4321, False),
    ],
)
def test_a_size_that_is_asked_for_has_bounds(width: int, height: int, passes: bool) -> None:
    session, heard = asked()
    heard.take(session.from_window(update(size())))
    heard.take(session.from_browser(set_desktop_size(width, height)))
    assert (heard.refused is None) is passes
    assert (heard.window != b"") is passes


@pytest.mark.parametrize(
    "wrong",
    [
        struct.pack(">BxHHBx", 251, 50, 20, 0),
        struct.pack(">BxHHBx", 251, 50, 20, 2) + struct.pack(">IHHHHI", 0, 0, 0, 50, 20, 0) * 2,
        struct.pack(">BxHHBx", 251, 50, 20, 1) + struct.pack(">IHHHHI", 0, 1, 0, 50, 20, 0),
        struct.pack(">BxHHBx", 251, 50, 20, 1) + struct.pack(">IHHHHI", 0, 0, 0, 50, 21, 0),
    ],
    ids=["no screen", "two", "beside", "larger"],
)
def test_a_size_is_of_one_screen_that_fills_it(wrong: bytes) -> None:
    session, heard = asked()
    heard.take(session.from_window(update(size())))
    heard.take(session.from_browser(wrong))
    assert heard.refused is not None
    assert heard.window == b""


def test_every_other_message_is_refused_and_nothing_of_it_passes() -> None:
    for kind in set(range(256)) - {0, 2, 3, 4, 5, 251}:
        heard = said(bytes([kind]) + b"SECRET" * 100)
        assert heard.refused is not None, kind
        assert heard == Heard(refused=heard.refused)


@pytest.mark.parametrize("length", [6, -10])
def test_cut_text_ends_the_connection_with_its_reason(length: int) -> None:
    heard = said(key(), b"\x06\0\0\0" + struct.pack(">i", length) + b"SECRET" * 2)
    assert heard == Heard(window=key(), refused="The browser sent cut text, which does not pass the door.")
