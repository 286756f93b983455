"""A window's description in both backends: what it sees of the host, as whom it runs, what it may use."""

from __future__ import annotations

import json
import mmap
import os
from pathlib import Path
from typing import Any

import pytest
from output_checker.isolation import Isolation

from hub.rooms import window, window_docker
from hub.rooms.disk import unmount_all
from hub.rooms.docker_seccomp import profile
from hub.rooms.folders import prepare_window
from hub.rooms.spec import RoomFolders, RoomLimits, RoomSpec
from hub.rooms.window import WindowLimits, WindowSpec, window_of

IMAGE = "sha256:" + "b" * 64
MIB = 1 << 20
CHROMIUM = Path("/usr/lib/chromium/chromium")


@pytest.fixture
def spec(tmp_path: Path) -> WindowSpec:
    """The window of a room of alice's."""
    folders = RoomFolders(
        *(tmp_path / "seats" / "alice.one" / name for name in ("run", "home", "outbox", "inbox")),
        tmp_path / "projects" / "one" / "shared",
        tmp_path / "data",
    )
    room = RoomSpec(
        seat="alice.one",
        person="alice",
        project="one",
        uid=200001,
        gid=300001,
        prefix="/user/alice/one/",
        folders=folders,
        environment=tmp_path / "room-env",
        limits=RoomLimits(1 << 30, 300, 150, 1 << 30, 1 << 28, 1 << 30, 4096),
        policy="sacro",
    )
    return window_of(
        room,
        uid=300001,
        gid=200001,
        run=tmp_path / "run" / "windows" / "alice.one",
        door=tmp_path / "run" / "doors" / "alice.one",
        limits=WindowLimits(memory_bytes=1024 * MIB, processes=512, cpu_percent=150),
    )


def container(spec: WindowSpec) -> dict[str, Any]:
    return window_docker.container_of(spec, IMAGE)


def test_it_sees_two_folders_of_the_host_and_nothing_of_the_room(spec: WindowSpec, tmp_path: Path) -> None:
    sandbox = window.sandbox_of(spec, isolation=Isolation.OWN_USER)
    assert {(str(bind.source), str(bind.target)) for bind in sandbox.writable} == {
        (str(spec.run), "/run/window")
    }
    of_the_state = {bind.source for bind in sandbox.read_only if bind.source.is_relative_to(tmp_path)}
    assert of_the_state == {spec.door}
    mounts = {m["Target"]: (m["Source"], m["ReadOnly"]) for m in container(spec)["HostConfig"]["Mounts"]}
    assert mounts.pop("/run/window") == (str(spec.run), False)
    assert mounts.pop("/run/door") == (str(spec.door), True)
    assert {Path(target).parent for target in mounts} == {Path("/etc")}
    assert all(read_only for _, read_only in mounts.values())


def test_it_runs_as_its_own_user_and_the_same_in_both_backends(spec: WindowSpec) -> None:
    sandbox = window.sandbox_of(spec, isolation=Isolation.OWN_USER)
    asked = container(spec)
    assert sandbox.identity is not None
    assert (sandbox.identity.uid, sandbox.identity.gid) == (300001, 200001)
    assert asked["User"] == "300001:200001"
    assert asked["Cmd"][-len(sandbox.command) :] == list(sandbox.command)
    assert dict(one.split("=", 1) for one in asked["Env"]) == sandbox.environment


def test_its_limits_are_the_same_in_both_backends(spec: WindowSpec) -> None:
    limits = window.sandbox_of(spec, isolation=Isolation.OWN_USER).limits
    host = container(spec)["HostConfig"]
    assert (limits.memory_bytes, limits.processes, limits.cpu_percent) == (1024 * MIB, 512, 150)
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (1024 * MIB, 1024 * MIB, 512)
    assert host["CpuQuota"] * 100 == 150 * host["CpuPeriod"]


def test_where_memory_cannot_be_limited_as_a_whole_the_browsers_address_space_is_not_limited_either(
    spec: WindowSpec,
) -> None:
    limits = window.sandbox_of(spec, isolation=Isolation.OWN_USER_NO_CONTROL_GROUP).limits
    assert limits.memory_bytes is None
    assert limits.processes == 512


def test_only_a_window_may_build_an_inner_sandbox(spec: WindowSpec) -> None:
    assert window.sandbox_of(spec, isolation=Isolation.OWN_USER).inner_sandbox
    (seccomp,) = [
        one.partition("=")[2]
        for one in container(spec)["HostConfig"]["SecurityOpt"]
        if one.startswith("seccomp")
    ]
    assert json.loads(seccomp) == profile(inner_sandbox=True) != profile()


def test_its_walls_are_those_of_every_container(spec: WindowSpec) -> None:
    host = container(spec)["HostConfig"]
    assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"]) == ("none", True, ["ALL"])
    assert "no-new-privileges" in host["SecurityOpt"]


def test_port_and_paths_agree_with_the_programs() -> None:
    relay = (window.PROGRAMS / "relay.py").read_text()
    assert f"PORT = {window.RELAY_PORT} " in relay
    policies = json.loads((window.PROGRAMS / "policies.json").read_text())
    assert policies["URLAllowlist"][0] == f"http://127.0.0.1:{window.RELAY_PORT}"
    assert (window.PROGRAMS / "start.py").is_file()


@pytest.mark.slow
def test_the_browser_knows_every_policy() -> None:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here: apt-get install chromium")
    names = json.loads((window.PROGRAMS / "policies.json").read_text())
    with CHROMIUM.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as program:
        unknown = [name for name in names if program.find(b"\0" + name.encode() + b"\0") < 0]
    assert unknown == []


def test_its_folders_are_empty_and_the_doors_is_not_its_own(tmp_path: Path) -> None:
    state = tmp_path / "state"
    uid, gid = os.getuid(), os.getgid()
    (state / "run" / "doors" / "alice.one" / "door.sock").mkdir(parents=True)
    run, door, _ = prepare_window(state, seat="alice.one", uid=uid, gid=gid)
    try:
        assert list(run.iterdir()) == [] and list(door.iterdir()) == []
        assert run.stat().st_mode & 0o777 == 0o700
        assert door.stat().st_mode & 0o777 == 0o755
        assert (state / "run" / "doors").stat().st_mode & 0o777 == 0o700
    finally:
        unmount_all(state)
