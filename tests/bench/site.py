"""A hub to measure: one person, one project, rooms of one kind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.rooms.disk import unmount_all
from tests.journey.browser_session import Browser
from tests.journey.running_hub import RunningHub

PERSON, PROJECT = "alice", "bench"
PREFIX = f"/user/{PERSON}/{PROJECT}/"


@dataclass
class Site:
    """A running hub and its person's browser, signed in."""

    hub: RunningHub
    browser: Browser

    @property
    def socket(self) -> Path:
        """Where the open room's server listens, on the host."""
        return self.hub.state / "run" / "rooms" / f"{PERSON}.{PROJECT}" / "lab.sock"

    async def open(self) -> None:
        """Open the room and wait for JupyterLab's page."""
        await self.browser.open_room(PROJECT, every_s=0.02)

    async def close(self) -> None:
        """Stop the room and wait until the hub has forgotten it."""
        await self.browser.close_room(PROJECT)
        while (await self.browser.hub_api("GET", "user"))[1]["servers"].get(PROJECT):
            pass


@asynccontextmanager
async def site(number: int, rooms: dict[str, str]) -> AsyncIterator[Site]:
    """A hub of its own, ``number`` among those of this run, with ``rooms`` as its settings of rooms."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # Users of its own, apart from those of other hubs of this machine.
        base = 3_000_000 + 1000 * (2 * (os.getpid() % 9000) + number)
        users = {
            "LOCKEDROOM_SEAT_UID_BASE": str(base),
            "LOCKEDROOM_PROJECT_GID_BASE": str(base + 500),
        }
        hub = RunningHub(Path(folder) / "state", environment=users | rooms)
        account = hub.add_person(PERSON, "Alice Brown")
        hub.add_project(PROJECT, "A bench", tier="synthetic", members=[PERSON])
        try:
            with hub:
                async with Browser(hub.public_url, PERSON) as browser:
                    await browser.sign_in(account.password)
                    yield Site(hub, browser)
        finally:
            unmount_all(hub.state)
