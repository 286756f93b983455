"""What a browser sends through a door: after the person was let in, so much and no more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web as aioweb

from hub.door import handlers
from hub.door.relay_http import MAX_BODIES, MAX_BODY
from tests.unit.door.asking import KERNEL
from tests.unit.door.conftest import PREFIX, Place


async def announce(
    place: Place, length: int, cookie: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Say that a body of ``length`` bytes comes, and send none of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    origin = place.door.settings.origin
    head = f"PUT {PREFIX}api/contents/x HTTP/1.1\r\nHost: {place.door.settings.host}\r\nOrigin: {origin}\r\n"
    writer.write(f"{head}Cookie: {cookie}\r\nContent-Length: {length}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def test_a_body_is_carried_whole(place: Place) -> None:
    bodies = []

    async def take(request: aioweb.Request) -> aioweb.StreamResponse:
        bodies.append(await request.read())
        return aioweb.Response(text="{}")

    place.room = take
    place.sign_in()
    sent = bytes(range(256)) * 40_000
    headers = {"Cookie": place.cookie, "Origin": place.door.settings.origin}
    async with place.http.put(place.url + "api/contents/x", data=sent, headers=headers) as answer:
        assert answer.status == 200

    async def pieces() -> Any:
        yield b"one"
        yield b"two"

    async with place.http.put(place.url + "api/contents/x", data=pieces(), headers=headers) as answer:
        assert answer.status == 200
    assert bodies == [sent, b"onetwo"]
    assert place.door.bodies == 0


async def test_whoever_is_not_let_in_is_answered_before_any_of_the_body_is_taken(place: Place) -> None:
    reader, writer = await announce(place, MAX_BODY, "")
    assert b" 403 " in await asyncio.wait_for(reader.readline(), 5)
    assert place.door.bodies == 0
    writer.close()


@pytest.mark.parametrize(("more", "code"), [(-1, 0), (0, 0), (1, 413)])
async def test_a_body_has_a_largest_size(place: Place, more: int, code: int) -> None:
    place.sign_in()
    reader, writer = await announce(place, MAX_BODY + more, place.cookie)
    if code:
        assert f" {code} ".encode() in await asyncio.wait_for(reader.readline(), 5)
    else:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.3)
        assert place.door.bodies == MAX_BODY + more
    writer.close()
    await asyncio.sleep(0.1)
    assert place.door.bodies == 0


@pytest.mark.parametrize(("more", "code"), [(-1, 200), (0, 200), (1, 503)])
async def test_all_bodies_together_have_a_largest_size(place: Place, more: int, code: int) -> None:
    place.sign_in()
    place.door.bodies = MAX_BODIES - 100 + more
    headers = {"Cookie": place.cookie, "Origin": place.door.settings.origin}
    async with place.http.put(place.url + "api/contents/x", data=b"x" * 100, headers=headers) as answer:
        assert answer.status == code
    await asyncio.sleep(0.05)
    assert place.door.bodies == MAX_BODIES - 100 + more


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that waits for half a second instead of twenty."""
    monkeypatch.setattr(handlers, "SMALL_BODY_S", 0.5)


@pytest.mark.parametrize("path", ["api", "oauth_callback", KERNEL])
async def test_a_small_body_that_does_not_come_ends_the_connection(
    impatient: None, place: Place, path: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    head = f"GET {PREFIX}{path} HTTP/1.1\r\nHost: {place.door.settings.host}\r\nContent-Length: 9\r\n\r\n"
    writer.write(head.encode() + b"slowly")
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()


async def test_a_body_that_comes_too_slowly_ends_the_connection_and_is_not_held(
    impatient: None, place: Place
) -> None:
    place.sign_in()
    reader, writer = await announce(place, 100, place.cookie)
    writer.write(b"slowly")
    assert await asyncio.wait_for(reader.read(), 3) == b""
    assert place.door.bodies == 0
    assert place.seen == []
    writer.close()


async def test_a_larger_body_may_take_longer(
    impatient: None, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "SLOWEST", 100)
    place.sign_in()
    reader, writer = await announce(place, 200, place.cookie)
    writer.write(b"x" * 100)
    await asyncio.sleep(1)
    writer.write(b"x" * 100)
    assert b" 200 " in await asyncio.wait_for(reader.readline(), 3)
    writer.close()
