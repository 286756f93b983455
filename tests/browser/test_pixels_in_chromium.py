"""The page of pixels in Chromium, before a real door and a real Xvnc: what is drawn and typed, and what passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from tests.browser.site import CHROMIUM, SCREENSHOTS, eventually
from tests.browser.test_accessible_pages import AXE, RULES
from tests.unit.door.conftest import SEAT, Place, standing_door
from tests.unit.door.window.stand_ins import ends
from tests.unit.door.window.xvnc import XVNC, Screen, xvnc

IN = "You are in the room."
COLOUR = """([x, y]) => {
    const canvas = document.querySelector('#screen canvas');
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)];
}"""


class Shown:
    """A window's door in a thread of its own, with Xvnc behind it."""

    def __init__(self, place: Place, screen: Screen, loop: asyncio.AbstractEventLoop) -> None:
        self.place, self.screen, self._loop = place, screen, loop

    def at_the_door(self, work: Callable[[], Any]) -> Any:
        """Do something in the door's thread."""

        async def run() -> Any:
            found = work()
            return await found if asyncio.iscoroutine(found) else found

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)


@pytest.fixture
def shown(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    if not Path(CHROMIUM).exists() or not XVNC.exists():
        pytest.skip("no Chromium or no Xvnc here: apt-get install chromium tigervnc-standalone-server")
    standing, stopping = threading.Event(), asyncio.Event()
    found: list[tuple[Place, asyncio.AbstractEventLoop]] = []

    async def stand() -> None:
        # Patient enough for a browser that shares two processors with the door.
        calm = {"recheck_s": 0.5, "freeze_s": 4.0}
        async with standing_door(sqlite_store, tmp_path, monkeypatch, ends(tmp_path), **calm) as place:
            place.sign_in()
            found.append((place, asyncio.get_running_loop()))
            standing.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(stand()))
    thread.start()
    try:
        assert standing.wait(20)
        place, loop = found[0]
        with xvnc(tmp_path / "window" / "rfb.sock") as screen:
            yield Shown(place, screen, loop)
    finally:
        if found:
            found[0][1].call_soon_threadsafe(stopping.set)
        thread.join(30)


def browser_of_alice(chromium: Browser, shown: Shown, **how: Any) -> BrowserContext:
    """A browser with the cookie of the seat."""
    context = chromium.new_context(viewport={"width": 900, "height": 600}, **how)
    context.set_default_timeout(15_000)
    name, _, value = shown.place.cookie.partition("=")
    host = urlsplit(shown.place.door.settings.origin).hostname
    context.add_cookies([{"name": name, "value": value, "domain": host, "path": "/"}])
    return context


def open_screen(context: BrowserContext, shown: Shown) -> Page:
    """The page, with pixels."""
    page = context.new_page()
    page.goto(shown.place.url)
    expect(page.locator("#status")).to_have_text(IN)
    return page


def size_of_the_place(page: Page) -> tuple[int, int]:
    size: list[int] = page.evaluate(
        "() => { const r = document.querySelector('#screen > div').getBoundingClientRect();"
        " return [Math.floor(r.width), Math.floor(r.height)] }"
    )
    return size[0], size[1]


def test_pixels_are_drawn_and_nothing_else_reaches_the_browser(chromium: Browser, shown: Shown) -> None:
    context = browser_of_alice(chromium, shown, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    answers: list[tuple[str, int, str]] = []
    frames: list[str | bytes] = []
    sockets: list[str] = []
    complaints: list[str] = []
    context.on("response", lambda got: answers.append((got.url, got.status, got.headers["content-type"])))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def listen(socket: Any) -> None:
        sockets.append(socket.url)
        socket.on("framereceived", lambda frame: frames.append(frame))

    page.on("websocket", listen)
    shown.screen.fill(0xC02040, 0, 0, 4000, 4000)
    page.goto(shown.place.url)
    expect(page.locator("#status")).to_have_text(IN)
    assert eventually(lambda: shown.screen.size() == size_of_the_place(page))
    shown.screen.fill(0x1080F0, 0, 0, 4000, 4000)
    shown.screen.fill(0xF0F010, 100, 50, 20, 20)
    assert eventually(lambda: page.evaluate(COLOUR, [110, 60]) == [0xF0, 0xF0, 0x10])
    assert page.evaluate(COLOUR, [10, 10]) == [0x10, 0x80, 0xF0]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "screen-of-pixels.png")

    # The page's own files, and one websocket that carries pixels in binary and at most a word of the door's.
    own = shown.place.url
    files = f"{own}window/"
    others = {url for url, _, _ in answers if not url.startswith(files)}
    assert others - {own.replace("http", "ws", 1) + "pixels"} == {own}
    for url, status, kind in answers:
        if url.startswith(files):
            assert status == 200
            assert kind.split(";")[0] in {"text/javascript", "text/css"}
    assert sockets == [own.replace("http", "ws", 1) + "pixels"]
    assert frames
    assert all(isinstance(frame, bytes) for frame in frames)
    assert shown.place.seen == []
    assert complaints == []

    # No script of this page reads or writes the clipboard, whatever the browser's user once allowed.
    for asked in ("navigator.clipboard.readText()", "navigator.clipboard.writeText('x')"):
        assert page.evaluate(f"{asked}.then(() => 'passed', error => error.name)") == "NotAllowedError"
    context.close()


def test_keys_pointer_and_sizes_reach_the_room(chromium: Browser, shown: Shown) -> None:
    context = browser_of_alice(chromium, shown)
    page = open_screen(context, shown)
    assert eventually(lambda: shown.screen.size() == size_of_the_place(page))
    box = page.locator("#screen canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    assert eventually(
        lambda: shown.screen.pointer()[:2] == (200, 100) and shown.screen.pointer()[2] & 0x100 != 0
    )
    page.mouse.up()
    page.keyboard.down("a")
    assert eventually(lambda: shown.screen.is_down(0x61))
    page.keyboard.up("a")
    assert eventually(lambda: not shown.screen.is_down(0x61))

    # Out of the screen without a mouse; nothing stays pressed in the room.
    page.keyboard.press("Control+Alt+KeyM")
    assert page.evaluate("document.activeElement.id") == "reconnect"
    assert eventually(lambda: not shown.screen.is_down(0xFFE3) and not shown.screen.is_down(0xFFE9))
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "CANVAS"

    page.set_viewport_size({"width": 1100, "height": 700})
    assert eventually(lambda: shown.screen.size() == size_of_the_place(page))
    assert shown.screen.size()[0] > 1000
    context.close()


def test_a_display_of_high_density_can_have_every_pixel(chromium: Browser, shown: Shown) -> None:
    context = browser_of_alice(chromium, shown, device_scale_factor=2)
    page = open_screen(context, shown)
    assert eventually(lambda: shown.screen.size() == size_of_the_place(page))
    width, height = size_of_the_place(page)
    page.get_by_label("Every pixel").check()
    assert eventually(lambda: shown.screen.size()[0] in {2 * width, 2 * width + 1})
    canvas = page.locator("#screen canvas").bounding_box()
    assert canvas is not None
    assert abs(canvas["width"] - width) <= 1, "each of the room's pixels is one of the display's"
    assert abs(canvas["height"] - height) <= 1
    page.get_by_label("Every pixel").uncheck()
    assert eventually(lambda: shown.screen.size() == (width, height))
    context.close()


def test_it_says_in_words_how_things_stand_and_comes_back_by_itself(
    chromium: Browser, shown: Shown, sqlite_store: Store
) -> None:
    context = browser_of_alice(chromium, shown)
    page = open_screen(context, shown)
    status = page.locator("#status")

    def break_off() -> None:
        for one in list(shown.place.door.carried):
            one.close("The hub wants a pause.")

    shown.at_the_door(break_off)
    expect(status).to_contain_text("The hub wants a pause. Trying again in 1 second.")
    expect(page.locator("#screen canvas")).to_have_count(0)
    expect(status).to_have_text(IN)

    shown.at_the_door(shown.place.warden.stop)
    shown.at_the_door(shown.place.door.link.close)
    expect(status).to_contain_text("Frozen", timeout=15_000)
    expect(page.locator("#screen canvas")).not_to_be_visible()
    shown.at_the_door(shown.place.warden.start)
    expect(status).to_have_text(IN)
    expect(page.locator("#screen canvas")).to_be_visible()

    second = open_screen(context, shown)
    expect(status).to_contain_text("This room was opened in another tab or window.")
    page.wait_for_timeout(2500)
    expect(status).to_contain_text("Choose Reconnect")
    expect(second.locator("#status")).to_have_text(IN)
    page.get_by_role("button", name="Reconnect").click()
    expect(status).to_have_text(IN)

    who = {"project": SEAT.project, "person": SEAT.person}
    with sqlite_store.write() as session:
        end_member(session, **who, reason="left", actor="console:test", now=utc_now())
    expect(page.locator("#screen canvas")).to_have_count(0)
    reason = shown.place.door.watch.why_closed()
    assert reason is not None
    expect(status).to_contain_text(f"{reason} The room cannot be reached. Trying again in 2 seconds.")
    context.close()


def test_the_page_is_accessible(chromium: Browser, shown: Shown) -> None:
    context = browser_of_alice(chromium, shown)
    page = open_screen(context, shown)
    page.evaluate(AXE.read_text())
    found = page.evaluate("options => axe.run(document, options)", RULES)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    page.set_viewport_size({"width": 320, "height": 600})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
