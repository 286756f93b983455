"""A real Xvnc behind the door: what it draws arrives, what is typed arrives, and the door refuses nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.door.conftest import Place
from tests.unit.door.rfb.streams import Drawn, key, pointer, request, set_desktop_size
from tests.unit.door.window.stand_ins import Viewer, viewer
from tests.unit.door.window.xvnc import XVNC, Screen, xvnc

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not XVNC.exists(), reason="no Xvnc here: apt-get install tigervnc-standalone-server"),
]


@pytest.fixture
def screen(place: Place, tmp_path: Path) -> Iterator[Screen]:
    with xvnc(tmp_path / "window" / "rfb.sock") as screen:
        yield screen


class Looking:
    """A browser that asks for one update after the other, as noVNC does."""

    def __init__(self, browser: Viewer, width: int, height: int) -> None:
        self._browser = browser
        self.picture = Drawn(width, height)

    async def until(self, seen: Callable[[Drawn], bool]) -> None:
        """Look until something is seen."""
        async with asyncio.timeout(10):
            while not seen(self.picture):
                before = self.picture.updates
                while self.picture.updates == before:
                    self.picture.take(await self._browser.read(1) + self._browser.data)
                    self._browser.data = b""
                await self._browser.say(request(1, 0, 0, self.picture.width, self.picture.height))


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.02)


async def test_what_it_draws_is_seen_in_its_colours(place: Place, screen: Screen) -> None:
    place.sign_in()
    screen.fill(0x102030, 0, 0, 160, 100)
    async with viewer(place) as browser:
        looking = Looking(browser, *await browser.shake_hands())
        await looking.until(lambda picture: len(picture.picture) == 160 * 100)
        assert set(looking.picture.picture.values()) == {b"\x10\x20\x30"}
        for n in range(30):  # one update after the other, each asked for
            colour = 0x400000 + n
            screen.fill(colour, n, 2 * n, 3, 2)
            seen = colour.to_bytes(3)
            await looking.until(lambda picture, n=n, seen=seen: picture.picture[n, 2 * n] == seen)
    await place.door.recorder.stop()
    assert place.door.recorder._refusals._written == {}


async def test_the_pointers_picture_is_seen(place: Place, screen: Screen) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        looking = Looking(browser, *await browser.shake_hands())
        await browser.say(pointer(0, 50, 50))
        await eventually(lambda: screen.pointer()[:2] == (50, 50))
        screen.point_with(34)  # XC_crosshair
        screen.fill(0x102030, 0, 0, 3, 3)  # Xvnc sends a pointer's picture with the next update
        await looking.until(lambda picture: any(any(body) for body in picture.cursors))


async def test_keys_and_pointer_arrive_and_are_let_go_when_the_browser_leaves(
    place: Place, screen: Screen
) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await browser.say(pointer(1, 30, 40) + key(0x61))
        await eventually(lambda: screen.pointer()[:2] == (30, 40) and screen.pointer()[2] & 0x100 != 0)
        await eventually(lambda: screen.is_down(0x61))
        await browser.say(key(0x61, 0) + key(0x62) + pointer(0, 31, 41))
        await eventually(lambda: not screen.is_down(0x61) and screen.is_down(0x62))
    await eventually(lambda: not screen.is_down(0x62))


async def test_the_screen_takes_another_size_and_draws_on_it(place: Place, screen: Screen) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        looking = Looking(browser, *await browser.shake_hands())
        await looking.until(lambda picture: picture.sizes != [])
        await browser.say(set_desktop_size(300, 200))
        await looking.until(lambda picture: (1, 0, 300, 200) in picture.sizes)
        assert screen.size() == (300, 200)
        screen.fill(0xA0B0C0, 280, 180, 20, 20)
        await looking.until(lambda picture: picture.picture.get((299, 199)) == b"\xa0\xb0\xc0")
