"""A setuid file made in a room is harmless outside it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.isolation.attempts import files
from tests.isolation.world import SeatUnderTest, World

NOBODY = 65534
PLACES = {"/workspace/home": "home", "/outbox": "outbox", "/workspace/shared": "shared", "/run/room": "run"}


def make_setuid(path: str) -> None:
    """A program with the setuid and setgid bits, anybody may start it."""
    import os
    import shutil

    shutil.copyfile("/usr/bin/id", path)
    os.chmod(path, 0o6755)


def on_host(world: World, seat: SeatUnderTest, place: str) -> Path:
    """Where a folder of the room lies on the host."""
    if place == "shared":
        return world.state / "projects" / seat.project / "shared"
    return seat.run_dir if place == "run" else seat.folder / place


@pytest.mark.parametrize("inside", list(PLACES))
def test_a_setuid_file_belongs_to_the_seat_and_has_no_effect_and_no_way_to_it_outside(
    world: World, alice_one: SeatUnderTest, inside: str
) -> None:
    alice_one.call(make_setuid, f"{inside}/.program")
    folder = on_host(world, alice_one, PLACES[inside])
    path = folder / ".program"
    try:
        found = path.stat()
        assert found.st_mode & stat.S_ISUID, "the room may set the bit"
        assert found.st_uid == alice_one.uid and found.st_uid != 0
        assert found.st_gid == alice_one.gid
        # First wall: the file system knows neither setuid nor devices.
        assert os.statvfs(folder).f_flag & os.ST_NOSUID
        assert os.statvfs(folder).f_flag & os.ST_NODEV
        # Second wall: nobody but the hub comes to it.
        assert any(
            parent.stat().st_uid == 0 and parent.stat().st_mode & 0o077 == 0 for parent in path.parents
        )
        assert not can_start(path)
    finally:
        path.unlink()


def can_start(path: Path) -> bool:
    """Whether another user of the host can start the program."""
    try:
        done = subprocess.run(
            [path], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False, cwd="/"
        )
    except PermissionError:
        return False
    return done.returncode == 0


def test_the_check_for_another_user_does_start_what_can_be_started() -> None:
    assert can_start(Path("/usr/bin/id"))


def test_a_setuid_file_of_one_member_gives_the_other_nothing(
    alice_one: SeatUnderTest, bob_one: SeatUnderTest
) -> None:
    alice_one.call(make_setuid, "/workspace/shared/.program")
    said = bob_one.call(run_program, "/workspace/shared/.program")
    assert f"uid={bob_one.uid}" in said and str(alice_one.uid) not in said
    alice_one.call(files.attempt_all, [["unlink", "/workspace/shared/.program"]])


def run_program(path: str) -> str:
    """What a program says."""
    import subprocess

    return subprocess.run([path], capture_output=True, text=True, check=False).stdout


def test_no_device_node_can_be_made(alice_one: SeatUnderTest) -> None:
    block, character = stat.S_IFBLK | 0o666, stat.S_IFCHR | 0o666
    for place in PLACES:
        tried = [["mknod", f"{place}/device", kind, os.makedev(1, 3)] for kind in (block, character)]
        assert set(alice_one.call(files.attempt_all, tried)) <= {"ENOSYS", "EPERM"}
