"""The room's server answers as it likes; what reaches the browser is the door's own, and the door lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.isolation.attempts import door as attempts
from tests.isolation.raw_http import Raw, Wire
from tests.isolation.world import SeatUnderTest, World

_BODY = "evil body"
HOSTILE = [
    "Set-Cookie: evil=1; Domain=lockedroom.localhost; Path=/",
    "Set-Cookie2: evil=1",
    "Service-Worker-Allowed: /evil",
    'Clear-Site-Data: "evil", "*"',
    "Access-Control-Allow-Origin: https://evil.example",
    "Access-Control-Allow-Credentials: true; evil",
    "Content-Security-Policy: evil *",
    "Location: https://evil.example/",
    "Refresh: 0; url=https://evil.example/",
    "Link: <https://evil.example/>; rel=preload",
    "Alt-Svc: h2=evil.example:443",
    "Strict-Transport-Security: max-age=1; evil",
    "Report-To: evil",
    "NEL: evil",
    "Cross-Origin-Opener-Policy: evil",
    "Permissions-Policy: evil=*",
    "Referrer-Policy: evil",
    "X-Frame-Options: evil",
    "X-JupyterHub-Version: evil",
    "Server: evil",
    "Origin-Agent-Cluster: evil",
    "Cache-Control: public, max-age=31536000, evil",
    "Expires: evil",
    "Age: evil",
    "Vary: evil",
    "Content-Disposition: attachment; filename=evil",
    "Sourcemap: https://evil.example/",
    "Www-Authenticate: Basic realm=evil",
    "Trailer: evil",
    "X-Accel-Redirect: /evil",
]


def answer(
    status: str = "200 OK", headers: list[str] | None = None, body: str = _BODY, length: int | None = None
) -> str:
    """A raw answer."""
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: text/plain",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join([*lines, *(headers or []), "", body])


SECOND = answer("200 OK", ["X-Smuggled: evil"], "smuggled")

# A word in the address, and what the room's server does: the bytes, how often, whether it hangs up then.
ANSWERS: dict[str, list[Any]] = {
    "headers": [answer("200 OK", HOSTILE), 1, True],
    "status-999": [answer("999 evil reason"), 1, True],
    "status-101": [answer("101 Switching Protocols", ["Upgrade: evil", "Connection: upgrade"]), 1, True],
    "status-100": [f"HTTP/1.1 100 Continue\r\nX-Evil: evil\r\n\r\n{answer()}", 1, True],
    "status-407": [answer("407 evil", ["Proxy-Authenticate: Basic realm=evil"]), 1, True],
    "redirect": [answer("302 Found", ["Location: https://evil.example/user/alice/one/lab"]), 1, True],
    "encoded-up": [answer("302 Found", ["Location: /user/alice/one/%2e%2e/%2e%2e/hub/evil"]), 1, True],
    "two-answers": [answer() + SECOND, 1, True],
    "body-of-204": [answer("204 No Content") + SECOND, 1, True],
    "body-of-304": [answer("304 Not Modified") + SECOND, 1, True],
    "length-short": [answer(length=4) + SECOND, 1, True],
    "length-long": [answer(length=4000), 1, True],
    "length-twice": [answer(headers=["Content-Length: 3"]) + SECOND, 1, True],
    "length-negative": [answer(length=-1) + SECOND, 1, True],
    "length-and-chunks": [
        answer(headers=["Transfer-Encoding: chunked"], body="0\r\n\r\n", length=200) + SECOND,
        1,
        True,
    ],
    "chunk-size": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nevil\r\n", 1, True],
    "chunk-huge": [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF0\r\nevil\r\n",
        1,
        True,
    ],
    "chunk-cut": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nevil", 1, True],
    "trailers": [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\nSet-Cookie: evil=1\r\n\r\n",
        1,
        True,
    ],
    "splitting": [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n",
        1,
        True,
    ],
    "line-feeds": [
        "HTTP/1.1 200 OK\nContent-Type: text/plain\nSet-Cookie: evil=1\nContent-Length: 0\n\n",
        1,
        True,
    ],
    "folded": [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n Set-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n",
        1,
        True,
    ],
    "nul": ["HTTP/1.1 200 OK\r\nContent-Type: text/\0evil\r\nContent-Length: 0\r\n\r\n", 1, True],
    "not-http": ["evil" * 100, 1, True],
    "silence": ["", 1, True],
    "huge-headers": [
        "HTTP/1.1 200 OK\r\n" + "".join(f"X-{n}: {'e' * 8000}\r\n" for n in range(3)),
        400,
        True,
    ],
    "huge-line": ["HTTP/1.1 200 OK\r\nX-Evil: " + "e" * 100_000, 50, True],
    "many-headers": ["HTTP/1.1 200 OK\r\n" + "X: e\r\n" * 1000, 500, True],
}
WHOLE = {
    "headers",
    "status-999",
    "status-100",
    "status-407",
    "redirect",
    "encoded-up",
    "two-answers",
    "trailers",
}
ENDLESS: dict[str, list[Any]] = {
    "endless-body": ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + "e" * 60_000, 10**9, True],
    "endless-100": ["HTTP/1.1 100 Continue\r\n\r\n" * 500, 10**9, True],
    "endless-header": ["HTTP/1.1 200 OK\r\nX: " + "e" * 60_000, 10**9, True],
}


@pytest.fixture(scope="module")
def hostile(moved: SeatUnderTest) -> Iterator[SeatUnderTest]:
    """The seat, whose room serves evil in the place of JupyterLab."""
    moved.call(attempts.replace_socket, "nothing", "")
    child = moved.call(attempts.serve_hostile, {**ANSWERS, **ENDLESS})
    yield moved
    moved.call(attempts.end_child, child)
    moved.call(attempts.replace_socket, "nothing", "")


def ask(
    seat: SeatUnderTest, word: str, then: str = "files/x", method: str = "GET"
) -> tuple[Raw | None, bytes]:
    """The answer to a hostile address and, over the same connection, that to one the door refuses itself.

    An answer that the door cut off is ``None``: the proxy then leaves the browser waiting.
    """
    with Wire(seat, seat.world.hub.settings.listen_port) as wire:
        wire.ask(f"lab/tree/{word}", method)
        try:
            found = wire.answer(has_body=method != "HEAD")
        except (EOFError, TimeoutError):
            return None, b""
        try:
            wire.ask(then)
        except OSError:
            return found, b""
        return found, wire.everything(0.5)


def heads(raw: bytes) -> bytes:
    """All that is not body, roughly: used only to look for what must not be there."""
    return raw.split(b"\r\n\r\n", 1)[0]


@pytest.mark.parametrize("word", list(ANSWERS))
def test_the_browser_gets_an_answer_of_the_doors_own_making(hostile: SeatUnderTest, word: str) -> None:
    door = hostile.door_pid
    found, after = ask(hostile, word)
    assert found is not None or word not in WHOLE, "this one is an answer that can be passed on"
    if found is not None:
        assert 200 <= found.status < 600
        # The room may call its content what it likes; it says nothing else.
        said = {name: value for name, value in found.headers.items() if name != "content-type"}
        assert not [f"{name}: {value}" for name, value in said.items() if "evil" in f"{name}{value}".lower()]
        assert not {"set-cookie", "service-worker-allowed", "clear-site-data", "refresh", "link"} & set(
            found.headers
        )
        assert b"smuggled" not in found.body
        assert found.headers["x-frame-options"] == "DENY"
    if after:
        assert after.startswith(b"HTTP/1.1 403 "), "the next answer on this connection is the door's"
        assert b"smuggled" not in after
    assert hostile.door_pid == door
    refused = hostile.get("files/x")
    assert refused[0] == 403, "the door answers"


@pytest.mark.parametrize("word", ["body-of-204", "body-of-304", "two-answers", "length-short"])
def test_an_answer_without_a_body_brings_none(hostile: SeatUnderTest, word: str) -> None:
    found, after = ask(hostile, word, method="HEAD")
    assert found is None or found.status in {200, 204, 304, 502}
    assert b"smuggled" not in after
    assert not after or after.startswith(b"HTTP/1.1 403 ")


def test_a_redirect_leaves_the_seat_neither_by_host_nor_upwards(hostile: SeatUnderTest) -> None:
    for word in ("redirect", "encoded-up"):
        found, _ = ask(hostile, word)
        assert found is not None
        location = found.headers.get("location", "")
        assert "evil" not in location and "%2e" not in location.lower()


@pytest.mark.parametrize("word", list(ENDLESS))
def test_an_answer_without_end_stops_neither_the_door_nor_the_hub(
    world: World, hostile: SeatUnderTest, word: str
) -> None:
    door = hostile.door_pid
    with Wire(hostile, world.hub.settings.listen_port) as wire:
        wire.ask(f"lab/tree/{word}")
        wire.everything(2)
        began = time.monotonic()
        assert hostile.get("files/x")[0] == 403
        assert time.monotonic() - began < 3, "the door answers meanwhile"
        assert world.hub_answers() < 3
    assert eventually(lambda: memory(door) < 300), f"the door holds {memory(door)} MiB"
    assert hostile.door_pid == door


def eventually(holds: Callable[[], bool], within_s: float = 10) -> bool:
    """Whether it comes to hold."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def memory(pid: int) -> int:
    """Resident memory of a process in MiB."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096 // (1 << 20)


def test_no_cookie_and_no_token_of_the_person_reaches_the_room(world: World, hostile: SeatUnderTest) -> None:
    hostile.get("lab/tree/headers")
    asked = hostile.call(kept_requests)
    assert "GET /user/alice/two/lab/tree/headers" in asked
    for word in ("cookie", "authorization", "token", "x-forwarded", "origin:", "referer", "hub"):
        assert word not in asked.lower(), word


def kept_requests() -> str:
    """Everything that was asked of the hostile server."""
    with open("/tmp/requests", "rb") as log:
        return log.read().decode("latin-1")
