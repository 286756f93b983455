"""What a room is, whichever backend it stands on: its packages, mounts without setuid, its entry in the ledger."""

from __future__ import annotations

import re

from hub.ledger import EventKind
from tests.isolation.attempts import files
from tests.isolation.world import SeatUnderTest, World
from tests.journey.journey import ledger_payloads
from tests.journey.running_hub import ROOT

BACKENDS = {
    "bubblewrap": r"bubblewrap, an own user and a control group for each sandbox",
    "docker": r"Docker [\w.+~-]+, image sha256:[0-9a-f]{64}",
}


def installed() -> dict[str, str]:
    """The packages of the running Python, by name, with their versions."""
    from importlib.metadata import distributions

    return {found.metadata["Name"].lower().replace("_", "-"): found.version for found in distributions()}


def test_its_packages_are_the_locks_and_the_checker(alice_one: SeatUnderTest) -> None:
    lock = (ROOT / "images" / "room" / "requirements.txt").read_text()
    expected = dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+) \\$", lock, re.MULTILINE))
    found = alice_one.call(installed)
    assert found.pop("output-checker")
    assert len(expected) > 100 and found == expected


def test_nothing_that_can_be_written_is_mounted_with_setuid_or_devices(alice_one: SeatUnderTest) -> None:
    mounts = [
        mount
        for mount in alice_one.call(files.mounts)
        if mount["writable"] and not mount["point"].startswith(("/dev/", "/proc/"))
    ]
    assert {"/run/room", "/outbox", "/workspace/home", "/workspace/shared", "/tmp"} <= {
        mount["point"] for mount in mounts
    }
    assert [mount for mount in mounts if not {"nosuid", "nodev"} <= set(mount["options"])] == []


def test_the_ledger_says_what_isolates_it_and_that_no_limit_is_missing(
    world: World, alice_one: SeatUnderTest
) -> None:
    opened = [
        entry
        for entry in ledger_payloads(world.hub, EventKind.SEAT_OPENED)
        if entry["seat"] == alice_one.name
    ]
    assert opened
    for entry in opened:
        assert re.fullmatch(BACKENDS[world.rooms], entry["backend"])
        assert entry["limits"]["missing"] == []
