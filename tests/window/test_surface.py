"""What lies on the screen: one browser, as large as the screen, and the watermark over everything it draws."""

from __future__ import annotations

import os
import signal
import time

from tests.window.door_stand_in import COLOUR
from tests.window.opened import Window, until
from tests.window.rfb import Viewer

GREY = (0xB0, 0xB0, 0xB0)
HELD_S = 0.8


def letters(viewer: Viewer) -> set[tuple[int, int]]:
    """Where the watermark's letters are in the last picture."""
    return {(x, y) for y in range(viewer.height) for x in range(viewer.width) if viewer.pixel(x, y) == GREY}


def test_the_watermark_is_there_and_a_page_cannot_cover_it(window: Window) -> None:
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    before = letters(window.viewer)
    assert 0.001 < len(before) / (window.viewer.width * window.viewer.height) < 0.02
    window.door.run(
        "const cover = document.createElement('dialog'); cover.id = 'cover'; document.body.append(cover);"
        "cover.style = 'position:fixed; inset:0; width:100vw; height:100vh; max-width:none; max-height:none;"
        " margin:0; border:0; padding:0; background:#a01020; z-index:2147483647'; cover.showModal()"
    )
    window.viewer.look_until(lambda viewer: viewer.share((0xA0, 0x10, 0x20)) > 0.9)
    assert letters(window.viewer) == before
    window.door.run("document.getElementById('cover').remove()")


def test_a_menu_of_the_browsers_own_does_not_cover_it_either(window: Window) -> None:
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    before = letters(window.viewer)
    window.door.run(
        "const choice = document.createElement('select'); choice.id = 'choice';"
        "choice.style = 'position:fixed; left:0; top:0; width:900px; height:30px';"
        "for (let i = 0; i < 20; i++) choice.add(new Option('one'));"
        "document.body.append(choice)"
    )
    window.viewer.click(400, 15)
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) < 0.8)
    assert letters(window.viewer) >= before
    window.viewer.press("Escape")
    window.door.run("document.getElementById('choice').remove()")


def test_clicks_go_through_it(window: Window) -> None:
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    x, y = max(letters(window.viewer))
    window.door.run("document.onclick = event => { window.clicked = [event.clientX, event.clientY] }")
    window.viewer.click(x, y)
    until(lambda: window.door.run("return window.clicked ?? null"))
    assert window.door.run("return window.clicked") == [x, y]


def test_the_browser_takes_the_size_of_the_screen(window: Window) -> None:
    for size in ([1000, 700], [1280, 800]):
        window.viewer.resize(*size)
        until(lambda size=size: window.door.run("return [innerWidth, innerHeight]") == size)  # type: ignore[misc]
        window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
        assert [window.viewer.width, window.viewer.height] == size
        assert max(x for x, _ in letters(window.viewer)) > size[0] * 0.8, "the watermark as well"


def test_another_window_of_the_browser_is_closed_as_it_opens(window: Window) -> None:
    window.viewer.press("Control", "n")
    time.sleep(HELD_S)
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    assert window.door.run("return document.hasFocus()")


def test_what_ends_inside_is_started_again(window: Window) -> None:
    asked = len(window.door.asked)
    window.viewer.press("Control", "w")
    until(lambda: len(window.door.asked) > asked)
    window.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    (surface,) = window.processes("surface.py")
    os.kill(surface, signal.SIGKILL)
    until(lambda: [pid for pid in window.processes("surface.py") if pid != surface])
    until(lambda: window.viewer.look() and letters(window.viewer))
    (relay,) = window.processes("relay.py")
    os.kill(relay, signal.SIGKILL)
    until(lambda: [pid for pid in window.processes("relay.py") if pid != relay])
