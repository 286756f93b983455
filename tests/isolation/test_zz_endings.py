"""What ends, ends within seconds: a membership. What cannot be asked freezes. Killing in turn: see `tests/faults`."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import aiohttp
import pytest
from sqlalchemy import Select, select

from hub.governance import record_approval
from hub.ledger import EventKind
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.isolation.attempts import processes
from tests.isolation.world import SeatUnderTest, World
from tests.journey.browser_session import split
from tests.journey.journey import ledger_payloads
from tests.journey.running_hub import ACTOR
from tests.unit.builders import EXTRACT

WITHIN_S = 10.0
FREEZE_S, RECHECK_S = 10.0, 3.0


async def closing(seat: SeatUnderTest, within_s: float) -> tuple[float, int | None]:
    """When the seat's kernel websocket was closed, and its close code."""
    socket_ = seat.kernel.socket
    async with seat.turn, asyncio.timeout(within_s):
        while True:
            message = await socket_.receive()
            if message.type in {
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.CLOSING,
            }:
                return time.monotonic(), socket_.close_code


def refusal(world: World, person: str, project: str) -> str:
    """Why the room does not open, once the hub has finished stopping the one before."""
    wait, ask = world.background.wait, world.browser(person).hub_api
    deadline = time.monotonic() + 20
    while wait(ask("GET", "user"))[1].get("servers", {}).get(project):
        assert time.monotonic() < deadline, "the hub still shows the seat"
        time.sleep(0.1)
    status, said = wait(ask("POST", f"users/{person}/servers/{project}", {}))
    assert status == 403
    return str(said["message"])


def test_a_membership_that_ends_closes_the_door_and_the_room_within_ten_seconds(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    bob = world.seat("bob", "one")
    assert bob.call(processes.answer) == 42
    watching = world.background.begin(closing(bob, WITHIN_S + 60))
    given = time.monotonic()
    world.hub.command("member", "end", "one", "bob", "--reason", "left")
    ended = time.monotonic()
    dead, code = watching.result(WITHIN_S + 60)
    while bob.processes():
        assert time.monotonic() - ended < WITHIN_S, "the room still runs"
        time.sleep(0.05)
    stopped = time.monotonic()
    with capsys.disabled():
        print(
            f"\n{world.rooms}: lockedroom member end took {ended - given:.1f} s; after it the websocket was dead "
            f"within {max(0.0, dead - ended):.1f} s and the room stopped within {stopped - ended:.1f} s"
        )
    assert dead - ended < WITHIN_S
    assert code == 4403
    assert "member" in refusal(world, "bob", "one")
    assert ledger_payloads(world.hub, EventKind.SEAT_CLOSED)[-1]["seat"] == "bob.one"
    world.renew("bob", "one")
    world.seat("bob", "one")


def test_a_tier_that_rises_ends_the_room_that_was_opened_below_it(world: World) -> None:
    world.hub.add_project("rising", "Rising", tier="synthetic", members=["bob"])
    bob = world.seat("bob", "rising")
    began = time.monotonic()
    with world.hub.store.write() as session:
        record_approval(session, "rising", EXTRACT, actor=ACTOR, now=utc_now(), tier="low")
    world.background.wait(closing(bob, WITHIN_S))
    while bob.processes():
        assert time.monotonic() - began < WITHIN_S, "the room still runs"
        time.sleep(0.1)
    closed = select(LedgerEntry.payload).where(
        LedgerEntry.kind == "seat.closed", LedgerEntry.project == "rising"
    )
    while not (ended := written(world, closed)):  # once the room has ended
        assert time.monotonic() - began < WITHIN_S, "the ledger does not say why"
        time.sleep(0.1)
    (why,) = ended
    assert "the project's tier is low now, and the room was opened as synthetic" in why


def written(world: World, entries: Select[tuple[str]]) -> list[str]:
    """What the ledger has of them by now."""
    with world.hub.store.read() as session:
        return list(session.scalars(entries))


def test_a_hub_that_does_not_answer_freezes_every_door_and_nothing_is_lost(world: World) -> None:
    seat = world.seat("alice", "one")
    seat.let_sleep()
    # A cell that goes on talking: what it says during the freeze comes afterwards.
    code = "import time\nfor number in range(250): print(number, flush=True); time.sleep(0.1)"
    heard: list[tuple[float, str]] = []
    talking = world.background.begin(listen(seat, code, heard))
    time.sleep(1)  # until the ledger has it
    (hub,) = world.pids_of_hub()["hub"]
    began = time.monotonic()
    os.kill(hub, signal.SIGSTOP)
    try:
        time.sleep(FREEZE_S + 5)
        last = max(at for at, _ in heard) - began
        assert FREEZE_S - RECHECK_S - 1 < last < FREEZE_S + 1.5
        assert not seat.kernel.socket.closed
        assert seat.api_status() in {403, 503}, "nothing passes meanwhile"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            world.background.wait(reconnect(seat))
    finally:
        os.kill(hub, signal.SIGCONT)
    talking.result(60)
    assert "".join(text for _, text in heard).split() == [str(number) for number in range(250)]
    assert seat.api_status() == 200


async def listen(seat: SeatUnderTest, code: str, heard: list[tuple[float, str]]) -> None:
    """Run a cell to its end, and note what it prints and when that came."""
    async with seat.turn:
        message_id = await seat.kernel.send("execute_request", {"code": code, "silent": False})
        async for message in seat.kernel.socket:
            assert message.type is aiohttp.WSMsgType.BINARY, message
            _, header, parent, content = split(message.data)
            if parent.get("msg_id") != message_id:
                continue
            if header["msg_type"] == "stream":
                heard.append((time.monotonic(), content["text"]))
            if header["msg_type"] == "status" and content["execution_state"] == "idle":
                return


async def reconnect(seat: SeatUnderTest) -> None:
    """Try to open another kernel websocket with the session of before."""
    url = seat.browser.seat_url(seat.project).replace("http", "ws", 1) + "api/kernels/x/channels"
    async with seat.browser.http.ws_connect(url, headers={"Origin": seat.browser.seat_origin(seat.project)}):
        return
