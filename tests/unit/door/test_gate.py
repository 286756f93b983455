"""One door, whole: what it lets in, what it lets out, and how it cuts off."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web as aioweb

from hub.door.budget import TOO_MUCH
from hub.door.cells import BINARY_PROTOCOL
from hub.door.relay_http import MAX_BODIES, MAX_BODY
from hub.door.relay_websocket import MAX_CODE
from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from tests.journey.browser_session import NAVIGATION, join
from tests.unit.door.conftest import FREEZE_S, PREFIX, RECHECK_S, SCOPE, SEAT, Place

KERNEL = "api/kernels/6a1f3c1e-0000-4000-8000-1234567890ab/channels"


async def status(place: Place, *arguments: Any, **headers: str) -> int:
    async with place.ask(*arguments, **headers) as answer:
        await answer.read()
        return int(answer.status)


async def test_the_owner_comes_in_and_the_answer_is_the_doors(place: Place) -> None:
    place.sign_in()
    async with place.ask() as answer:
        assert (answer.status, await answer.text()) == (200, "the room")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert "Server" not in answer.headers
    [request] = place.seen
    assert {name.lower() for name in request.headers} <= {"host", "accept", "user-agent"}
    assert request.headers["Host"] == "localhost"


async def test_without_a_session_a_page_leads_to_the_sign_in_and_nothing_else_does(place: Place) -> None:
    async with place.ask(**{n.replace("-", "_"): v for n, v in NAVIGATION.items()}) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith(
            "http://lockedroom.localhost:1/hub/api/oauth2/authorize?"
        )
    assert await status(place, "lab", Sec_Fetch_Mode="cors") == 403
    assert await status(place, "lab", "POST", Origin=place.door.settings.origin, Accept="text/html") == 403
    assert await status(place, "lab", "HEAD", Accept="text/html") == 403
    assert place.seen == []


@pytest.mark.parametrize("way", ["header", "bearer", "address", "plain cookie", "another door's cookie"])
async def test_a_token_counts_only_in_the_doors_own_signed_cookie(place: Place, way: str) -> None:
    name = place.door.auth.cookie_name
    headers, path = {}, "lab"
    match way:
        case "header":
            headers = {"Authorization": "token alices"}
        case "bearer":
            headers = {"Authorization": "Bearer alices"}
        case "address":
            path = "lab?token=alices"
        case "plain cookie":
            headers = {"Cookie": f"{name}=alices"}
        case "another door's cookie":
            place.door.cookie_secret, place.sign_in()
            headers = {"Cookie": place.cookie[:-4] + "0000"}
            place.cookie = ""
    assert await status(place, path, **headers) == 403
    assert place.seen == []


async def test_another_person_is_refused_with_a_sentence(place: Place) -> None:
    place.sign_in("mallorys")
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 403
        assert "belongs to somebody else" in await answer.text()
    assert place.seen == []


async def test_the_owner_with_a_token_for_something_else_is_not_let_in(place: Place) -> None:
    place.hub.scopes = [SCOPE.replace("road-safety", "other")]
    place.sign_in()
    assert await status(place) == 403


async def test_after_signing_out_the_cookie_stops_within_seconds(place: Place) -> None:
    place.sign_in()
    assert await status(place) == 200
    del place.hub.tokens["alices"]
    await asyncio.sleep(1.2)  # JupyterHub keeps whole seconds
    assert await status(place) == 403


async def test_a_hub_that_does_not_answer_lets_nobody_in_and_says_nothing_of_itself(place: Place) -> None:
    place.sign_in()
    place.hub.answers = False
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 503
        words = await answer.text()
    assert "The hub does not answer" in words
    assert "127.0.0.1" not in words
    assert "API" not in words


@pytest.mark.parametrize("path", ["files/x", "lab/..%2ffiles/x", "metrics", "api/contents/x?format=base64"])
async def test_a_closed_address_is_refused_before_the_room_hears_of_it(place: Place, path: str) -> None:
    place.sign_in()
    assert await status(place, path) == 403
    assert place.seen == []


async def test_another_host_is_refused(place: Place) -> None:
    place.sign_in()
    assert await status(place, "lab", Host="lockedroom.localhost") == 403
    assert await status(place, "oauth_callback?code=alices-code&state=x", Host="lockedroom.localhost") == 403


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


async def test_an_answer_that_never_ends_is_cut_off_when_the_hub_falls_silent(place: Place) -> None:
    place.sign_in()
    waiting = asyncio.create_task(cut_after(place))
    await asyncio.sleep(0.3)
    place.hub.answers = False
    assert await waiting < 0.3 + FREEZE_S + 4 * RECHECK_S + 1


async def test_a_room_that_does_not_answer_is_said_to(place: Place) -> None:
    place.sign_in()
    (place.door.settings.run_dir / "lab.sock").unlink()
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 502
        assert "The room does not answer" in await answer.text()


@pytest.mark.parametrize("path", ["api", "api/"])
async def test_the_hubs_question_is_answered_to_the_hub_and_to_nobody_behind_the_proxy(
    place: Place, path: str
) -> None:
    assert await status(place, path) == 200
    for header in ("X_Forwarded_For", "x_forwarded_host", "X_Forwarded_Proto"):
        assert await status(place, path, **{header: "x"}) == 404


# What a browser sends.


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


# Websockets.


async def echo(request: aioweb.Request) -> aioweb.StreamResponse:
    """A kernel's channel that says back what it hears."""
    asked = request.headers.get("Sec-WebSocket-Protocol")
    channel = aioweb.WebSocketResponse(protocols=(asked,) if asked else (), max_msg_size=2**27)
    await channel.prepare(request)
    async for message in channel:
        if message.type is aiohttp.WSMsgType.BINARY:
            await channel.send_bytes(message.data)
        else:
            await channel.send_str(message.data)
    return channel


def dial(
    place: Place, path: str = KERNEL, *, origin: str | None = None, protocols: tuple[str, ...] = ()
) -> Any:
    place.room = echo
    headers = {"Cookie": place.cookie, "Origin": origin or place.door.settings.origin}
    return place.http.ws_connect(place.url + path, headers=headers, protocols=protocols, max_msg_size=2**27)


def execute(code: str) -> bytes:
    return join("shell", {"msg_type": "execute_request"}, {}, {}, {"code": code})


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
            with sqlite_store.write() as session:
                who = {"project": SEAT.project, "person": SEAT.person}
                end_member(session, **who, reason="left", actor="console:test", now=utc_now())
        closed = await channel.receive(timeout=4 * RECHECK_S + 2)
        assert closed.type is aiohttp.WSMsgType.CLOSE
        assert channel.close_code == 4403


# Signing in.


async def begin(place: Place) -> tuple[str, str]:
    """(the state that goes with the browser to the hub, the cookies that the door set)."""
    async with place.ask(**{n.replace("-", "_"): v for n, v in NAVIGATION.items()}) as answer:
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        return state, "; ".join(cookie.split(";")[0] for cookie in answer.headers.getall("Set-Cookie"))


async def come_back(place: Place, code: str, state: str | None, cookies: str) -> tuple[int, str, str]:
    query = f"oauth_callback?code={code}" + (f"&state={state}" if state is not None else "")
    sent = {n.replace("-", "_"): v for n, v in NAVIGATION.items()}
    async with place.ask(query, **sent, **({"Cookie": cookies} if cookies else {})) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_signing_in_leads_back_to_the_page_that_was_asked_for(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "alices-code", state, cookies))[:2] == (302, PREFIX + "lab")


@pytest.mark.parametrize(
    "wrong", ["state", "no state", "no cookie", "another browser's cookie", "code", "no code"]
)
async def test_a_callback_that_was_not_begun_here_signs_nobody_in(place: Place, wrong: str) -> None:
    state, cookies = await begin(place)
    other_state, other_cookies = await begin(place)
    code = "alices-code"
    sent: tuple[str, str | None, str] = (code, state, cookies)
    match wrong:
        case "state":
            sent = (code, other_state, cookies)
        case "no state":
            sent = (code, None, cookies)
        case "no cookie":
            sent = (code, state, "")
        case "another browser's cookie":
            sent = (code, state, other_cookies)
        case "code":
            sent = ("guessed", state, cookies)
        case "no code":
            sent = ("", state, cookies)
    code_, location, words = await come_back(place, *sent)
    assert code_ in {400, 403, 500}
    assert location == ""
    assert "The door is closed" in words
    assert "Traceback" not in words
    assert "oauth" not in words.lower()


async def test_a_code_works_once(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "alices-code", state, cookies))[0] == 302
    assert (await come_back(place, "alices-code", state, cookies))[0] in {400, 403, 500}


async def test_somebody_else_who_signs_in_here_gets_no_further(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "mallorys-code", state, cookies))[0] == 302
    place.sign_in("mallorys")
    assert await status(place) == 403


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
