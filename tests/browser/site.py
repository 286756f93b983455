"""The hub under test with its people, projects and seats, and what a test asks of it beside the browser."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Page
from sqlalchemy import select

from hub.airlock.states import State
from hub.rooms.disk import unmount_all
from hub.store.models import AirlockRequest
from tests.journey.browser_session import Browser, Refused
from tests.journey.running_hub import RunningHub

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
HOSTILE = Path(__file__).with_name("hostile_room.py")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
T = TypeVar("T")


class Site:
    """Alice is in ``one`` (whose room is hostile), ``two``, ``three`` (never open), ``road-safety`` and ``cohort``
    (of the tier whose rooms open through a window).

    Mallory is in ``one`` and ``mallorys``.
    """

    def __init__(self, state: Path) -> None:
        self.hub = RunningHub(state)
        self.accounts = {
            "alice": self.hub.add_person("alice", "Alice Example"),
            "mallory": self.hub.add_person("mallory", "Mallory Example"),
        }
        for slug, title in (
            ("one", "One"),
            ("two", "Two"),
            ("three", "Three"),
            ("road-safety", "Road safety"),
        ):
            members = ["alice", "mallory"] if slug == "one" else ["alice"]
            self.hub.add_project(slug, title, tier="low", members=members)
        self.hub.add_project("cohort", "Cohort", tier="patient-level", members=["alice"])
        self.hub.add_project("mallorys", "Mallory's", tier="low", members=["mallory"])
        # A loop of its own: Playwright's synchronous form keeps the main thread's.
        self._thread = ThreadPoolExecutor(1)

    @property
    def public_url(self) -> str:
        """The hub's origin."""
        return self.hub.public_url

    @property
    def desk(self) -> str:
        """The desk's address, with a slash at the end."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://desk.{parts.netloc}/services/desk/"

    def origin(self, project: str, person: str = "alice") -> str:
        """A seat's origin."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{person}--{project}.{parts.netloc}"

    def seat(self, project: str, person: str = "alice") -> str:
        """A seat's address, with a slash at the end."""
        return f"{self.origin(project, person)}/user/{person}/{project}/"

    def start(self) -> None:
        """Start the hub, open seats one and two, and let seat one's room become hostile."""
        self.hub.start()
        self.as_person("alice", self._open_seats)
        os.makedirs(SCREENSHOTS, exist_ok=True)

    def close(self) -> None:
        """Stop everything; show the hub's log where that helps."""
        self.hub.stop()
        self._thread.shutdown()
        state = self.hub.state
        unmount_all(state)

    def as_person(self, person: str, work: Callable[[Browser], Awaitable[T]]) -> T:
        """Sign in without Chromium, and do something."""

        async def run() -> T:
            async with Browser(self.public_url, person) as browser:
                await browser.sign_in(self.accounts[person].password)
                return await work(browser)

        return self._thread.submit(lambda: asyncio.run(run())).result()

    async def _open_seats(self, browser: Browser) -> None:
        await asyncio.gather(browser.open_room("one"), browser.open_room("two"))
        kernel = await browser.kernel("one")
        ran = await kernel.run(f"exec({HOSTILE.read_text()!r}, {{}})")
        assert ran.error is None, ran.error
        await kernel.close()
        for _ in range(
            120
        ):  # connections that the door holds open still reach the room's Jupyter for a while
            page = await browser.visit(browser.seat_url("one") + "lab")
            if "hostile" in page.text:
                return
            await asyncio.sleep(0.25)
        raise AssertionError("the room did not become hostile")

    def sign_in(self, page: Page, person: str) -> None:
        """By the page."""
        page.goto(self.public_url + "/hub/login")
        page.get_by_label("Name").fill(person)
        page.get_by_label("Password").fill(self.accounts[person].password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/home")

    def tokens(self) -> int:
        """How many tokens JupyterHub has issued to people, other than by signing in to seats and the desk."""
        with sqlite3.connect(f"file:{self.hub.state}/jupyterhub.sqlite?mode=ro", uri=True) as database:
            asked = "select count(*) from api_tokens where user_id is not null and client_id = 'jupyterhub'"
            return int(database.execute(asked).fetchone()[0])

    def open_rooms(self) -> set[str]:
        """The projects whose rooms are open or being opened."""
        with sqlite3.connect(f"file:{self.hub.state}/jupyterhub.sqlite?mode=ro", uri=True) as database:
            rows = database.execute("select name from spawners where server_id is not null")
            return {name for (name,) in rows}

    def contents_of_two(self) -> Any:
        """What lies in seat two's home, asked as alice."""
        return self.in_two(lambda browser: browser.room_api("two", "GET", "api/contents/home"))

    def in_two(self, work: Callable[[Browser], Awaitable[T]]) -> T:
        """Do something in seat two, as alice."""

        async def enter(browser: Browser) -> T:
            await browser.open_room("two")
            return await work(browser)

        return self.as_person("alice", enter)

    def staged_request(self) -> int:
        """The number of a request that alice staged in seat two and may submit now."""
        with self.hub.store.read() as session:
            found = session.scalars(
                select(AirlockRequest).where(AirlockRequest.state == State.STAGED)
            ).first()
            if found is not None:
                return found.number

        async def stage(browser: Browser) -> None:
            kernel = await browser.kernel("two")
            ran = await kernel.run("open('t.csv', 'w').write('group,count\\na,120\\nb,340\\n')\n%stage t.csv")
            assert ran.error is None, ran.error
            await kernel.close()

        self.in_two(stage)
        assert eventually(lambda: self._newest_state() == State.STAGED, within_s=30), self._newest_state()
        return self.staged_request()

    def state_of(self, number: int) -> str:
        """The state of a request."""
        with self.hub.store.read() as session:
            return session.get_one(AirlockRequest, number).state

    def _newest_state(self) -> str | None:
        with self.hub.store.read() as session:
            found = session.scalars(select(AirlockRequest).order_by(AirlockRequest.taken_at.desc())).first()
            return None if found is None else found.state


def eventually(condition: Callable[[], bool], within_s: float = 10) -> bool:
    """Whether something becomes true."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


__all__ = ["CHROMIUM", "FLAGS", "SCREENSHOTS", "Refused", "Site", "eventually"]
