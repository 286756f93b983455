"""A hub whose rooms do not hold opens none, and says so: shown with a room that knows something of the hub's keys."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from hub.ledger import EventKind
from hub.prove.guard import DO_NOT_HOLD
from hub.prove.suite import suite_version
from tests.isolation.world import LIMITS
from tests.journey.browser_session import Browser
from tests.journey.journey import ledger_payloads
from tests.journey.running_hub import RunningHub

# Stands in the environment of every room.
KNOWN_INSIDE = "/workspace/home"


@pytest.mark.skipif(os.geteuid() != 0, reason="rooms with a user of their own need a hub that runs as root")
async def test_a_hub_opens_rooms_only_if_they_held_when_it_started(tmp_path: Path) -> None:
    state = tmp_path / "state"
    hub = RunningHub(state, environment=LIMITS | {"LOCKEDROOM_ROOMS": "bubblewrap"})
    alice = hub.add_person("alice", "Alice")
    hub.add_project("one", "Project one", tier="synthetic", members=["alice"])
    key = state / "keys" / "of-a-proof"
    key.parent.mkdir(exist_ok=True)
    key.write_text(KNOWN_INSIDE)
    try:
        hub.start()
        assert await spawn(hub, alice.password) == DO_NOT_HOLD
        refused = ledger_payloads(hub, EventKind.SEAT_REFUSED)
        assert {"person": "alice", "reason": DO_NOT_HOLD} in refused
        assert ledger_payloads(hub, EventKind.SEAT_OPENED) == []
        (proof,) = ledger_payloads(hub, EventKind.ROOM_PROVED)
        assert proof["failed"] == ["secrets: secrets of the hub"] and proof["not_held"] == 1
        assert proof["suite"] == suite_version()
        hub.stop()
        key.unlink()
        hub.start()
        assert await spawn(hub, alice.password) is None
        assert ledger_payloads(hub, EventKind.ROOM_PROVED)[-1]["failed"] == []
        assert not (state / "proof").exists(), "nothing is left of it"
    finally:
        hub.stop()


async def spawn(hub: RunningHub, password: str, within_s: float = 60) -> str | None:
    """Open the room as its person does; the sentence of the refusal, if it was refused."""
    async with Browser(hub.public_url, "alice") as browser:
        await browser.sign_in(password)
        status, said = await browser.hub_api("POST", "users/alice/servers/one", {})
        until = time.monotonic() + within_s
        while status in {201, 202} and time.monotonic() < until:
            _, user = await browser.hub_api("GET", "user")
            if user["servers"].get("one", {}).get("ready"):
                await browser.close_room("one")
                return None
            _, told = await browser.hub_api("GET", "users/alice/servers/one/progress")
            if "walls of the hub" in str(told) and "failed" in str(told):
                return DO_NOT_HOLD if DO_NOT_HOLD in str(told) else str(told)
            await asyncio.sleep(0.2)
        return str(said.get("message", said)) if isinstance(said, dict) else str(said)
