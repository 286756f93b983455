"""A room as a container: what the Engine API is asked for, from the room's description alone."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.rooms import bubblewrap
from hub.rooms.docker import ENVIRONMENT, container_of, write_account_files
from hub.rooms.inside import read_only_binds, writable_binds
from hub.rooms.spec import RoomFolders, RoomLimits, RoomSpec

IMAGE = "sha256:" + "a" * 64
GIB = 1 << 30


@pytest.fixture
def room(tmp_path: Path) -> RoomSpec:
    """A room of alice's in project one, with an extract."""
    seat, project = tmp_path / "seats" / "alice.one", tmp_path / "projects" / "one"
    folders = RoomFolders(
        run=tmp_path / "run" / "rooms" / "alice.one",
        home=seat / "home",
        outbox=seat / "outbox",
        inbox=seat / "inbox",
        shared=project / "shared",
        data=tmp_path / "data" / "extracts" / "one" / "b",
    )
    return RoomSpec(
        seat="alice.one",
        person="alice",
        project="one",
        uid=200001,
        gid=300001,
        prefix="/user/alice/one/",
        folders=folders,
        environment=ENVIRONMENT,
        limits=RoomLimits(GIB, 300, 150, GIB, GIB, GIB, 4096),
        policy="sacro",
        image=IMAGE,
    )


def mounts(container: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """What is mounted where, and whether it can only be read."""
    return {
        mount["Target"]: (mount["Source"], mount["ReadOnly"]) for mount in container["HostConfig"]["Mounts"]
    }


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapDrop": ["ALL"],
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "Memory": GIB,
        "MemorySwap": GIB,
        "PidsLimit": 300,
        "CpuPeriod": 100_000,
        "CpuQuota": 150_000,
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
    }.items(),
)
def test_the_container_is_shut_and_limited(room: RoomSpec, name: str, value: object) -> None:
    assert container_of(room)["HostConfig"][name] == value


@pytest.mark.parametrize(
    "name", ["CapAdd", "Devices", "GroupAdd", "PidMode", "PortBindings", "Links", "Binds", "ExtraHosts"]
)
def test_nothing_opens_it_again(room: RoomSpec, name: str) -> None:
    assert name not in container_of(room)["HostConfig"]


def test_it_runs_as_the_seats_own_user_from_the_image_that_was_named(room: RoomSpec) -> None:
    container = container_of(room)
    assert container["User"] == "200001:300001"
    assert container["Image"] == IMAGE


def test_no_new_privileges_and_the_filter(room: RoomSpec) -> None:
    privileges, seccomp = container_of(room)["HostConfig"]["SecurityOpt"]
    assert privileges == "no-new-privileges"
    assert json.loads(seccomp.removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"


def test_its_folders_are_those_of_a_bubblewrap_room_and_its_account_files(room: RoomSpec) -> None:
    found = mounts(container_of(room))
    accounts = {target: found.pop(target) for target in list(found) if target.startswith("/etc/")}
    expected = {str(bind.target): (str(bind.source), True) for bind in read_only_binds(room)}
    expected |= {str(bind.target): (str(bind.source), False) for bind in writable_binds(room)}
    assert found == expected
    assert {name.removeprefix("/etc/") for name in accounts} == {
        "passwd", "group", "hosts", "hostname", "nsswitch.conf", "resolv.conf",
    }  # fmt: skip
    assert all(read_only for _, read_only in accounts.values())


def test_mounts_made_later_are_not_seen_on_the_other_side(room: RoomSpec) -> None:
    options = [mount["BindOptions"] for mount in container_of(room)["HostConfig"]["Mounts"]]
    assert all(one == {"Propagation": "rprivate", "NonRecursive": True} for one in options)


def test_a_project_without_extract_has_no_data_mounted(room: RoomSpec) -> None:
    without = replace(room, folders=replace(room.folders, data=None))
    assert "/data" in mounts(container_of(room)) and "/data" not in mounts(container_of(without))


def test_command_and_environment_are_a_bubblewrap_rooms(room: RoomSpec, tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    sandbox = bubblewrap.sandbox_of(replace(room, environment=tmp_path))
    container = container_of(room)
    here = [part.replace(str(tmp_path), str(ENVIRONMENT)) for part in sandbox.command]
    assert container["Cmd"][-len(here) :] == here
    expected = {
        name: value.replace(str(tmp_path), str(ENVIRONMENT)) for name, value in sandbox.environment.items()
    }
    assert dict(one.split("=", 1) for one in container["Env"]) == expected


def test_account_files_name_one_user_and_nothing_of_the_host(room: RoomSpec) -> None:
    write_account_files(room)
    found = {
        target.removeprefix("/etc/"): Path(source)
        for target, (source, _) in mounts(container_of(room)).items()
        if target.startswith("/etc/")
    }
    assert found["passwd"].read_text() == "alice:x:200001:300001:alice:/workspace/home:/bin/bash\n"
    assert found["hosts"].read_text() == "127.0.0.1 localhost\n::1 localhost\n"
    assert (found["hostname"].read_text(), found["resolv.conf"].read_text()) == ("room\n", "")
    for path in found.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    write_account_files(room)  # again, for the next start
