"""Whatever is changed in a stream, and however it is cut: what passes is built by the door, or nothing is.

The streams are read again behind the door by the strictest reader there is: one that knows only what may pass.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.door.rfb.session import Session
from tests.unit.door.rfb.streams import (
    HEIGHT,
    WIDTH,
    Drawn,
    Heard,
    browser_handshake,
    cursor,
    key,
    pointer,
    raw,
    request,
    set_desktop_size,
    set_encodings,
    set_pixel_format,
    size,
    update,
    window_handshake,
)

WINDOW = window_handshake() + b"".join(
    [
        update(size()),
        b"\x02",
        update(raw(0, 0, WIDTH, HEIGHT), raw(3, 4, 1, 2), cursor()),
        update(size(WIDTH + 8, HEIGHT, reason=1), raw(WIDTH, 0, 8, HEIGHT)),
        update(),
    ]
)
BROWSER = browser_handshake() + b"".join(
    [
        set_pixel_format(),
        set_encodings(),
        request(0),
        *(request(), request(), request()),
        *(key(), key(down=0), pointer(), set_desktop_size(WIDTH + 8, HEIGHT)),
    ]
)
# noVNC waits for the screen to be resizable before it asks for another size.
BEFORE_SIZE = len(window_handshake() + update(size()))
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(window: bytes, browser: bytes, cuts: Callable[[bytes], list[bytes]] = lambda data: [data]) -> Heard:
    """Both streams through one session: the window's handshake, then the browser's half, then the rest."""
    session, heard = Session(), Heard()
    early, late = window[:BEFORE_SIZE], window[BEFORE_SIZE:]
    shake = len(window_handshake())
    for part in cuts(early[:shake]):
        heard.take(session.from_window(part))
    if not session.ready:
        return heard
    heard.take(session.greet_browser())
    requests = len(browser) - len(set_desktop_size())
    for part in cuts(browser[:requests]):
        heard.take(session.from_browser(part))
    for part in cuts(early[shake:]):
        heard.take(session.from_window(part))
    for part in cuts(browser[requests:]):
        heard.take(session.from_browser(part))
    for part in cuts(late):
        heard.take(session.from_window(part))
    return heard


def in_single_bytes(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]


def read_by_the_strictest(heard: Heard) -> None:
    """Fails for a byte that the door has not built out of a listed message."""
    window = heard.window
    for shake in (b"RFB 003.008\n", b"\x01", b"\0"):
        if not window:
            break
        assert window.startswith(shake)
        window = window[len(shake) :]
    lengths = {0: 20, 2: 16, 3: 10, 4: 8, 5: 6, 251: 24}
    while window:
        length = lengths[window[0]]
        assert len(window) >= length
        message, window = window[:length], window[length:]
        if message[0] == 4:
            assert message[1] in {0, 1}
            assert message[2:4] == b"\0\0"
        if message[0] == 251:
            assert message[6:8] == b"\x01\0"

    browser = heard.browser
    for shake in (b"RFB 003.008\n", b"\x01\x01", bytes(4)):
        if not browser:
            return
        assert browser.startswith(shake)
        browser = browser[len(shake) :]
    if not browser:
        return
    assert browser[24:34] == b"Lockedroom"
    width, height = struct.unpack_from(">HH", browser)
    picture = Drawn(width, height)
    picture.take(browser[34:])
    assert all(colour == colour[:3] for colour in picture.picture.values())


def test_the_whole_streams_pass() -> None:
    heard = run(WINDOW, BROWSER)
    assert heard.refused is None
    read_by_the_strictest(heard)
    picture = Drawn()
    picture.take(heard.browser[len(b"RFB 003.008\n") + 2 + 4 + 34 :])
    assert picture.updates == 4
    assert picture.width == WIDTH + 8
    assert len(picture.picture) == (WIDTH + 8) * HEIGHT


def test_cut_at_every_byte_the_same_passes() -> None:
    assert run(WINDOW, BROWSER, in_single_bytes) == run(WINDOW, BROWSER)


@pytest.mark.parametrize("side", ["window", "browser"])
def test_cut_once_at_any_byte_the_same_passes(side: str) -> None:
    whole = run(WINDOW, BROWSER)
    stream = WINDOW if side == "window" else BROWSER
    for place in random.Random(4).sample(range(len(stream)), 60):

        def cut(data: bytes, place: int = place) -> list[bytes]:
            return [data[: place % max(1, len(data))], data[place % max(1, len(data)) :]]

        assert run(WINDOW, BROWSER, cut) == whole


@st.composite
def mutated(draw: st.DrawFn, stream: bytes) -> bytes:
    """A stream with some bytes changed, left out, put in, or swapped for a nasty number."""
    data = bytearray(stream)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["change", "leave out", "put in", "number", "cut off"])):
            case "change":
                data[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "leave out":
                del data[place : place + draw(st.integers(1, 40))]
            case "put in":
                data[place:place] = draw(st.binary(min_size=1, max_size=40))
            case "number":
                nasty = draw(
                    st.sampled_from([b"\xff\xff", b"\0\0", b"\xff\xff\xff\xff", b"\x80\0", b"\x7f\xff"])
                )
                data[place : place + len(nasty)] = nasty
            case "cut off":
                del data[place:]
    return bytes(data)


@quick
@given(window=mutated(WINDOW), browser=mutated(BROWSER))
def test_of_a_changed_stream_listed_messages_pass_or_none(window: bytes, browser: bytes) -> None:
    for streams in ((window, BROWSER), (WINDOW, browser), (window, browser)):
        read_by_the_strictest(run(*streams))


@quick
@given(window=mutated(WINDOW), browser=mutated(BROWSER))
def test_a_changed_stream_ends_at_the_same_place_however_it_is_cut(window: bytes, browser: bytes) -> None:
    assert run(window, browser, in_single_bytes) == run(window, browser)


@quick
@given(rest=st.binary(max_size=300), more=st.binary(max_size=50))
def test_after_a_refusal_nothing_passes_on_either_side(rest: bytes, more: bytes) -> None:
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake()))
    heard.take(session.greet_browser())
    heard.take(session.from_browser(browser_handshake() + request()))
    heard.take(session.from_window(update(raw(0, 0, 2, 2)) + b"\x03" + rest))
    assert heard.refused is not None
    before = Heard(heard.window, heard.browser, heard.refused)
    for _ in range(2):
        heard.take(session.from_window(update(raw(0, 0, 1, 1)) + more))
        heard.take(session.from_browser(key() + more))
    assert heard == before


@quick
@given(data=st.binary(max_size=400))
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    for window, browser in ((data, BROWSER), (window_handshake() + data, browser_handshake() + data)):
        read_by_the_strictest(run(window, browser))


def test_the_door_holds_no_more_than_one_step_asks_for() -> None:
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake()))
    heard.take(session.greet_browser())
    heard.take(session.from_browser(browser_handshake() + request()))
    most = 0
    stream = update(raw(0, 0, WIDTH, HEIGHT), raw(0, 0, WIDTH, HEIGHT))
    for byte in in_single_bytes(stream):
        heard.take(session.from_window(byte))
        most = max(most, len(session._window._held))
    assert heard.refused is None
    assert most < WIDTH * HEIGHT * 4
