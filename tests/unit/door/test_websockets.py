"""Websockets through a door: their form, their size, how many, and their end."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web as aioweb
from sqlalchemy import select

from hub.door import relay_websocket, server
from hub.door.budget import TOO_MUCH
from hub.door.cell_store import CellStore
from hub.door.cells import BINARY_PROTOCOL
from hub.door.relay_websocket import MAX_CODE
from hub.door.watch import Standing
from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.unit.door.asking import KERNEL, dial, echo, execute, status
from tests.unit.door.conftest import FREEZE_S, RECHECK_S, SEAT, Place, standing_door


def end_alices(store: Store) -> None:
    """End the membership."""
    with store.write() as session:
        who = {"project": SEAT.project, "person": SEAT.person}
        end_member(session, **who, reason="left", actor="console:test", now=utc_now())


def cells_kept(place: Place) -> list[str]:
    """The texts that passed, as the project's store has them."""
    return [record["code"] for record in CellStore(place.warden._state, SEAT.project).read()]


def ledger_kinds(store: Store) -> list[str]:
    """The kinds of all entries."""
    with store.read() as session:
        return list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))


async def frozen(place: Place) -> None:
    """Until the door is."""
    async with asyncio.timeout(5):
        while place.door.watch.standing() is not Standing.FROZEN:
            await asyncio.sleep(0.02)


async def test_a_cell_passes_in_the_agreed_form(place: Place) -> None:
    place.sign_in()
    async with dial(place, protocols=("other", BINARY_PROTOCOL)) as channel:
        assert channel.protocol == BINARY_PROTOCOL
        await channel.send_bytes(execute("1+1"))
        assert await channel.receive_bytes(timeout=5) == execute("1+1")


async def test_a_message_in_another_form_closes_the_channel_and_does_not_pass(place: Place) -> None:
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await channel.send_str(
            '{"channel":"shell","header":{"msg_type":"execute_request"},"content":{"code":"1"}}'
        )
        assert (await channel.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert channel.close_code == 4400


async def test_a_room_that_agrees_to_another_form_is_not_connected(place: Place) -> None:
    async def other(request: aioweb.Request) -> aioweb.StreamResponse:
        channel = aioweb.WebSocketResponse()
        await channel.prepare(request)
        return channel

    place.sign_in()
    connecting = dial(place, protocols=(BINARY_PROTOCOL,))
    place.room = other
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        await connecting
    assert raised.value.status == 502


@pytest.mark.parametrize(("size", "passes"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("character", ["x", "\U0001f600"])
async def test_the_longest_cell_is_counted_in_bytes(
    place: Place, character: str, size: int, passes: bool
) -> None:
    place.sign_in()
    code = character * (MAX_CODE // len(character.encode()) + size)
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await channel.send_bytes(execute(code))
        said = await channel.receive(timeout=5)
        assert (said.type is aiohttp.WSMsgType.BINARY) is passes
        assert passes or channel.close_code == 4400


async def test_beyond_the_budget_the_channel_closes_with_the_reason_and_the_cell_does_not_pass(
    place: Place,
) -> None:
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        place.warden._budgets[SEAT.id].events.level = -1_000_000
        await channel.send_bytes(execute("1"))
        said = await channel.receive(timeout=5)
        assert (said.type, said.extra) == (aiohttp.WSMsgType.CLOSE, TOO_MUCH)


@pytest.mark.parametrize("size", [16 * 1024 * 1024 + 1])
async def test_a_message_that_is_too_large_closes_the_channel(place: Place, size: int) -> None:
    place.sign_in()
    async with dial(place, "api/events/subscribe") as channel:
        with contextlib.suppress(ConnectionError):  # the door may hang up before it has heard everything
            await channel.send_bytes(b"x" * size)
        assert (await channel.receive(timeout=10)).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


@pytest.mark.parametrize(
    "origin", ["http://alice--two.lockedroom.localhost", "null", "http://lockedroom.localhost:1"]
)
async def test_a_websocket_of_another_origin_is_refused(place: Place, origin: str) -> None:
    place.sign_in()
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        await dial(place, origin=origin)
    assert raised.value.status == 403
    assert place.seen == []


async def test_a_websockets_address_without_a_websocket_does_not_reach_the_room(place: Place) -> None:
    place.sign_in()
    assert await status(place, KERNEL) == 400
    assert place.seen == []


async def test_a_broken_handshake_leaves_nothing_open_in_the_room(place: Place) -> None:
    place.sign_in()
    place.room = echo
    origin = place.door.settings.origin
    assert await status(place, KERNEL, Upgrade="websocket", Connection="Upgrade", Origin=origin) in {400, 426}
    await asyncio.sleep(0.2)
    assert place.door.carried == set()


@pytest.mark.parametrize("ends", ["membership", "session"])
async def test_an_open_websocket_is_closed_within_seconds(
    place: Place, sqlite_store: Store, ends: str
) -> None:
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await channel.send_bytes(execute("1"))
        await channel.receive_bytes(timeout=5)
        if ends == "session":
            del place.hub.tokens["alices"]
        else:
            end_alices(sqlite_store)
        closed = await channel.receive(timeout=4 * RECHECK_S + 2)
        assert closed.type is aiohttp.WSMsgType.CLOSE
        assert channel.close_code == 4403


@pytest.mark.parametrize(("others", "opens"), [(14, True), (15, True), (16, False)])
async def test_a_door_carries_so_many_websockets_at_once(place: Place, others: int, opens: bool) -> None:
    place.sign_in()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(others):
            await stack.enter_async_context(dial(place))
        if opens:
            await stack.enter_async_context(dial(place))
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
                await dial(place)
            assert raised.value.status == 429
    await asyncio.sleep(0.2)
    assert place.door.websockets == 0
    assert place.door.carried == set()
    async with dial(place):
        assert place.door.websockets == 1


async def test_a_websocket_that_opened_while_the_door_closed_is_closed(place: Place) -> None:
    place.sign_in()

    async def slow(request: aioweb.Request) -> aioweb.StreamResponse:
        place.door.watch.membership.answered("No longer.", 0)
        place.door.watch._open = False  # what was open then has been closed already
        place.door.watch.ask = lambda: asyncio.sleep(0, "No longer.")
        return await echo(request)

    connecting = dial(place)
    place.room = slow
    async with connecting as channel:
        assert (await channel.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE
        assert channel.close_code == 4403


async def test_a_door_that_cannot_ask_holds_what_both_sides_say_and_passes_it_afterwards(
    place: Place, sqlite_store: Store
) -> None:
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await channel.send_bytes(execute("1"))
        await channel.receive_bytes(timeout=5)
        await place.warden.stop()
        await place.door.link.close()
        await frozen(place)
        await channel.send_bytes(execute("2"))
        with pytest.raises(TimeoutError):
            await channel.receive(timeout=2 * FREEZE_S)
        assert cells_kept(place) == ["1"]
        assert await status(place) == 503, "what is asked anew is refused"
        await place.warden.start()
        assert await channel.receive_bytes(timeout=5) == execute("2")
    assert cells_kept(place) == ["1", "2"]
    assert ledger_kinds(sqlite_store).count("cell.passed") == 2
    assert "door.gap" not in ledger_kinds(sqlite_store)


async def test_what_the_room_says_waits_while_the_hub_cannot_be_asked_who_signed_in(place: Place) -> None:
    place.sign_in()
    said = asyncio.Event()

    async def talk(request: aioweb.Request) -> aioweb.StreamResponse:
        channel = aioweb.WebSocketResponse()
        await channel.prepare(request)
        await said.wait()
        await channel.send_str("secret")
        await channel.receive()
        return channel

    connecting = dial(place, "api/events/subscribe")
    place.room = talk
    async with connecting as channel:
        place.hub.answers = False
        await asyncio.sleep(FREEZE_S + 2 * RECHECK_S)
        said.set()
        with pytest.raises(TimeoutError):
            await channel.receive(timeout=FREEZE_S)
        place.hub.answers = True
        assert await channel.receive_str(timeout=5) == "secret"


async def test_what_waits_in_a_freeze_stays_connected_though_nobody_reads_an_answer_to_a_ping(
    monkeypatch: pytest.MonkeyPatch, sqlite_store: Store, tmp_path: Path
) -> None:
    every_s = 0.4
    monkeypatch.setattr(server, "PING_EVERY_S", every_s)
    async with standing_door(sqlite_store, tmp_path, monkeypatch) as place:
        place.sign_in()
        async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
            await place.warden.stop()
            await place.door.link.close()
            await frozen(place)
            await channel.send_bytes(execute("1"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4 * every_s):  # receive's own begins anew with each ping
                    await channel.receive()
            await place.warden.start()
            assert await channel.receive_bytes(timeout=5) == execute("1")


async def test_what_the_room_says_in_a_freeze_does_not_make_it_give_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_s = 0.6
    monkeypatch.setattr(relay_websocket, "ALIVE_EVERY_S", every_s / 6)
    place.sign_in()

    async def talk(request: aioweb.Request) -> aioweb.StreamResponse:
        channel = aioweb.WebSocketResponse(heartbeat=every_s)
        await channel.prepare(request)
        await channel.receive()
        await frozen(place)
        await channel.send_str("first")
        await channel.receive()
        await channel.send_str("second")
        return channel

    connecting = dial(place, "api/events/subscribe")
    place.room = talk
    async with connecting as channel:
        await channel.send_str("listening")
        await place.warden.stop()
        await place.door.link.close()
        await frozen(place)
        with pytest.raises(TimeoutError):
            await channel.receive(timeout=4 * every_s)
        await place.warden.start()
        assert await channel.receive_str(timeout=5) == "first"
        await channel.send_str("go on")
        assert await channel.receive_str(timeout=5) == "second"


async def test_a_membership_that_ended_during_a_freeze_closes_what_waited(
    place: Place, sqlite_store: Store
) -> None:
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await place.warden.stop()
        await place.door.link.close()
        await frozen(place)
        await channel.send_bytes(execute("too late"))
        end_alices(sqlite_store)
        await place.warden.start()
        assert (await channel.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert channel.close_code == 4403
    assert cells_kept(place) == []
