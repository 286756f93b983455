"""The room of a proof is a seat's room: the same description, but for the command that runs in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from output_checker.isolation import Isolation

from hub.rooms.bubblewrap import sandbox_of
from hub.rooms.docker import container_of
from hub.rooms.spec import RoomFolders, RoomLimits, RoomSpec

COMMAND = ("/env/bin/python", "-c", "pass")
MIB = 1 << 20


@pytest.fixture
def room(tmp_path: Path) -> RoomSpec:
    """A seat's room."""
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    folders = RoomFolders(
        *(tmp_path / name for name in ("a/run", "a/b/home", "outbox", "inbox", "shared", "data"))
    )
    limits = RoomLimits(256 * MIB, 64, 100, 64 * MIB, 64 * MIB, 64 * MIB, 1024)
    return RoomSpec(
        "alice.one",
        "alice",
        "one",
        410_000,
        415_000,
        "/user/alice/one/",
        folders,
        tmp_path,
        limits,
        "sacro",
        "x",
    )


def test_a_sandbox_differs_in_nothing_but_its_command(room: RoomSpec) -> None:
    seats = sandbox_of(room, isolation=Isolation.OWN_USER)
    proofs = sandbox_of(room, isolation=Isolation.OWN_USER, command=COMMAND)
    assert proofs.command == COMMAND != seats.command
    assert proofs.model_copy(update={"command": seats.command}) == seats


def test_a_container_differs_in_nothing_but_its_command(room: RoomSpec) -> None:
    seats, proofs = container_of(room), container_of(room, command=COMMAND)
    entered = len(seats["Cmd"]) - len(proofs["Cmd"])
    assert tuple(proofs["Cmd"][-3:]) == COMMAND and entered > 0
    assert proofs["Cmd"][:-3] == seats["Cmd"][: len(proofs["Cmd"]) - 3]
    assert proofs | {"Cmd": None} == seats | {"Cmd": None}
