"""What a room answers through its door: rebuilt, never believed, and cut off when the person may not be in any more."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web as aioweb

from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from tests.unit.door.asking import status
from tests.unit.door.conftest import FREEZE_S, RECHECK_S, SEAT, Place


@pytest.mark.parametrize(
    ("method", "code", "headers"),
    [
        ("HEAD", 200, {"Content-Length": "8"}),
        ("GET", 204, {}),
        ("GET", 304, {"ETag": '"x"'}),
        ("DELETE", 204, {}),
    ],
)
async def test_answers_without_a_body_stay_without_one(
    place: Place, method: str, code: int, headers: dict[str, str]
) -> None:
    async def answer(request: aioweb.Request) -> aioweb.StreamResponse:
        return aioweb.Response(status=code, headers=headers)

    place.room = answer
    place.sign_in()
    path = "api/contents/x" if method == "DELETE" else "lab"
    for _ in range(2):  # the second shows that the connection is still in step
        async with place.ask(path, method, Origin=place.door.settings.origin) as got:
            assert (got.status, await got.read()) == (code, b"")


async def test_a_compressed_answer_is_not_said_to_be_one(place: Place) -> None:
    async def answer(request: aioweb.Request) -> aioweb.StreamResponse:
        return aioweb.Response(body=b"\x1f\x8b\x08bomb", headers={"Content-Encoding": "gzip"})

    place.room = answer
    place.sign_in()
    async with place.ask() as got:
        assert "Content-Encoding" not in got.headers
        assert await got.read() == b"\x1f\x8b\x08bomb"
    assert "Accept-Encoding" not in place.seen[0].headers


async def test_what_a_hostile_room_left_in_the_cache_is_not_confirmed_by_another_door(place: Place) -> None:
    async def answer(request: aioweb.Request) -> aioweb.StreamResponse:
        if request.headers.get("If-None-Match") == '"v1"':
            return aioweb.Response(status=304)
        return aioweb.Response(text="program", headers={"ETag": '"v1"', "Cache-Control": "max-age=31536000"})

    place.room = answer
    place.sign_in()
    async with place.ask("static/lab/main.js") as got:
        tag = got.headers["ETag"]
        assert got.headers["Cache-Control"] == "private, no-cache"
    assert await status(place, "static/lab/main.js", If_None_Match=tag) == 304
    place.door.mark = "another-door"
    assert await status(place, "static/lab/main.js", If_None_Match=tag) == 200
    assert await status(place, "static/lab/main.js", If_None_Match='"v1"') == 200


async def raw_room(place: Place, said: bytes) -> int:
    """Let the room say exactly ``said`` and hang up; the status that the browser gets."""
    path = place.door.settings.run_dir / "lab.sock"
    path.unlink()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, str(path)):
        return await status(place)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_answer_becomes_one_of_the_doors(place: Place, said: bytes) -> None:
    place.sign_in()
    assert await raw_room(place, said) == 502


async def test_a_second_answer_behind_the_first_is_nobodys(place: Place) -> None:
    """Response splitting: what follows an answer on the same connection is never taken for the next one."""
    place.sign_in()
    smuggled = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    )
    assert await raw_room(place, smuggled) == 200
    assert await raw_room(place, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") == 404


async def endless(request: aioweb.Request) -> aioweb.StreamResponse:
    """A piece, and then nothing, for as long as anybody waits."""
    answer = aioweb.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"first")
    await asyncio.sleep(60)
    return answer


async def cut_after(place: Place) -> float:
    """Seconds until an answer that never ends is cut off; it must not look complete."""
    place.room = endless
    began = time.monotonic()
    async with place.ask() as answer:
        assert await answer.content.readany() == b"first"
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(answer.content.read(), 10)
    return time.monotonic() - began


async def test_an_answer_that_never_ends_is_cut_off_when_membership_ends(
    place: Place, sqlite_store: Store
) -> None:
    place.sign_in()
    who = {"project": SEAT.project, "person": SEAT.person}
    waiting = asyncio.create_task(cut_after(place))
    await asyncio.sleep(0.3)
    with sqlite_store.write() as session:
        end_member(session, **who, reason="left", actor="console:test", now=utc_now())
    assert await waiting < 0.3 + 4 * RECHECK_S + 1
    assert await status(place) == 403


async def test_an_answer_that_never_ends_is_cut_off_when_the_person_signs_out(place: Place) -> None:
    place.sign_in()
    waiting = asyncio.create_task(cut_after(place))
    await asyncio.sleep(0.3)
    del place.hub.tokens["alices"]
    assert await waiting < 0.3 + 4 * RECHECK_S + 1


async def test_an_answer_waits_while_the_hub_is_silent_and_goes_on_afterwards(place: Place) -> None:
    place.sign_in()
    more = asyncio.Event()

    async def two_pieces(request: aioweb.Request) -> aioweb.StreamResponse:
        answer = aioweb.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"first")
        await more.wait()
        await answer.write(b"second")
        return answer

    place.room = two_pieces
    async with place.ask() as answer:
        assert await answer.content.readany() == b"first"
        place.hub.answers = False
        await asyncio.sleep(FREEZE_S + 2 * RECHECK_S)
        more.set()
        reading = asyncio.ensure_future(answer.content.read())
        assert (await asyncio.wait({reading}, timeout=FREEZE_S))[0] == set()
        place.hub.answers = True
        assert await asyncio.wait_for(reading, 5) == b"second"


async def test_a_room_that_does_not_answer_is_said_to(place: Place) -> None:
    place.sign_in()
    (place.door.settings.run_dir / "lab.sock").unlink()
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 502
        assert "The room does not answer" in await answer.text()
