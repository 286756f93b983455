"""The websocket of pixels: who has it, what passes, what ends it, and what is written down."""

from __future__ import annotations

import asyncio
import json
import os
import socket as sockets
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.unit.door.conftest import FREEZE_S, RECHECK_S, SEAT, Place
from tests.unit.door.rfb.streams import (
    Drawn,
    key,
    pointer,
    raw,
    request,
    server_init,
    size,
    update,
    window_handshake,
)
from tests.unit.door.window.stand_ins import StandIn, Viewer, viewer


def entries(store: Store, kind: str) -> list[dict[str, object]]:
    with store.read() as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
        return [json.loads(row.payload) for row in rows]


async def drawn(browser: Viewer, picture: Drawn, updates: int = 1) -> Drawn:
    async with asyncio.timeout(5):
        while picture.updates < updates:
            picture.take(await browser.read(1))
    return picture


async def test_pixels_come_and_input_goes(place: Place, window: StandIn, sqlite_store: Store) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await window.hears(request(0))
        await window.say(update(raw(1, 1, 5, 5)))
        picture = await drawn(browser, Drawn())
        assert set(picture.picture.values()) == {b"\x03\x02\x01"}
        await browser.say(key() + pointer(0))
        await window.hears(key() + pointer(0))
    assert entries(sqlite_store, "door.entered") == [{"seat": SEAT.id, "kind": "window"}]
    await asyncio.wait_for(window.left.wait(), 5)
    assert place.door.carried == set()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"\x03\0\0\0\0\0\0\x06SECRET", "The window sent cut text, which does not pass the door."),
        (b"\xfa" + b"SECRET", "The window sent a message that does not pass the door."),
        (update(raw(24, 0, 1, 1)), "The window drew beside its screen, or more than the screen holds."),
        (update(size(0, 0)), "The window announced a screen of a size that there is not."),
    ],
)
async def test_what_does_not_pass_ends_the_connection_and_is_written_down(
    place: Place, window: StandIn, sqlite_store: Store, said: bytes, sentence: str
) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await window.hears(request(0))
        await window.say(said + update(raw(0, 0, 1, 1)))
        assert await browser.closed() == (4400, sentence)
        assert b"SECRET" not in browser.data
    await asyncio.wait_for(window.left.wait(), 5)
    await place.door.recorder.stop()
    (entry,) = entries(sqlite_store, "door.refused")
    assert (entry["reason"], entry["person"]) == (sentence, "alice")


async def test_cut_text_of_the_browser_ends_the_connection_as_well(
    place: Place, window: StandIn, sqlite_store: Store
) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await browser.say(key() + b"\x06\0\0\0\0\0\0\x06SECRET" + key(0x62))
        code, reason = await browser.closed()
        assert (code, reason) == (4400, "The browser sent cut text, which does not pass the door.")
    await asyncio.wait_for(window.left.wait(), 5)
    assert b"SECRET" not in window.heard
    assert key(0x62) not in window.heard


async def test_a_text_message_does_not_pass(place: Place, window: StandIn) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await browser.socket.send_str("open")
        assert (await browser.closed())[0] == 4400


@pytest.mark.parametrize(
    "handshake", [b"RFB 003.003\n", window_handshake()[:20] + b"\xff" * 40, b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_a_window_that_does_not_shake_hands_is_not_shown(
    place: Place, window: StandIn, handshake: bytes
) -> None:
    place.sign_in()
    window.handshake = handshake
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with viewer(place):
            pass
    assert raised.value.status == 502
    await asyncio.wait_for(window.left.wait(), 5)


@pytest.mark.parametrize("kind", ["nothing", "file", "link", "another user's"])
async def test_what_is_not_the_windows_own_socket_is_not_connected_to(
    place: Place, tmp_path: Path, kind: str
) -> None:
    at = tmp_path / "window" / "rfb.sock"
    place.sign_in()
    match kind:
        case "file":
            at.write_text("")
        case "link":
            at.symlink_to(place.warden.path)
        case "another user's":
            if os.geteuid() != 0:
                pytest.skip("only root can make sockets of other users")
            with sockets.socket(sockets.AF_UNIX) as other:
                other.bind(str(at))
                other.listen()
            os.chown(at, 65533, 65533)
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with viewer(place):
            pass
    assert raised.value.status == 502


@pytest.mark.parametrize("who", ["nobody", "mallory"])
async def test_nobody_else_sees_them(place: Place, window: StandIn, who: str) -> None:
    if who == "mallory":
        place.sign_in("mallorys")
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        async with viewer(place):
            pass
    assert raised.value.status == 403
    assert window.connections == 0


async def test_a_page_elsewhere_does_not_get_them(place: Place, window: StandIn) -> None:
    place.sign_in()
    for origin in ("http://alice--two.lockedroom.localhost", "null", "http://127.0.0.1:8000"):
        headers = {"Cookie": place.cookie, "Origin": origin}
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            await place.http.ws_connect(place.url + "pixels", headers=headers)
        assert raised.value.status == 403
    assert window.connections == 0


async def test_whoever_comes_last_has_the_screen(place: Place, window: StandIn) -> None:
    place.sign_in()
    async with viewer(place) as first:
        await first.shake_hands()
        async with viewer(place) as second:
            assert await first.closed() == (4409, "This room was opened in another tab or window.")
            await second.shake_hands()
            await window.hears(request(0), times=2)
            await window.say(update(raw(0, 0, 2, 2)))
            await drawn(second, Drawn())


async def test_a_window_that_ends_closes_the_websocket(place: Place, window: StandIn) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await window.hears(request(0))
        window.hang_up()
        assert await browser.closed() == (1001, "The room's screen has ended.")


@pytest.mark.parametrize("ends", ["membership", "session"])
async def test_when_it_has_ended_it_is_dark_within_seconds_and_the_window_hears_no_more(
    place: Place, window: StandIn, sqlite_store: Store, ends: str
) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await window.hears(request(0))
        if ends == "session":
            del place.hub.tokens["alices"]
        else:
            with sqlite_store.write() as session:
                who = {"project": SEAT.project, "person": SEAT.person}
                end_member(session, **who, reason="left", actor="console:test", now=utc_now())
        code, _ = await browser.closed(4 * RECHECK_S + 2)
        assert code == 4403
    await asyncio.wait_for(window.left.wait(), 5)


async def test_while_governance_cannot_be_asked_nothing_passes_and_the_browser_is_told(
    place: Place, window: StandIn
) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        await window.hears(request(0))
        await place.warden.stop()
        await place.door.link.close()
        await browser.hears_word("frozen")
        await browser.say(key(0x7A))
        await window.say(update(raw(0, 0, 2, 2)))
        await asyncio.sleep(FREEZE_S / 2)
        assert key(0x7A) not in window.heard
        assert browser.data == b""
        await place.warden.start()
        await browser.hears_word("open")
        await drawn(browser, Drawn())
        await window.hears(key(0x7A))


async def test_only_input_is_activity(place: Place, window: StandIn) -> None:
    place.sign_in()
    async with viewer(place) as browser:
        await browser.shake_hands()
        place.door._last_activity = 0
        await browser.say(request())
        await window.hears(request())
        assert place.door._last_activity == 0
        await browser.say(pointer())
        await window.hears(pointer())
        assert place.door._last_activity > 0


async def test_a_browser_that_does_not_read_holds_the_window_back(place: Place, window: StandIn) -> None:
    """What the door holds is bounded by what it reads at once, whatever the window has to say."""
    place.sign_in()
    side, times = 1024, 10
    window.handshake = window_handshake(server_init(side, side))
    async with viewer(place) as browser:
        await browser.shake_hands()
        for _ in range(times):
            await browser.say(request(0, 0, 0, side, side))
        await window.hears(request(0, 0, 0, side, side), times + 1)
        noise = raw(0, 0, side, side)[:12] + os.urandom(side * side * 4)
        saying = asyncio.create_task(window.say(update(noise) * times))
        passed = -1
        while passed != place.door.recorder.tally.bytes_out:
            passed = place.door.recorder.tally.bytes_out
            await asyncio.sleep(0.5)
        assert not saying.done()
        # What the kernel's buffers take, and little more.
        assert 0 < passed < times * side * side
        saying.cancel()
