"""A file that was let in lies in the running room, where it can be read and not changed, and in no other room."""

from __future__ import annotations

from hub.airlock.ingress.states import State
from hub.governance.roles import Role
from tests.isolation.attempts import files
from tests.isolation.world import SeatUnderTest, World
from tests.journey import coming_in

CODE = b"VALUE = 'let in'\n"


def read(path: str) -> str:
    """What is in a file."""
    from pathlib import Path

    return Path(path).read_text()


def test_what_was_approved_is_in_the_running_room_and_read_only(
    world: World, alice_one: SeatUnderTest, bob_one: SeatUnderTest
) -> None:
    world.hub.add_person("olive", "Olive", Role.OUTPUT_CHECKER)
    number = coming_in.waiting(world.hub, "alice", "one", "means.py", CODE, "A helper.")
    coming_in.approve(world.hub, number, "olive")
    coming_in.await_state(world.hub, number, State.PLACED)
    folder = f"/inbox/{coming_in.row(world.hub, number).placed_as}"
    assert alice_one.call(read, f"{folder}/means.py") == CODE.decode()
    found = alice_one.call(files.change_all_ways, folder, "means.py")
    assert "done" not in found.values(), found
    assert alice_one.call(read, f"{folder}/means.py") == CODE.decode()
    assert bob_one.call(files.look_at, [folder]) == []
