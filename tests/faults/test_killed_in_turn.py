"""Hub, proxy, door and engine are killed in turn while a kernel runs: nothing is lost, and the kernel runs on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from hub.ledger import EventKind
from tests.docker_engine import Engine
from tests.faults.witness import Witness, until
from tests.isolation.world import World
from tests.journey.journey import ledger_payloads

FREEZE_S = 10.0
# What rooms are made of makes no difference to these.
once = pytest.mark.parametrize("world", ["bubblewrap"], indirect=True)


@pytest.fixture
def witness(world: World) -> Iterator[Witness]:
    """A kernel that counts into a file, and what is known of it. Afterwards: nothing lost, whatever was killed."""
    witness = Witness(world)
    yield witness
    witness.nothing_is_lost()


def test_a_door_that_is_killed_opens_again_before_the_same_kernel(world: World, witness: Witness) -> None:
    before = witness.door
    os.kill(before, signal.SIGKILL)
    until(lambda: witness.door not in {None, before}, 15, "another door")
    until(witness.answers, 15, "the door answers the browser that was signed in before")
    witness.reconnect()
    assert "another one opens" in ledger_payloads(world.hub, EventKind.DOOR_CLOSED)[-1]["reason"]


@once
def test_a_proxy_that_is_killed_comes_back_with_its_routes(world: World, witness: Witness) -> None:
    (before,) = world.pids_of_hub()["proxy"]
    os.kill(before, signal.SIGKILL)
    until(lambda: world.pids_of_hub()["proxy"] not in ([], [before]), 15, "another proxy")
    until(witness.answers, 20, "the seat's route is there again")
    witness.reconnect()


def test_a_hub_that_is_killed_comes_back_to_its_rooms_and_nobody_is_disconnected(
    world: World, witness: Witness
) -> None:
    talking = witness.talk(lines=120)
    before = world.pids_of_hub()
    os.kill(before["hub"][0], signal.SIGKILL)
    until(lambda: world.pids_of_hub()["hub"] not in ([], before["hub"]), 15, "another hub")
    until(witness.hub_answers, 30, "the hub answers")
    heard_all(talking, 120)
    after = world.pids_of_hub()
    assert (after["proxy"], after["door"]) == (before["proxy"], before["door"])
    until(lambda: ledger_payloads(world.hub, EventKind.SEAT_FOUND), 15, "the ledger says so")
    witness.reconnect()


@once
def test_a_hub_that_comes_back_to_a_door_that_hangs_opens_another_before_the_same_kernel(
    world: World, witness: Witness
) -> None:
    door, (hub,) = witness.door, world.pids_of_hub()["hub"]
    assert door is not None
    os.kill(door, signal.SIGSTOP)
    os.kill(hub, signal.SIGKILL)
    until(lambda: witness.door not in {None, door}, 40, "another door")
    until(witness.hub_answers, 30, "the hub answers")
    until(witness.answers, 30, "the door answers the browser that was signed in before")
    witness.reconnect()


@once
def test_a_hub_that_stays_away_freezes_the_stream_which_goes_on_with_the_next_hub(
    world: World, witness: Witness
) -> None:
    talking = witness.talk(lines=300)
    (hub,) = world.pids_of_hub()["hub"]
    assert world.hub.process is not None
    os.kill(world.hub.process.pid, signal.SIGSTOP)  # or it would start the next one
    os.kill(hub, signal.SIGKILL)
    killed = time.monotonic()
    time.sleep(FREEZE_S + 5)
    last = witness.last_heard - killed
    assert last < FREEZE_S + 1.5, "nothing passes while governance cannot be asked"
    assert not witness.seat.kernel.socket.closed
    os.kill(world.hub.process.pid, signal.SIGCONT)
    heard_all(talking, 300)
    assert witness.last_heard - killed > FREEZE_S + 5


@once
def test_a_hub_that_is_told_to_start_again_disconnects_nobody(world: World, witness: Witness) -> None:
    talking = witness.talk(lines=100)
    before = world.pids_of_hub()
    assert world.hub.process is not None
    os.kill(world.hub.process.pid, signal.SIGHUP)
    until(lambda: world.pids_of_hub()["hub"] not in ([], before["hub"]), 30, "another hub")
    heard_all(talking, 100)
    until(witness.answers, 30, "the door lets new requests in again")
    assert world.pids_of_hub()["door"] == before["door"]


@once
def test_a_door_killed_together_with_its_hub_opens_again(world: World, witness: Witness) -> None:
    door = witness.door
    assert door is not None
    os.kill(world.pids_of_hub()["hub"][0], signal.SIGKILL)
    os.kill(door, signal.SIGKILL)
    until(lambda: witness.door not in {None, door}, 40, "another door")
    until(witness.answers, 20, "the door answers the browser that was signed in before")
    witness.reconnect()


def test_the_next_serve_finds_the_rooms_of_one_that_was_killed(world: World, witness: Witness) -> None:
    hub = world.hub
    assert hub.process is not None
    hub.process.kill()
    hub.process.wait()
    until(lambda: world.pids_of_hub()["hub"] == [], 10, "the hub ends with it")
    # As what a shell starts in the background: it has to stop all the same, see the last test.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        hub.start()
    finally:
        signal.signal(signal.SIGINT, before)
    until(witness.answers, 30, "the room is found")
    witness.reconnect()


def test_an_engine_that_is_killed_leaves_its_rooms_running(
    world: World, witness: Witness, request: pytest.FixtureRequest
) -> None:
    if world.rooms != "docker":
        pytest.skip("rooms in bubblewrap have no engine")
    engine: Engine = request.getfixturevalue("engine")
    talking = witness.talk(lines=60)
    engine.kill()
    heard_all(talking, 60)
    assert witness.answers()
    engine.start()
    witness.reconnect()


def test_the_end_closes_the_room_the_ledger_says_so_and_nothing_is_left(
    world: World, witness: Witness
) -> None:
    witness.nothing_is_lost()
    witness.seat.close()
    assert ledger_payloads(world.hub, EventKind.SEAT_CLOSED)[-1]["reason"] == "stopped"
    assert len(ledger_payloads(world.hub, EventKind.SEAT_OPENED)) == 1, "it was one opening all along"
    witness.closed = True
    assert world.hub.process is not None
    world.hub.process.send_signal(signal.SIGINT)
    assert world.hub.process.wait(30) == 0
    assert world.pids_of_hub() == {"hub": [], "proxy": [], "door": [], "other": []}


def heard_all(talking: Future[list[str]], lines: int) -> None:
    """The cell's whole output came, each line once."""
    assert talking.result(lines / 5 + 60) == [str(number) for number in range(lines)]
