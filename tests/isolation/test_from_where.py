"""A room of a tier with networks, in a hub of its own: opened and used from these and from nowhere else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from hub.governance.tiers import TIER_DIRECTORY
from hub.store.models import LedgerEntry
from tests.isolation.world import LIMITS
from tests.journey.browser_session import Browser, Refused
from tests.journey.running_hub import RunningHub

# The tests' own address is a proxy that is trusted: what it says of where the person is, is believed.
ENVIRONMENT = LIMITS | {"LOCKEDROOM_ROOMS": "bubblewrap", "LOCKEDROOM_TRUSTED_PROXIES": "127.0.0.1"}
INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.7"
HERE = "127.0.0.1"


@pytest.mark.skipif(os.geteuid() != 0, reason="rooms with a user of their own need a hub that runs as root")
async def test_a_room_is_opened_and_used_from_its_tiers_networks_only(tmp_path: Path) -> None:
    tiers, state = tmp_path / "tiers", tmp_path / "state"
    tiers.mkdir()
    low = yaml.safe_load((TIER_DIRECTORY / "low.yaml").read_text())
    (tiers / "low.yaml").write_text(yaml.safe_dump(low | {"networks": ["192.0.2.0/24"]}))
    hub = RunningHub(state, environment=ENVIRONMENT | {"LOCKEDROOM_TIERS": str(tiers)})
    alice = hub.add_person("alice", "Alice")
    hub.add_project("ward", "Ward", tier="low", members=["alice"])
    try:
        with hub:
            async with Browser(hub.public_url, "alice") as browser:
                await browser.sign_in(alice.password)
                _is_at(browser, OUTSIDE)
                with pytest.raises(Refused, match=f"{OUTSIDE} is in none of them"):
                    await browser.open_room("ward")
                _is_at(browser, f"{INSIDE}, {OUTSIDE}")  # said by somebody who is not trusted
                with pytest.raises(Refused, match=f"{OUTSIDE} is in none of them"):
                    await browser.open_room("ward")
                _is_at(browser, INSIDE)
                await browser.open_room("ward")
                kernel = await browser.kernel("ward")
                assert (await kernel.run("6 * 7")).text == "42\n"
                for elsewhere in (OUTSIDE, None):
                    _is_at(browser, elsewhere)
                    with pytest.raises(Refused, match=f"{elsewhere or HERE} is in none of them"):
                        await browser.room_api("ward", "GET", "api/status")
                _is_at(browser, INSIDE)
                await browser.room_api("ward", "GET", "api/status")
            with hub.store.read() as session:
                refused = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "seat.refused")).all()
            assert len(refused) == 2
            assert all(OUTSIDE in entry.payload for entry in refused)
    finally:
        for folder in [*state.glob("seats/*/*"), *state.glob("projects/*/*"), *state.glob("run/rooms/*")]:
            if os.path.ismount(folder):
                subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _is_at(browser: Browser, address: str | None) -> None:
    browser.http.headers.pop("X-Forwarded-For", None)  # type: ignore[attr-defined]
    if address is not None:
        browser.http.headers["X-Forwarded-For"] = address  # type: ignore[index]
