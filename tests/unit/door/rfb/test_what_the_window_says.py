"""From the window passes: pixels, the pointer's picture, the screen's size. Nothing else, and nothing as it came."""

from __future__ import annotations

import struct

import pytest

from hub.door.rfb.from_window import MAX_BELLS, MAX_NAME, MAX_RECTANGLES, MAX_SCREENS
from hub.door.rfb.pixels import BAND
from hub.door.rfb.screen import MAX_AREA, MAX_CURSOR_SIDE, MAX_SIDE
from hub.door.rfb.session import Session
from tests.unit.door.rfb.streams import (
    CURSOR,
    HEIGHT,
    SIZE,
    WIDTH,
    Drawn,
    Heard,
    asked,
    cursor,
    opened,
    raw,
    rectangle,
    request,
    server_init,
    set_desktop_size,
    size,
    update,
    window_handshake,
)


def said(*messages: bytes) -> Heard:
    """What comes of messages to a browser that waits for one update."""
    session, heard = asked()
    heard.take(session.from_window(b"".join(messages)))
    return heard


def drawn(heard: Heard) -> Drawn:
    assert heard.refused is None
    picture = Drawn()
    picture.take(heard.browser)
    return picture


def test_the_door_shakes_hands_and_chooses_format_and_encodings_itself() -> None:
    session, heard = Session(), Heard()
    assert not session.ready
    heard.take(session.from_window(window_handshake()))
    assert session.ready
    assert heard.browser == b""
    chosen = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    assert heard.window == (
        b"RFB 003.008\n" + b"\x01" + b"\0" + b"\0\0\0\0" + chosen + struct.pack(">BxH3i", 2, 3, 0, -239, -308)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        b"RFB 003.003\n",
        b"RFB 004.001\n",
        b"HTTP/1.1 200",
        b"RFB 003.008\n\x00\x00\x00\x00\x05hello",
        b"RFB 003.008\n\x02\x02\x10",
        b"RFB 003.008\n\x01\x01\0\0\0\x01\0\0\0\x05hello",
    ],
    ids=["3.3", "4.1", "not RFB", "a reason instead of types", "passwords only", "a failure"],
)
def test_another_handshake_is_refused(wrong: bytes) -> None:
    session, heard = Session(), Heard()
    heard.take(session.from_window(wrong + bytes(100)))
    assert heard.refused is not None
    assert not session.ready
    assert b"hello" not in heard.window + heard.browser


@pytest.mark.parametrize(
    ("length", "passes"), [(MAX_NAME - 1, True), (MAX_NAME, True), (MAX_NAME + 1, False)]
)
def test_the_windows_name_is_bounded_and_never_passes(length: int, passes: bool) -> None:
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake(server_init(name=b"Z" * length))))
    assert (heard.refused is None) is passes
    if passes:
        heard.take(session.greet_browser())
        heard.take(session.from_browser(b"RFB 003.008\n\x01\x01"))
        assert heard.browser.endswith(b"\0\0\0\x0aLockedroom")
    assert b"Z" not in heard.window + heard.browser


def test_a_name_of_four_gigabytes_is_refused_at_its_length() -> None:
    session, heard = Session(), Heard()
    init = server_init()[:20] + b"\xff\xff\xff\xff"
    heard.take(session.from_window(window_handshake(init)))
    assert heard.refused == "The window announced a name that is too long."


SIZES = [
    (0, 1, False),
    (1, 0, False),
    (1, 1, True),
    (MAX_SIDE - 1, 1, True),
    (MAX_SIDE, 1, True),
    (MAX_SIDE + 1, 1, False),
    (1, MAX_SIDE, True),
    (1, MAX_SIDE + 1, False),
    (8192, 4319, True),
    (8192, 4320, True),
    (8192, 4321, False),
]


@pytest.mark.parametrize(("width", "height", "passes"), SIZES)
def test_a_screen_has_a_largest_size_from_the_beginning(width: int, height: int, passes: bool) -> None:
    assert (width * height <= MAX_AREA) or not passes
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake(server_init(width, height))))
    assert (heard.refused is None) is passes


@pytest.mark.parametrize(("width", "height", "passes"), SIZES)
def test_and_when_it_changes(width: int, height: int, passes: bool) -> None:
    heard = said(update(size(width, height)))
    assert (heard.refused is None) is passes
    assert (struct.pack(">HHHHi", 0, 0, width, height, SIZE) in heard.browser) is passes


def test_pixels_are_taken_as_colours_and_written_anew() -> None:
    heard = said(update(raw(3, 4, 20, 10, b"\x01\x02\x03\x99"), raw(0, 0, 1, 1, b"\x04\x05\x06\x99")))
    picture = drawn(heard).picture
    assert len(picture) == 201
    assert picture[3, 4] == picture[22, 13] == b"\x03\x02\x01"
    assert picture[0, 0] == b"\x06\x05\x04"
    assert b"\x99" not in heard.browser


def test_a_byte_that_nobody_sees_changes_nothing_of_what_passes() -> None:
    outs = {
        said(update(raw(0, 0, WIDTH, HEIGHT, b"\x01\x02\x03" + bytes([hidden])))).browser
        for hidden in range(256)
    }
    assert len(outs) == 1


def test_padding_changes_nothing_of_what_passes() -> None:
    heard = said(b"\0\x42\0\x01" + raw(0, 0, 2, 2))
    assert heard == said(update(raw(0, 0, 2, 2)))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_picture_of_any_size_comes_in_bands(more: int) -> None:
    width = 512
    height = BAND // width + more
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake(server_init(width, height))))
    heard.take(session.greet_browser())
    heard.take(session.from_browser(b"RFB 003.008\n\x01\x01" + request()))
    heard.browser = b""
    heard.take(session.from_window(update(raw(0, 0, width, height))))
    picture = Drawn(width, height)
    picture.take(heard.browser)
    assert heard.refused is None
    assert len(picture.picture) == width * height
    assert picture.updates == 1


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ((0, 0, WIDTH, HEIGHT), True),
        ((0, 0, WIDTH + 1, HEIGHT), False),
        ((0, 0, WIDTH, HEIGHT + 1), False),
        ((WIDTH - 1, HEIGHT - 1, 1, 1), True),
        ((WIDTH, HEIGHT - 1, 1, 1), False),
        ((WIDTH - 1, HEIGHT, 1, 1), False),
        ((1, 0, WIDTH, HEIGHT), False),
        ((0, 0, 0, 1), False),
        ((0, 0, 1, 0), False),
        ((65535, 65535, 1, 1), False),
    ],
)
def test_a_rectangle_lies_on_the_screen_with_all_of_its_pixels(
    where: tuple[int, int, int, int], passes: bool
) -> None:
    heard = said(update(raw(*where)))
    assert (heard.refused is None) is passes
    assert passes or heard.browser == b"\0\0\xff\xff"


def test_after_a_change_of_size_the_new_one_counts() -> None:
    assert said(update(size(10, 10), raw(0, 0, 10, 10))).refused is None
    assert said(update(size(10, 10), raw(0, 0, 11, 10))).refused is not None


@pytest.mark.parametrize(("count", "passes"), [(1, True), (2, True), (3, False)])
def test_one_update_draws_no_more_than_the_screen_twice(count: int, passes: bool) -> None:
    heard = said(update(*[raw(0, 0, WIDTH, HEIGHT)] * count))
    assert (heard.refused is None) is passes


def test_an_update_that_nobody_asked_for_is_refused() -> None:
    session, heard = opened()
    heard.take(session.from_window(update(raw(0, 0, 1, 1))))
    assert heard == Heard(refused="The window sent a picture that nobody had asked for.")
    session, heard = asked()
    heard.take(session.from_window(update(raw(0, 0, 1, 1)) * 2))
    assert drawn(Heard(browser=heard.browser)).updates == 1
    assert heard.refused is not None


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_no_more_rectangles_than_a_browser_counts(more: int) -> None:
    """What is beyond them a browser takes for a message: one pixel at x = 3 << 8 for cut text."""
    width, height = 1024, 2 * BAND // 1024
    session, heard = Session(), Heard()
    heard.take(session.from_window(window_handshake(server_init(width, height))))
    heard.take(session.greet_browser())
    heard.take(session.from_browser(b"RFB 003.008\n\x01\x01" + request()))
    heard.browser = b""
    # The first is written as two.
    pieces = [raw(0, 0, width, height), *[raw(3 << 8, 0, 1, 1)] * (MAX_RECTANGLES - 2 + more)]
    heard.take(session.from_window(update(*pieces)))
    picture = Drawn(width, height)
    picture.take(heard.browser)
    if more > 0:
        assert heard.refused == "The window drew in more pieces than one picture may have."
        assert picture.updates == 0
    else:
        assert heard.refused is None
        assert picture.updates == 1
    assert MAX_RECTANGLES == 65_534


def test_pointers_and_sizes_count_as_rectangles_too() -> None:
    for one in (cursor(0, 0, 0, 0), size()):
        assert said(update(*[one] * MAX_RECTANGLES)).refused is None
        assert said(update(*[one] * (MAX_RECTANGLES + 1))).refused is not None


def test_an_update_of_nothing_is_one() -> None:
    assert drawn(said(update())).updates == 1


def test_a_bell_is_dropped() -> None:
    assert said(b"\x02\x02\x02", update(raw(0, 0, 1, 1)), b"\x02") == said(update(raw(0, 0, 1, 1)))


@pytest.mark.parametrize(
    ("bells", "passes"), [(MAX_BELLS - 1, True), (MAX_BELLS, True), (MAX_BELLS + 1, False)]
)
def test_a_window_that_rings_without_end_is_refused(bells: int, passes: bool) -> None:
    session, heard = asked()
    heard.take(session.from_window(b"\x02" * bells))
    assert (heard.refused is None) is passes
    if passes:
        heard.take(session.from_browser(request()))
        heard.take(session.from_window(b"\x02" * bells))
        assert heard == Heard(window=request())


def test_every_other_message_is_refused_and_nothing_of_it_passes() -> None:
    for kind in set(range(256)) - {0, 2}:
        heard = said(bytes([kind]) + b"SECRET" * 100)
        assert heard.refused is not None, kind
        assert heard == Heard(refused=heard.refused)


@pytest.mark.parametrize(
    "message",
    [
        b"\x03\0\0\0" + struct.pack(">I", 6) + b"SECRET",
        # The extended clipboard: a negative length, flags, and a compressed text.
        b"\x03\0\0\0" + struct.pack(">iI", -10, 1 << 28 | 1) + b"SECRET",
        b"\x03\0\0\0" + struct.pack(">I", 0),
    ],
)
def test_cut_text_ends_the_connection_with_its_reason(message: bytes) -> None:
    heard = said(message)
    assert heard == Heard(refused="The window sent cut text, which does not pass the door.")


@pytest.mark.parametrize(
    "encoding", [1, 2, 5, 6, 7, 15, 16, 21, 50, -223, -224, -258, -307, -312, -313, -314, 0x574D5664]
)
def test_an_encoding_that_the_door_did_not_choose_is_refused(encoding: int) -> None:
    heard = said(update(rectangle(0, 0, 1, 1, encoding, b"SECRET" * 10)))
    assert heard == Heard(browser=b"\0\0\xff\xff", refused=heard.refused)
    assert heard.refused is not None


def test_a_pointers_picture_passes_where_it_is_seen() -> None:
    # Ten pixels a row take two bytes of mask, of which the last six bits are nobody's.
    heard = said(update(cursor(1, 1, 10, 2, b"\x80\x7f\x00\xff")))
    body = drawn(heard).cursors[0]
    shown, hidden = b"\x0c\x0b\x0a\0", bytes(4)
    assert [body[4 * n : 4 * n + 4] for n in range(10)] == [shown, *[hidden] * 8, shown]
    assert [body[4 * n : 4 * n + 4] for n in range(10, 20)] == [*[hidden] * 8, shown, shown]
    assert body[80:] == b"\x80\x40\x00\xc0"
    assert struct.pack(">HHHHi", 1, 1, 10, 2, CURSOR) in heard.browser


def test_nothing_hidden_in_a_pointers_picture_passes() -> None:
    a = said(update(rectangle(0, 0, 3, 1, CURSOR, b"\1\2\3\4" + b"\5\6\7\x08" + b"\1\2\3\4" + b"\xa0")))
    b = said(
        update(rectangle(0, 0, 3, 1, CURSOR, b"\1\2\3\xff" + b"\xff\xff\xff\xff" + b"\1\2\3\0" + b"\xbf"))
    )
    assert a == b
    assert a.refused is None


@pytest.mark.parametrize(
    ("x", "y", "width", "height", "passes"),
    [
        (0, 0, 0, 0, True),
        (0, 0, MAX_CURSOR_SIDE - 1, 1, True),
        (0, 0, MAX_CURSOR_SIDE, 1, True),
        (0, 0, MAX_CURSOR_SIDE + 1, 1, False),
        (0, 0, 1, MAX_CURSOR_SIDE, True),
        (0, 0, 1, MAX_CURSOR_SIDE + 1, False),
        (7, 7, 8, 8, True),
        (8, 7, 8, 8, False),
        (7, 8, 8, 8, False),
        (1, 0, 0, 0, False),
        (0, 0, 65535, 65535, False),
    ],
)
def test_a_pointer_has_a_largest_size_and_points_within_itself(
    x: int, y: int, width: int, height: int, passes: bool
) -> None:
    whole = cursor(x, y, width, height) if passes else rectangle(x, y, width, height, CURSOR)
    heard = said(update(whole))
    assert (heard.refused is None) is passes


def test_what_the_window_calls_its_screen_stays_with_the_door() -> None:
    session, heard = asked()
    heard.take(session.from_window(update(size(50, 20, screens=2))))
    assert heard.browser[16:36] == struct.pack(">B3x", 1) + struct.pack(">IHHHHI", 0, 0, 0, 50, 20, 0)
    heard.take(session.from_browser(set_desktop_size(60, 30)))
    assert heard.window.endswith(struct.pack(">IHHHHI", 77, 0, 0, 60, 30, 5))


@pytest.mark.parametrize(
    ("reason", "status", "passes"),
    [
        (0, 0, True),
        (1, 0, True),
        (2, 0, True),
        (3, 0, False),
        (1, 1, True),
        (1, 3, True),
        (1, 4, False),
        (0, 1, False),
    ],
)
def test_a_size_has_a_known_reason_and_outcome(reason: int, status: int, passes: bool) -> None:
    heard = said(update(size(10, 10, reason=reason, status=status)))
    assert (heard.refused is None) is passes


def test_a_size_that_was_not_given_is_not_taken() -> None:
    assert said(update(size(10, 10, reason=1, status=2), raw(0, 0, WIDTH, HEIGHT))).refused is None
    assert said(update(size(99, 99, reason=1, status=2), raw(0, 0, 99, 99))).refused is not None


@pytest.mark.parametrize(
    ("screens", "passes"), [(0, False), (1, True), (MAX_SCREENS, True), (MAX_SCREENS + 1, False)]
)
def test_a_size_is_of_some_screens(screens: int, passes: bool) -> None:
    assert (said(update(size(screens=screens))).refused is None) is passes


def test_fewer_rectangles_than_announced_pass_no_end() -> None:
    heard = said(update(raw(0, 0, 1, 1), count=65535))
    assert drawn(heard).updates == 0
    heard = said(update(raw(0, 0, 1, 1), count=0))
    assert heard.refused is not None  # the rectangle is read as a message: an update, which nobody asked for
