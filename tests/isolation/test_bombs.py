"""What one seat uses up stays in that seat: the hub and the other seats go on."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from output_checker.isolation import cgroup

from tests.isolation.attempts import processes
from tests.isolation.world import LIMITS, SeatUnderTest, World, read_proc

MEMORY_MB = int(LIMITS["LOCKEDROOM_SEAT_MEMORY_MB"])
PROCESSES = int(LIMITS["LOCKEDROOM_SEAT_PROCESSES"])
DISK_MB = int(LIMITS["LOCKEDROOM_SEAT_DISK_MB"])
_PATIENCE_S = 15


@dataclass
class Meanwhile:
    """The slowest answers while something went on in the bombed seat."""

    hub_s: float = 0.0
    cell_s: float = 0.0
    free_mb: int = 1 << 30
    rounds: int = 0


def watch(world: World, other: SeatUnderTest, bomb: Future[Any]) -> Meanwhile:
    """Ask the hub and run cells in the other seat until the bomb is done."""
    found = Meanwhile()
    while not bomb.done() or found.rounds == 0:
        began = time.monotonic()
        assert other.call(processes.answer, within_s=_PATIENCE_S) == 42
        found.cell_s = max(found.cell_s, time.monotonic() - began)
        found.hub_s = max(found.hub_s, world.hub_answers())
        found.free_mb = min(found.free_mb, free_memory())
        found.rounds += 1
        time.sleep(0.05)
    return found


def free_memory() -> int:
    """Memory that the machine has left, in MiB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) // 1024


def free_disk(world: World) -> int:
    """Disk that the hub's own state has left, in MiB."""
    found = os.statvfs(world.state)
    return found.f_bavail * found.f_bsize >> 20


@pytest.fixture
def bombed(world: World) -> Iterator[SeatUnderTest]:
    """A seat to bomb, whose limits are looked at first: without them no bomb is thrown."""
    seat = world.seat("bob", "one")
    names = ("pids.max", "memory.limit_in_bytes", "memory.max")
    limits = group_limits(seat.processes()[0], names)
    assert sorted(limits) == sorted([str(PROCESSES), str(MEMORY_MB << 20)])
    yield seat
    with contextlib.suppress(TimeoutError):
        seat.open()


def group_limits(pid: int, names: tuple[str, ...]) -> list[str]:
    """What stands in these files of a process's own control group, in every hierarchy that has them."""
    hierarchies = cgroup.find_hierarchies()
    assert hierarchies is not None
    found = []
    for line in read_proc(pid, "cgroup").decode().splitlines():
        _, controllers, path = line.split(":", 2)
        root = hierarchies.unified or hierarchies.controllers.get(controllers)
        if root is not None:
            files = [root / path.lstrip("/") / name for name in names]
            found += [file.read_text().strip() for file in files if file.exists()]
    return found


@pytest.mark.parametrize("threads", [False, True], ids=["processes", "threads"])
def test_five_thousand_forks_stay_in_the_seat(
    world: World, alice_one: SeatUnderTest, bombed: SeatUnderTest, threads: bool
) -> None:
    few = bombed.call(processes.fork_many, 20, threads)
    assert few["started"] == 20, "a few are everyday work"
    bomb = bombed.begin(processes.fork_many, 5000, threads, within_s=120)
    meanwhile = watch(world, alice_one, bomb)
    assert 20 < bomb.result()["started"] < PROCESSES
    assert meanwhile.hub_s < 5 and meanwhile.cell_s < _PATIENCE_S


def test_a_fork_bomb_that_ignores_signals_is_ended_in_seconds_with_its_seat(
    world: World, alice_one: SeatUnderTest, bombed: SeatUnderTest
) -> None:
    bombed.call(processes.fork_without_end, 60)
    deadline = time.monotonic() + 20
    while len(bombed.processes()) < PROCESSES // 2:
        assert time.monotonic() < deadline, "the bomb did not start"
        time.sleep(0.1)
    assert len(bombed.processes()) <= PROCESSES
    assert alice_one.call(processes.answer, within_s=_PATIENCE_S) == 42
    assert world.hub_answers() < 5
    assert bombed.close() < 10
    assert bombed.processes() == []
    bombed.open()
    assert bombed.call(processes.answer) == 42


def test_a_memory_bomb_stays_in_the_seat(
    world: World, alice_one: SeatUnderTest, bombed: SeatUnderTest
) -> None:
    before = free_memory()
    assert before > 3 * MEMORY_MB, "so that the machine stays safe even if the limit does not hold"
    assert bombed.call(processes.eat_memory, 50) == {"taken": 50, "killed_by": 0}
    bomb = bombed.begin(processes.eat_memory, 2 * MEMORY_MB, within_s=120)
    meanwhile = watch(world, alice_one, bomb)
    found = bomb.result()
    assert found["killed_by"] == 9 and found["taken"] < MEMORY_MB
    assert meanwhile.hub_s < 5 and meanwhile.cell_s < _PATIENCE_S
    assert bombed.call(processes.answer) == 42, "the notebook itself lives"


@pytest.mark.parametrize(
    ("folder", "megabytes"),
    [
        ("/workspace/home", DISK_MB),
        ("/outbox", 256),
        ("/run/room", 1),
        ("/dev/shm", 64),
        ("/tmp", 512),
    ],
)
def test_a_folder_that_is_filled_up_is_full_and_the_hubs_disk_is_not(
    world: World, alice_one: SeatUnderTest, bombed: SeatUnderTest, folder: str, megabytes: int
) -> None:
    before = free_disk(world)
    bomb = bombed.begin(processes.fill, folder, 2 * megabytes, within_s=120)
    meanwhile = watch(world, alice_one, bomb)
    found = bomb.result()
    assert found["said"] == "ENOSPC" and found["written"] <= megabytes
    # The image of a seat's disk takes what is written to it, and no more than its own size.
    assert free_disk(world) > before - megabytes - 256
    assert meanwhile.hub_s < 5 and meanwhile.cell_s < _PATIENCE_S


@pytest.mark.parametrize(
    "folder", ["/workspace/home", "/outbox", "/workspace/shared", "/run/room", "/tmp", "/dev/shm"]
)
def test_every_folder_a_room_can_write_is_a_file_system_of_a_limited_size_of_its_own(
    world: World, bombed: SeatUnderTest, folder: str
) -> None:
    found = bombed.call(size_of, folder)
    assert found["device"] != os.stat(world.state).st_dev
    assert found["megabytes"] <= 2048


def size_of(folder: str) -> dict[str, int]:
    """Device and size of a folder's file system."""
    import os

    found = os.statvfs(folder)
    return {"device": os.stat(folder).st_dev, "megabytes": found.f_blocks * found.f_frsize >> 20}


def test_empty_files_without_end_use_up_the_seats_disk_only(world: World, bombed: SeatUnderTest) -> None:
    before = os.statvfs(world.state).f_favail
    for folder in ("/workspace/home", "/run/room"):
        found = bombed.call(processes.make_files, folder, 200_000, within_s=120)
        assert found["said"] == "ENOSPC"
    assert os.statvfs(world.state).f_favail > before - 10_000


def test_no_process_of_the_room_holds_a_file_of_the_hubs_disk_that_it_could_write(
    world: World, bombed: SeatUnderTest
) -> None:
    disk = os.stat(world.state).st_dev
    held = []
    for pid in bombed.processes():
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                flags = int(read_proc(pid, f"fdinfo/{fd}").split(b"flags:")[1].split()[0], 8)
                if flags & os.O_ACCMODE and os.stat(f"/proc/{pid}/fd/{fd}").st_dev == disk:
                    held.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    assert held == []


def test_a_seat_whose_disk_is_full_opens_again(bombed: SeatUnderTest) -> None:
    bombed.call(fill_for_good, "/workspace/home")
    bombed.restart()
    assert bombed.call(processes.answer) == 42
    bombed.call(clear, "/workspace/home")


def fill_for_good(folder: str) -> None:
    """Leave a folder full."""
    import contextlib

    with contextlib.suppress(OSError), open(f"{folder}/full", "wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
    with contextlib.suppress(OSError), open(f"{folder}/full", "ab", buffering=0) as file:
        while True:
            file.write(b"x")


def clear(folder: str) -> None:
    """Remove what :func:`fill_for_good` left."""
    import os

    os.unlink(f"{folder}/full")


def test_a_room_without_memory_left_is_stopped_in_seconds(world: World, bombed: SeatUnderTest) -> None:
    bombed.begin(eat_with_many, within_s=30)
    time.sleep(3)
    assert world.hub_answers() < 5
    assert bombed.close() < 10
    assert bombed.processes() == []


def eat_with_many() -> None:
    """Several processes that each take what they can, again and again."""
    import os

    for _ in range(8):
        if os.fork() == 0:
            held = []
            while True:
                try:
                    held.append(bytearray(os.urandom(4096) * 4096))
                except MemoryError:
                    held.clear()


def test_a_room_that_ends_itself_ends_nothing_else(
    world: World, alice_one: SeatUnderTest, bombed: SeatUnderTest
) -> None:
    door = bombed.door_pid
    bombed.begin(end_everything)
    deadline = time.monotonic() + 30
    while bombed.processes() or Path(f"/proc/{door}").exists():
        left = {pid: read_proc(pid, "cmdline") for pid in bombed.processes()}
        assert time.monotonic() < deadline, f"still there: {left or 'the door'}"
        time.sleep(0.1)
    assert world.hub_answers() < 5
    assert alice_one.call(processes.answer) == 42
    bombed.restart()
    assert bombed.call(processes.answer) == 42


def end_everything() -> None:
    """Kill every process that this room may kill, its own server included."""
    import os

    os.kill(-1, 9)
