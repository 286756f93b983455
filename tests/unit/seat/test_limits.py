"""What a room may use: the tier's limits, or the machine's where these are lower."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from output_checker.isolation import Isolation

from hub.governance.tiers import Tier, load_tiers
from hub.rooms.bubblewrap import sandbox_of
from hub.rooms.docker import container_of
from hub.rooms.spec import RoomFolders, RoomSpec
from hub.seat_room import idle_minutes, isolation_refusal, room_limits
from hub.settings import Settings

MIB = 1024 * 1024
TIER = load_tiers().find("low")


def test_without_settings_the_tiers_limits_hold() -> None:
    said = TIER.limits
    assert asdict(room_limits(TIER, Settings())) == {
        "memory_bytes": said.memory_mb * MIB,
        "processes": said.processes,
        "cpu_percent": said.cpus * 100,
        "home_bytes": said.workspace_mb * MIB,
        "outbox_bytes": said.outbox_mb * MIB,
        "shared_bytes": said.shared_mb * MIB,
        "open_files": said.open_files,
    }
    assert idle_minutes(TIER, Settings()) == TIER.idle_minutes


@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize(
    ("setting", "of_tier", "limit", "unit"),
    [
        ("seat_memory_mb", TIER.limits.memory_mb, "memory_bytes", MIB),
        ("seat_processes", TIER.limits.processes, "processes", 1),
        ("seat_cpus", int(TIER.limits.cpus), "cpu_percent", 100),
        ("seat_disk_mb", TIER.limits.workspace_mb, "home_bytes", MIB),
    ],
)
def test_a_machine_can_allow_less_and_never_more(
    setting: str, of_tier: int, limit: str, unit: int, step: int
) -> None:
    found = asdict(room_limits(TIER, Settings(**{setting: of_tier + step})))
    assert found[limit] == (of_tier + min(step, 0)) * unit


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_idle_rooms_end_no_later_than_their_tier_says(step: int) -> None:
    settings = Settings(idle_minutes=TIER.idle_minutes + step)
    assert idle_minutes(TIER, settings) == TIER.idle_minutes + min(step, 0)


@pytest.mark.parametrize("tier", load_tiers().ordered, ids=lambda tier: tier.name)
def test_where_something_is_missing_only_synthetic_rooms_open(tier: Tier) -> None:
    disk = "home has no size limit of its own: the hub is not root."
    assert isolation_refusal(tier, own_user=True, missing=[]) is None
    alone = isolation_refusal(tier, own_user=False, missing=[])
    limits = isolation_refusal(tier, own_user=True, missing=[disk, "And another."])
    if tier == load_tiers().lowest:
        assert (alone, limits) == (None, None)
    else:
        assert "user of its own" in str(alone)
        assert str(limits).endswith(f"one cannot be had here. {disk}")


def _room(tmp_path: Path) -> RoomSpec:
    environment = tmp_path / "env"
    environment.mkdir()
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\n")
    seat = tmp_path / "seats" / "alice.road-safety"
    return RoomSpec(
        seat="alice.road-safety",
        person="alice",
        project="road-safety",
        uid=410_000,
        gid=415_000,
        prefix="/user/alice/road-safety/",
        folders=RoomFolders(
            run=tmp_path / "run" / "rooms" / "alice.road-safety",
            home=seat / "home",
            outbox=seat / "outbox",
            inbox=seat / "inbox",
            shared=tmp_path / "projects" / "road-safety" / "shared",
            data=None,
        ),
        environment=environment,
        limits=room_limits(TIER, Settings(seat_memory_mb=512)),
        policy="sacro",
        image="sha256:0",
    )


def test_both_backends_are_told_the_same_limits(tmp_path: Path) -> None:
    spec = _room(tmp_path)
    sandbox = sandbox_of(spec, isolation=Isolation.OWN_USER).limits
    container = container_of(spec)["HostConfig"]
    ulimits: dict[str, Any] = {each["Name"]: each["Hard"] for each in container["Ulimits"]}
    assert spec.limits.memory_bytes == sandbox.memory_bytes == container["Memory"] == 512 * MIB
    assert TIER.limits.processes == sandbox.processes == container["PidsLimit"]
    assert TIER.limits.open_files == sandbox.open_files == ulimits["nofile"]
    assert TIER.limits.workspace_mb * MIB == sandbox.file_bytes == ulimits["fsize"]
    share = container["CpuQuota"] / container["CpuPeriod"]
    assert TIER.limits.cpus * 100 == sandbox.cpu_percent == share * 100
