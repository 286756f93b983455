"""A seat is one person in one project: no other seat's files are there, and nothing joins two projects."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest

from tests.isolation.attempts import files, secrets
from tests.isolation.world import SeatUnderTest, World

HIDDEN = ("home", "outbox", "inbox")
# The operating system's own packages: the host's, for all rooms the same, and long to walk through.
SYSTEM = ["/usr"]


def plant(seat: SeatUnderTest, mark: str) -> list[Path]:
    """Leave a marked file in every folder of a seat, readable by anybody, as the host sees it."""
    places = [seat.folder / name for name in HIDDEN] + [seat.run_dir]
    paths = [place / f".{mark}" for place in places]  # hidden: the airlock looks at other names in the outbox
    for path in paths:
        path.write_text(f"secret of {seat.name}: {mark}")
        path.chmod(0o644)
    return paths


@pytest.mark.parametrize("other", ["the same person in another project", "another member of the project"])
def test_another_seats_files_are_not_visible(world: World, alice_one: SeatUnderTest, other: str) -> None:
    seat = world.seat("alice", "two") if "same person" in other else world.seat("bob", "one")
    mark = uuid4().hex
    planted = plant(seat, mark)
    try:
        found = alice_one.call(secrets.files_holding, [mark[::-1]], world.born - 5, SYSTEM, within_s=120)
        assert found["holding"] == [] and found["read"] > 0
        paths = [str(path) for path in [*planted, seat.folder, seat.run_dir, world.state]]
        paths += [f"/proc/1/root{path}" for path in paths] + [f"/proc/self/root{path}" for path in paths]
        paths += [
            f"/run/room/../{seat.name}",
            f"/workspace/home/../../{seat.name}",
            f"/outbox/../{seat.name}",
        ]
        assert alice_one.call(files.look_at, paths) == []
        seen_by_its_own = seat.call(secrets.files_holding, [mark[::-1]], world.born - 5, SYSTEM, within_s=120)
        assert len(seen_by_its_own["holding"]) == len(planted), "the search does find them where they are"
    finally:
        for path in planted:
            path.unlink()


def test_the_shared_folder_of_another_project_is_not_visible(
    world: World, alice_one: SeatUnderTest, alice_two: SeatUnderTest
) -> None:
    mark = uuid4().hex
    alice_one.call(files.write_text, f"/workspace/shared/{mark}", mark)
    found = alice_two.call(secrets.files_holding, [mark[::-1]], world.born - 5, SYSTEM, within_s=120)
    assert found["holding"] == []


def test_nothing_that_can_be_written_is_mounted_in_two_projects(
    alice_one: SeatUnderTest, alice_two: SeatUnderTest
) -> None:
    one, two = (
        {
            (mount["device"], mount["inode"]): mount["point"]
            for mount in seat.call(files.mounts)
            if mount["writable"]
        }
        for seat in (alice_one, alice_two)
    )
    assert {"/run/room", "/outbox", "/workspace/home", "/workspace/shared"} <= set(one.values())
    # The devices of /dev are of this room's own, but one kernel object stands behind each.
    common = {one[key] for key in one.keys() & two.keys()}
    assert {point for point in common if not point.startswith("/dev/")} == set()
    assert common <= {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx")}


def test_two_members_work_in_the_shared_folder_and_neither_can_remove_it_or_the_others_work(
    alice_one: SeatUnderTest, bob_one: SeatUnderTest
) -> None:
    shared = "/workspace/shared"
    alice_one.call(files.write_text, f"{shared}/from-alice", "hello bob")
    assert bob_one.call(files.read_text, f"{shared}/from-alice") == "hello bob"
    bob_one.call(files.write_text, f"{shared}/from-alice", "hello alice")
    assert alice_one.call(files.read_text, f"{shared}/from-alice") == "hello alice"
    made = alice_one.call(files.facts, f"{shared}/from-alice")
    assert (made["uid"], made["gid"]) == (alice_one.uid, alice_one.gid)
    folder = alice_one.call(files.facts, shared)
    assert folder["mode"] & stat.S_ISGID and folder["uid"] not in {alice_one.uid, bob_one.uid}
    refused = [
        ["rmdir", shared],
        ["rename", shared, "/workspace/gone"],
        ["chmod", shared, 0o777],
        ["chown", shared, bob_one.uid, bob_one.gid],
        ["unlink", f"{shared}/from-alice"],
        ["rename", f"{shared}/from-alice", f"{shared}/taken"],
    ]
    assert "done" not in bob_one.call(files.attempt_all, refused)
    assert alice_one.call(files.read_text, f"{shared}/from-alice") == "hello alice"


def test_one_member_cannot_reach_another_members_processes(
    alice_one: SeatUnderTest, bob_one: SeatUnderTest
) -> None:
    host_pids = bob_one.processes()
    assert host_pids
    found = alice_one.call(files.attempt_all, [["kill", pid, 0] for pid in host_pids])
    inside = alice_one.call(secrets.processes)
    assert all(
        said in {"ESRCH", "EPERM"} or str(pid) in inside for pid, said in zip(host_pids, found, strict=True)
    )
    assert not any(bob_one.name in process["cmdline"] for process in inside.values())
    assert len(bob_one.processes()) == len(host_pids)


def test_home_folders_of_two_members_are_two(alice_one: SeatUnderTest, bob_one: SeatUnderTest) -> None:
    alice_one.call(files.write_text, "/workspace/home/mine", "alice")
    assert bob_one.call(files.read_text, "/workspace/home/mine") == "FileNotFoundError"
