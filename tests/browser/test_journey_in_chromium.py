"""The whole journey in a browser: sign in, open a room, stage with the mouse, submit, two reviews, release.

The pictures that it leaves stand in the README; ``make pictures`` takes them anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from hub.governance.roles import Role
from hub.ledger import EventKind
from hub.rooms.disk import unmount_all
from tests.browser.site import CHROMIUM, SCREENSHOTS
from tests.journey.browser_session import Browser as PlainBrowser
from tests.journey.journey import ledger_payloads
from tests.journey.running_hub import Account, RunningHub

WAIT_MS = 90_000  # a loaded machine takes its time
PROJECT = "road-safety"
TITLE = "Who is hurt on the road?"
DETAILED = "by-severity.csv"
COARSE = "by-age.csv"
FILES = {
    DETAILED: "Road user,Slight,Serious,Fatal\nPedestrian,90,27,3\nCyclist,51,12,1\nCar occupant,300,35,5\n",
    COARSE: (
        "Age band,Casualties,Admitted,Mean days in hospital\n"
        "0 to 15,212,24,2.1\n16 to 24,640,58,2.4\n25 to 44,1024,97,2.8\n45 to 64,987,121,3.0\n65 and over,498,102,6.2\n"
    ),
}
CONTEXT = (
    "Table 2 of the paper: casualties by age band, how many were admitted to a hospital, and the mean stay. "
    "3,361 people, synthetic records."
)


class Office:
    """A hub with a researcher and two output checkers, and the browsers of the three."""

    def __init__(self, state: Path, chromium: Browser) -> None:
        self.hub = RunningHub(state)
        self.accounts: dict[str, Account] = {}
        for name, full_name, *roles in (
            ("alice", "Alice Adeyemi"),
            ("carol", "Carol Chen", Role.OUTPUT_CHECKER),
            ("dan", "Dan Davies", Role.OUTPUT_CHECKER),
        ):
            self.accounts[name] = self.hub.add_person(name, full_name, *roles)
        self.hub.add_project(PROJECT, TITLE, tier="synthetic", members=["alice"])
        self._chromium = chromium

    @property
    def desk(self) -> str:
        """The desk's address."""
        parts = urlsplit(self.hub.public_url)
        return f"{parts.scheme}://desk.{parts.netloc}/services/desk/"

    @contextmanager
    def browser_of(self, name: str) -> Iterator[Page]:
        """A browser of one's own, signed in by the page."""
        context = self._chromium.new_context(
            viewport={"width": 1280, "height": 800}, device_scale_factor=1.5, locale="en-GB"
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.goto(self.hub.public_url)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(self.accounts[name].password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/home")
        yield page
        context.close()

    def write_tables(self) -> None:
        """What the researcher's notebook would have written, in their home."""

        async def write() -> None:
            async with PlainBrowser(self.hub.public_url, "alice") as browser:
                await browser.sign_in(self.accounts["alice"].password)
                await browser.open_room(PROJECT)
                for name, text in FILES.items():
                    model = {"type": "file", "format": "text", "content": text}
                    await browser.room_api(PROJECT, "PUT", f"api/contents/home/{name}", model)

        # A thread of its own: Playwright keeps an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(write())).result()


@pytest.fixture(scope="module")
def office(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The running hub."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here: apt-get install chromium")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=WAIT_MS)
    office = Office(tmp_path_factory.mktemp("office") / "state", chromium)
    try:
        office.hub.start()
        yield office
    finally:
        office.hub.stop()
        unmount_all(office.hub.state)


def shoot(page: Page, name: str, *, width: int = 1280, height: int | None = None) -> None:
    """The upper left part of the window, in CSS pixels; without a height, all of it."""
    window = page.viewport_size
    assert window is not None
    area: FloatRect = {"x": 0, "y": 0, "width": width, "height": height or window["height"]}
    page.screenshot(path=SCREENSHOTS / f"journey-{name}.png", clip=area)


def test_from_sign_in_to_the_released_bytes(office: Office) -> None:
    with office.browser_of("alice") as alice:
        shoot(alice, "1-rooms")
        _open_the_room(office, alice)
        blocked = _stage(alice, DETAILED, "Casualties by road user and severity.", "2-menu")
        expect(blocked).to_contain_text("(Cyclist, Fatal) is 1, below the minimum count of 10")
        staged = _stage(alice, COARSE, CONTEXT)
        expect(staged).to_contain_text("submit it under this number")
        number = re.search(r"Request (\d+)", staged.inner_text())
        assert number is not None
        alice.wait_for_timeout(500)  # the panel's own movement
        shoot(alice, "3-panel")
        _submit(office, alice, number[1])
        for checker, shown in (("carol", "4-review"), ("dan", None)):
            with office.browser_of(checker) as page:
                _approve(office, page, number[1], shown)
        content = _download(office, alice, number[1])
    assert content == FILES[COARSE].encode()
    (released,) = ledger_payloads(office.hub, EventKind.OUTPUT_RELEASED)
    assert hashlib.sha256(content).hexdigest() in json.dumps(released)


def _open_the_room(office: Office, page: Page) -> None:
    page.get_by_role("link", name=re.compile(f"Open the room.*{re.escape(TITLE)}")).click()
    page.wait_for_url(f"**/user/alice/{PROJECT}/lab**")
    page.locator(".jp-DirListing").wait_for()
    office.write_tables()
    _file(page, COARSE).wait_for()
    page.locator(".jp-LauncherCard").first.wait_for()


def _file(page: Page, name: str) -> Locator:
    return page.locator(".jp-DirListing-item", has_text=name)


def _stage(page: Page, name: str, context: str, picture: str | None = None) -> Locator:
    """With the mouse: the file's menu, the form, its button. Returns the card with the airlock's answer."""
    _file(page, name).click(button="right")
    entry = page.locator(".lm-Menu-item", has_text="Stage for release")
    entry.hover()
    if picture:
        shoot(page, picture, width=720, height=580)
    entry.click()
    form = page.get_by_role("form", name="Stage for release")
    form.get_by_label("What is it?").fill(context)
    form.get_by_role("button", name=re.compile("^Stage")).click()
    expect(form).to_be_hidden()
    cards = page.get_by_role("region", name="Release").get_by_role("listitem")
    card = cards.filter(has=page.get_by_role("heading", name=re.compile(r"Request \d+"))).filter(
        has_text=name
    )
    expect(card).to_be_visible()
    return card


def _submit(office: Office, page: Page, number: str) -> None:
    page.goto(office.desk)
    page.get_by_role("button", name=f"Submit request {number}").click()
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("submitted")


def _approve(office: Office, page: Page, number: str, picture: str | None) -> None:
    page.goto(office.desk)
    page.get_by_role("link", name=re.compile(number)).click()
    expect(page.get_by_role("heading", name=f"Request {number}")).to_be_visible()
    if picture:
        page.set_viewport_size({"width": 1280, "height": 1180})
        shoot(page, picture)
    page.get_by_label("Comment").fill("Large groups; the means are of many people.")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(office.desk)


def _download(office: Office, page: Page, number: str) -> bytes:
    """The released file, as the author's browser saves it; a second time there is nothing to press."""
    button = page.get_by_role("button", name=re.compile(f"Download file 1.*{number}"))
    for _ in range(60):
        page.goto(office.desk)
        if button.count():
            break
        page.wait_for_timeout(500)
    shoot(page, "5-released")
    with page.expect_download() as arriving:
        button.click()
    content = Path(arriving.value.path()).read_bytes()
    page.goto(office.desk)
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("downloaded")
    assert button.count() == 0
    return content
