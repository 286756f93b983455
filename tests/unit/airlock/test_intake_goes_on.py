"""The watching intake: one bundle's trouble is not the others', a full disk loses nothing, idling costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.airlock import business, outbox, release
from hub.airlock.locks import Busy, release_lock
from hub.airlock.quarantine import AlreadyRunning
from hub.airlock.states import State
from hub.governance.approvals import record_approval
from hub.governance.people import grant_role
from hub.governance.roles import Role
from hub.ledger import EventKind
from tests.unit.airlock.world import CONSOLE, NOW, SAFE, World

pytestmark = pytest.mark.slow


def test_a_bundle_that_makes_us_stumble_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = world.stage()
    world.stage(person="dave")
    real = outbox.copy_bundle

    def stumble(box: int, name: str, *more: object) -> object:
        if name == bad:
            raise RuntimeError("a fault of ours")
        return real(box, name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "copy_bundle", stumble)
    time.sleep(1.1)  # the second of the same seat has a later name
    world.stage()
    world.run()
    assert (len(world.numbers("alice")), len(world.numbers("dave"))) == (1, 1)
    assert [p.name for p in world.outbox().iterdir()] == [bad]

    monkeypatch.setattr(outbox, "copy_bundle", real)
    world.run()
    assert len(world.numbers("alice")) == 1, "it is not tried again at once"
    world.clock.forward(seconds=31)
    world.run()
    assert len(world.numbers("alice")) == 2


@pytest.fixture
def small_quarantine(world: World) -> Iterator[Path]:
    """A quarantine on a real file system of 128 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    copies = world.quarantine.copies
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(copies)], check=False
    ).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield copies
    subprocess.run(["umount", str(copies)], check=True)


def test_a_full_disk_under_the_quarantine_loses_nothing(world: World, small_quarantine: Path) -> None:
    filler = small_quarantine / "filler"
    filler.write_bytes(b"x" * 100 * 1024)
    world.stage("a,b\n" + "x,120\n" * 10_000)
    world.run()
    assert world.numbers() == []
    assert [p.name for p in small_quarantine.iterdir()] == ["filler"]
    assert len(list(world.outbox().iterdir())) == 1
    filler.unlink()
    world.clock.forward(seconds=31)
    world.run()
    assert len(world.numbers()) == 1
    assert list(world.outbox().iterdir()) == []


def test_idling_hashes_nothing_copies_nothing_and_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.released()
    world.submitted()
    world.run()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("idle means idle")

    for owner, name in ((outbox, "copy_bundle"), (release, "check_request"), (release, "release")):
        monkeypatch.setattr(owner, name, never)
    monkeypatch.setattr(type(world.store), "write", never)
    monkeypatch.setattr(type(world.quarantine), "digest", never)
    for _ in range(3):
        assert world.intake.once() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")
def test_what_can_be_neither_removed_nor_renamed_is_taken_once(world: World) -> None:
    world.stage()
    box = world.outbox()
    subprocess.run(["mount", "--bind", str(box), str(box)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(box)], check=True)
    try:
        for _ in range(3):
            world.run()
            world.intake._stuck.clear()  # as after a restart
        assert len(world.numbers()) == 1
        assert len(world.ledger(EventKind.BUNDLE_TAKEN)) == 1
    finally:
        subprocess.run(["umount", str(box)], check=True)


def test_only_one_intake_works_on_a_state_directory(world: World) -> None:
    def second() -> None:
        with world.quarantine.only_intake():
            pass

    with world.quarantine.only_intake(), pytest.raises(AlreadyRunning, match="already"):
        second()
    second()


def test_a_start_removes_copies_without_a_request_and_keeps_the_others(world: World) -> None:
    number = world.staged()
    for name in (".incoming-abc", "424242"):
        (world.quarantine.copies / name).mkdir()
        (world.quarantine.copies / name / "0").write_text("x")
    world.intake.start()
    assert [p.name for p in world.quarantine.copies.iterdir()] == [str(number)]


def test_a_release_waits_for_another_one_from_the_same_source(world: World) -> None:
    with world.store.write() as session:
        grant_role(session, name="frank", role=Role.COMMITTEE, actor=CONSOLE, now=NOW)
        extract = {"source": "stats19", "tables": {"collisions": {"columns": ["severity"]}}}
        record_approval(session, "heart", extract, actor="frank", now=NOW)
    number = world.approved()
    with release_lock(world.store, ["source:stats19"], seconds=60, clock=world.clock):
        with pytest.raises(Busy):
            release.release(world.airlock, number)
        world.run()
        assert world.state_of(number) is State.APPROVED
    world.run()
    assert world.state_of(number) is State.RELEASED


def test_the_same_file_staged_twice_is_two_requests(world: World) -> None:
    assert world.staged(SAFE) != world.staged(SAFE)


def test_a_reply_of_a_newer_state_is_not_forgotten_when_two_changes_come_at_once(world: World) -> None:
    number = world.staged()
    with world.store.write() as session:
        business.mark_replied(session, number, 1)  # an older reply was written late
    world.submit(number)
    world.run()
    assert world.reply(number).state == "submitted"


def command(world: World, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``lockedroom airlock …`` in a process of its own."""
    room_env = world.state / "room-env"
    if not room_env.exists():
        room_env.mkdir()
        (room_env / "current").write_text("one")
        (room_env / "one").symlink_to(world.python.parent.parent)
        (room_env / "one" / ".complete").touch()
    environment = {
        **os.environ,
        "LOCKEDROOM_STATE": str(world.state),
        "LOCKEDROOM_DATABASE_URL": url,
        "COLUMNS": "200",
    }
    done = [sys.executable, "-m", "hub.cli", "airlock", *arguments]
    return subprocess.run(done, env=environment, capture_output=True, text=True, check=False)


def test_the_command_takes_lists_and_shows(changeable: World, tmp_path: Path) -> None:
    world, url = changeable, f"sqlite:///{tmp_path / 'hub.sqlite'}"
    # The command's clock is the real one; the project's people are not asked for an intake.
    world.stage("a,b\nx,3\n")
    done = command(world, url, "intake")
    assert done.returncode == 0, done.stderr
    (number,) = world.numbers()
    assert world.state_of(number) is State.BLOCKED
    listed = command(world, url, "list").stdout
    assert str(number) in listed
    assert "alice.heart" in listed
    shown = command(world, url, "show", str(number)).stdout
    assert "3 is below 10" in shown
    assert "B2" in shown
    wrong = command(world, url, "show", "1")
    assert wrong.returncode == 3
    assert wrong.stderr.strip() == "There is no request of this number: see lockedroom airlock list."
    unknown = command(world, url, "list", "--state", "bogus")
    assert unknown.returncode == 2 and "is not one of" in unknown.stderr
