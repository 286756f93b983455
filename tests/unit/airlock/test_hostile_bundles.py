"""Whatever a room puts into its outbox: it is taken exactly, or refused with a sentence, and never looped on."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.airlock.outbox import BundleRefused, Limits, copy_bundle, open_outbox, remove_taken
from hub.airlock.states import State
from hub.ledger import EventKind
from hub.store.names import SeatId
from tests.unit.airlock.world import SAFE, World

pytestmark = pytest.mark.slow

CONTENT = SAFE.encode()


def entry(index: int = 0, name: str = "table.csv", content: bytes = CONTENT, **other: Any) -> dict[str, Any]:
    """One file of a manifest."""
    return {
        "index": index,
        "name": name,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **other,
    }


def bundle(outbox: Path, manifest: object = None, contents: tuple[bytes, ...] = (CONTENT,)) -> Path:
    """A bundle as a hostile program would write it: any manifest, any content."""
    made = outbox / "b-1"
    (made / "files").mkdir(parents=True)
    for index, content in enumerate(contents):
        (made / "files" / str(index)).write_bytes(content)
    manifest = {"format": 1, "files": [entry()]} if manifest is None else manifest
    raw = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    (made / "bundle.json").write_bytes(raw)
    return made


def refusal(world: World) -> str:
    """The sentence with which the one bundle was refused; checks what has to hold for each refusal."""
    world.run()
    (number,) = world.numbers()
    assert world.state_of(number) is State.REFUSED
    assert [p.name for p in world.outbox().iterdir() if not p.name.startswith(".")] == []
    assert list(world.quarantine.copies.iterdir()) == []
    assert len(world.ledger(EventKind.BUNDLE_REFUSED)) == 1
    world.run()
    assert world.numbers() == [number], "a refused bundle was looked at again"
    return world.reply(number).sentence


def test_an_honest_bundle_written_by_hand_is_taken(world: World) -> None:
    bundle(world.outbox())
    world.run()
    assert [world.state_of(n) for n in world.numbers()] == [State.STAGED]


def test_a_symbolic_link_in_place_of_a_file_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CONTENT)
    made = bundle(world.outbox())
    (made / "files" / "0").unlink()
    (made / "files" / "0").symlink_to(tmp_path / "secret")
    assert "not an ordinary file" in refusal(world)


def test_a_symbolic_link_in_place_of_the_folder_of_files_is_refused(world: World, tmp_path: Path) -> None:
    made = bundle(world.outbox())
    (made / "files").rename(tmp_path / "elsewhere")
    (made / "files").symlink_to(tmp_path / "elsewhere")
    assert "not a directory" in refusal(world)


def test_a_symbolic_link_in_place_of_the_bundle_is_refused(world: World, tmp_path: Path) -> None:
    made = bundle(world.outbox())
    made.rename(tmp_path / "elsewhere")
    made.symlink_to(tmp_path / "elsewhere")
    assert "not a directory" in refusal(world)
    assert (tmp_path / "elsewhere" / "files" / "0").exists(), "something outside the outbox was removed"


def test_a_symbolic_link_in_place_of_bundle_json_is_refused(world: World, tmp_path: Path) -> None:
    made = bundle(world.outbox())
    (made / "bundle.json").rename(tmp_path / "m")
    (made / "bundle.json").symlink_to(tmp_path / "m")
    assert "not an ordinary file" in refusal(world)


@pytest.mark.parametrize("where", ["files/0", "bundle.json"])
def test_a_fifo_does_not_block_and_is_refused(world: World, where: str) -> None:
    made = bundle(world.outbox())
    (made / where).unlink()
    os.mkfifo(made / where)
    began = time.monotonic()
    assert "not an ordinary file" in refusal(world)
    assert time.monotonic() - began < 5


def test_a_socket_is_refused(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle(world.outbox())
    (made / "files" / "0").unlink()
    monkeypatch.chdir(made / "files")  # socket paths are short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("0")
        assert "not an ordinary file" in refusal(world)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_not_opened_and_refused(world: World) -> None:
    made = bundle(world.outbox())
    (made / "files" / "0").unlink()
    os.mknod(made / "files" / "0", 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    assert "not an ordinary file" in refusal(world)


def test_a_hard_link_to_another_seats_file_is_refused(world: World) -> None:
    theirs = world.outbox("dave") / ".theirs"
    theirs.write_bytes(CONTENT)
    made = bundle(world.outbox())
    (made / "files" / "0").unlink()
    os.link(theirs, made / "files" / "0")
    assert "hard link" in refusal(world)
    assert theirs.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("../../etc/passwd", "slash"),
        ("/etc/passwd", "slash"),
        ("..\\x.csv", "slash"),
        ("..", "full stop"),
        (".hidden", "full stop"),
        ("a\nb.csv", "cannot be seen"),
        ("a\x00b.csv", "cannot be seen"),
        ("a\x1b[2Jb.csv", "cannot be seen"),
        ("vsc.\u202eexe.csv", "cannot be seen"),
        ("a\u200bb.csv", "cannot be seen"),
        ("\ud800.csv", ""),
        ("e\u0301.csv", "accented"),
        (" a.csv", "space"),
        ("ä" * 101, "longer"),
        ("", ""),
    ],
)
def test_names_that_deceive_are_refused(world: World, name: str, because: str) -> None:
    bundle(world.outbox(), {"format": 1, "files": [entry(name=name)]})
    assert because in refusal(world)


@pytest.mark.parametrize("length", [199, 200])
def test_names_up_to_the_limit_are_taken(world: World, length: int) -> None:
    bundle(world.outbox(), {"format": 1, "files": [entry(name="n" * length)]})
    world.run()
    assert [world.state_of(n) for n in world.numbers()] == [State.STAGED]


@pytest.mark.parametrize("name", ["b\nc", "B-1", "b" * 65, "-b", "b\udcff", "b c", "lost+found2"])
def test_a_bundle_whose_own_name_is_strange_is_refused_and_its_name_not_kept(world: World, name: str) -> None:
    (world.outbox() / name).mkdir()
    world.run()
    (number,) = world.numbers()
    assert world.state_of(number) is State.REFUSED
    assert world.reply(number).bundle is None


def test_a_plain_file_in_the_outbox_is_refused_and_kept_for_its_owner(world: World) -> None:
    (world.outbox() / "result").write_text("mine")
    assert "not a directory" in refusal(world)
    (kept,) = world.outbox().iterdir()
    assert kept.read_text() == "mine"


def test_ten_thousand_files_are_refused_without_reading_them(world: World) -> None:
    made = bundle(world.outbox())
    for index in range(1, 10_000):
        (made / "files" / str(index)).touch()
    began = time.monotonic()
    assert "not those that bundle.json lists" in refusal(world)
    assert time.monotonic() - began < 5


def test_ten_thousand_bundles_are_taken_a_few_at_a_time(world: World) -> None:
    for index in range(10_000):
        (world.outbox() / f"b-{index}").mkdir()
    began = time.monotonic()
    assert world.intake.once() >= world.intake.limits.bundles_at_once
    assert time.monotonic() - began < 5
    assert len(world.numbers()) == world.intake.limits.bundles_at_once


def test_a_seat_that_stages_too_much_waits_and_goes_on_after_an_hour(world: World) -> None:
    world.intake.limits = Limits(bundles_an_hour=2)
    for index in range(3):
        (world.outbox() / f"b-{index}").mkdir()
    world.run()
    assert len(world.numbers()) == 2
    world.clock.forward(minutes=61)
    world.run()
    assert len(world.numbers()) == 3


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (b"", "not readable"),
        (b"[" * 60_000, "too deeply"),
        (b'{"format": 1, "files": ' + b"[" * 10 + b"]" * 10 + b"}", "too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too deeply"),
        (b"\xff\xfe{}", "not readable"),
        (b'{"format": 1, "format": 1, "files": []}', "twice"),
        (b'{"format": NaN, "files": []}', "number"),
        (b'{"format": 2, "files": []}', "form of a bundle"),
        (b'{"format": 1, "files": []}', "form of a bundle"),
        (b"null", "form of a bundle"),
        (b'{"format": 1, "files": [], "extra": 1}', "form of a bundle"),
        (b'{"format": 1' + b"0" * 5000 + b', "files": []}', "not readable"),
        (b'{"x": "' + b"a" * 65_536 + b'"}', "at most"),
        (b'"' + b'\\"' * 32_000, "not readable"),
    ],
)
def test_a_strange_bundle_json_is_refused(world: World, raw: bytes, because: str) -> None:
    bundle(world.outbox(), raw)
    assert because in refusal(world)


@pytest.mark.parametrize(
    ("files", "because"),
    [
        ([entry(size=10**18)], "not the one that bundle.json describes"),
        ([entry(size=10**30)], "not the one that bundle.json describes"),
        ([entry(size=-1)], "form of a bundle"),
        ([entry(size=len(CONTENT) + 1)], "not the one that bundle.json describes"),
        ([entry(size=str(len(CONTENT)))], "form of a bundle"),
        ([entry(sha256="0" * 64)], "not the one that bundle.json describes"),
        ([entry(sha256="0" * 63)], "form of a bundle"),
        ([entry(sha256=hashlib.sha256(CONTENT).hexdigest() + "\n")], "form of a bundle"),
        ([entry(1)], "does not number"),
        ([entry(0), entry(0, name="b.csv")], "does not number"),
        ([entry(True)], "form of a bundle"),
        ([entry(0), entry(1)], "same name"),
        ([entry(i, name=f"{i}") for i in range(51)], "form of a bundle"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(world: World, files: list[Any], because: str) -> None:
    bundle(world.outbox(), {"format": 1, "files": files})
    assert because in refusal(world)


def test_a_context_that_hides_something_is_refused(world: World) -> None:
    bundle(world.outbox(), {"format": 1, "files": [entry()], "context": "safe\u202e"})
    assert "context" in refusal(world)


def test_a_context_with_nul_is_refused(both_worlds: World) -> None:
    bundle(both_worlds.outbox(), {"format": 1, "files": [entry()], "context": "a\x00b"})
    assert "context" in refusal(both_worlds)


def test_something_beside_the_files_is_refused(world: World) -> None:
    (bundle(world.outbox()) / "extra").touch()
    assert "something besides" in refusal(world)


def test_a_directory_in_place_of_a_file_is_refused(world: World) -> None:
    made = bundle(world.outbox())
    (made / "files" / "0").unlink()
    (made / "files" / "0").mkdir()
    assert "not an ordinary file" in refusal(world)


def test_a_sparse_file_of_200_mb_is_refused_by_its_size_without_copying(world: World) -> None:
    made = bundle(world.outbox())
    with (made / "files" / "0").open("r+b") as file:
        file.truncate(200 * 1024 * 1024)
    began = time.monotonic()
    assert "at most" in refusal(world)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(("over", "state"), [(-1, State.STAGED), (0, State.STAGED), (1, State.REFUSED)])
def test_the_size_of_a_file_at_its_limit(world: World, over: int, state: State) -> None:
    content = b"a,b\n" + b"x,y\n" * 500
    world.intake.limits = Limits(file_bytes=len(content) - over)
    bundle(world.outbox(), {"format": 1, "files": [entry(content=content)]}, (content,))
    world.run()
    assert [world.state_of(n) for n in world.numbers()] == [state]


@pytest.mark.parametrize(("over", "state"), [(-1, State.STAGED), (0, State.STAGED), (1, State.REFUSED)])
def test_the_size_of_a_bundle_at_its_limit(world: World, over: int, state: State) -> None:
    world.intake.limits = Limits(bundle_bytes=2 * len(CONTENT) - over)
    files = [entry(0, "a.csv"), entry(1, "b.csv")]
    bundle(world.outbox(), {"format": 1, "files": files}, (CONTENT, CONTENT))
    world.run()
    assert [world.state_of(n) for n in world.numbers()] == [state]


@pytest.mark.parametrize(("over", "state"), [(-1, State.STAGED), (0, State.STAGED), (1, State.REFUSED)])
def test_the_number_of_files_at_its_limit(world: World, over: int, state: State) -> None:
    world.intake.limits = Limits(files=3 - over)
    files = [entry(i, f"{i}.csv") for i in range(3)]
    bundle(world.outbox(), {"format": 1, "files": files}, (CONTENT,) * 3)
    world.run()
    assert [world.state_of(n) for n in world.numbers()] == [state]


def test_an_outbox_replaced_by_a_link_is_left_alone(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    world.outbox().rename(elsewhere)
    bundle(elsewhere)
    world.outbox().symlink_to(elsewhere)
    world.run()
    assert world.numbers() == []
    assert (elsewhere / "b-1" / "files" / "0").exists()


def test_a_seat_replaced_by_a_link_is_left_alone(world: World) -> None:
    bundle(world.outbox("dave"))
    alice = world.outbox().parent
    alice.rename(alice.with_name("was-alice"))
    alice.symlink_to(world.outbox("dave").parent)
    world.run()
    assert world.numbers("alice") == []
    assert len(world.numbers("dave")) == 1


def test_a_seat_that_the_store_does_not_know_is_left_alone(world: World) -> None:
    unknown = world.seats / "mallory.heart" / "outbox"
    unknown.mkdir(parents=True)
    bundle(unknown)
    (world.seats / "not a seat").mkdir()
    world.run()
    assert world.numbers() == []
    assert (unknown / "b-1").exists()


def test_hidden_names_are_still_being_written(world: World) -> None:
    bundle(world.outbox()).rename(world.outbox() / ".staging-1")
    world.run()
    assert world.numbers() == []


def in_the_meantime(work: Callable[[], None]) -> tuple[threading.Thread, threading.Event]:
    """Repeat ``work`` in a thread until the event is set."""
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    return thread, stop


@pytest.mark.parametrize("how", ["replaced", "written over", "grown and cut"])
def test_a_file_that_changes_while_it_is_copied_is_refused_or_taken_as_it_was_declared(
    world: World, tmp_path: Path, how: str
) -> None:
    honest, other = b"a,b\n" * 1_000_000, b"x,y\n" * 1_000_000
    declared = hashlib.sha256(honest).hexdigest()
    made = bundle(world.outbox(), {"format": 1, "files": [entry(content=honest)]}, (honest,))
    target, spare = made / "files" / "0", world.outbox() / ".spare"
    turn = iter(range(10**9))

    def change() -> None:
        content = other if next(turn) % 2 else honest
        if how == "replaced":
            spare.write_bytes(content)
            os.replace(spare, target)
        elif how == "written over":
            with target.open("r+b") as file:
                file.write(content)
        else:
            os.truncate(target, len(honest) // 2)
            with target.open("r+b") as file:
                file.write(honest)

    thread, stop = in_the_meantime(change)
    refused = taken = 0
    try:
        for attempt in range(30):
            with open_outbox(world.seats, SeatId("alice.heart")) as box:
                try:
                    copied = copy_bundle(box, "b-1", tmp_path / f"copy-{attempt}", Limits())
                except BundleRefused:
                    refused += 1
                else:
                    taken += 1
                    mine = (tmp_path / f"copy-{attempt}" / "0").read_bytes()
                    assert hashlib.sha256(mine).hexdigest() == copied.files[0].sha256 == declared
    finally:
        stop.set()
        thread.join()
    assert refused > 0, "the race never happened"
    assert refused + taken == 30


def test_what_the_room_adds_during_the_intake_is_moved_aside_not_taken(world: World) -> None:
    made = bundle(world.outbox())
    with open_outbox(world.seats, SeatId("alice.heart")) as box:
        (made / "files" / "surprise").write_text("late")
        remove_taken(box, "b-1")
    (aside,) = world.outbox().iterdir()
    assert aside.name.startswith(".taken-")
    assert (aside / "files" / "surprise").read_text() == "late"
