"""The door's inner socket: the room for the window alone, filtered and recorded as at a ``lab`` door."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from hub.door.cells import BINARY_PROTOCOL
from hub.door.inner_handlers import inner_listener
from hub.governance.members import end_member
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.unit.door.asking import KERNEL, echo, execute
from tests.unit.door.conftest import FREEZE_S, PREFIX, RECHECK_S, SEAT, Place, standing_door
from tests.unit.door.window.stand_ins import ends

BASE = "http://127.0.0.1:8000" + PREFIX
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
async def inside(place: Place, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client of the window's user."""
    connector = aiohttp.UnixConnector(str(tmp_path / "door" / "door.sock"))
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def code(inside: aiohttp.ClientSession, path: str, method: str = "GET", **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with inside.request(method, BASE + path, headers=sent, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


async def test_the_window_reaches_the_room_without_signing_in(
    place: Place, inside: aiohttp.ClientSession
) -> None:
    async with inside.get(BASE + "lab") as answer:
        assert (answer.status, await answer.text()) == (200, "the room")
        assert "ws://127.0.0.1:8000" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
    assert {name.lower() for name in place.seen[0].headers} <= {"host", "accept", "user-agent"}
    assert await code(inside, "api/") == 200
    assert place.seen[1].path == PREFIX + "api/"


async def test_what_hands_out_files_is_closed(place: Place, inside: aiohttp.ClientSession) -> None:
    for path in ("files/x", "view/x", "nbconvert/html/x", "metrics", "api/contents/x?format=base64"):
        assert await code(inside, path) == 403
    assert place.seen == []


async def test_there_is_no_page_of_pixels_and_no_sign_in(inside: aiohttp.ClientSession) -> None:
    for path in ("pixels", "oauth_callback?code=alices-code&state=x", "window/0123456789abcdef/screen.js"):
        assert await code(inside, path) == 403


async def test_it_answers_under_two_names(place: Place, inside: aiohttp.ClientSession) -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000"):
        assert await code(inside, "lab", Host=host) == 200, host
    place.seen.clear()
    own = urlsplit(place.door.settings.origin).netloc
    for host in ("127.0.0.1:8001", "127.0.0.1", "localhost", own, "evil.example:8000", ""):
        assert await code(inside, "lab", Host=host) in {400, 403}, host
    assert place.seen == []


async def test_what_changes_something_comes_from_the_rooms_own_page(
    place: Place, inside: aiohttp.ClientSession
) -> None:
    place.room = echo
    for origin in ("http://localhost:8000", "http://127.0.0.1:8001", place.door.settings.origin, "null"):
        assert await code(inside, "api/sessions", "POST", Origin=origin) == 403, origin
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            await inside.ws_connect(BASE + KERNEL, headers={"Origin": origin})
        assert raised.value.status == 403
    assert await code(inside, "api/sessions", "POST") == 403
    assert place.seen == []
    place.room = place.greet
    assert await code(inside, "api/sessions", "POST", Origin=ORIGIN) == 200


async def test_a_cell_is_written_down_before_it_passes(
    place: Place, inside: aiohttp.ClientSession, sqlite_store: Store
) -> None:
    place.room = echo
    async with inside.ws_connect(
        BASE + KERNEL, headers={"Origin": ORIGIN}, protocols=(BINARY_PROTOCOL,)
    ) as channel:
        await channel.send_bytes(execute("1+1"))
        assert await channel.receive_bytes(timeout=5) == execute("1+1")
    with sqlite_store.read() as session:
        events = session.scalars(select(LedgerEntry.kind)).all()
    assert "cell.passed" in events
    assert "door.entered" not in events  # the person comes in at the other side


async def test_what_the_window_does_is_not_the_persons_activity_nor_passes_to_their_browser(
    place: Place, inside: aiohttp.ClientSession
) -> None:
    place.door._last_activity = 0
    assert await code(inside, "api/sessions", "POST", Origin=ORIGIN) == 200
    assert place.door._last_activity == 0
    assert not place.door.recorder.tally


async def test_when_the_membership_ends_the_windows_websockets_close(
    place: Place, inside: aiohttp.ClientSession, sqlite_store: Store
) -> None:
    place.room = echo
    async with inside.ws_connect(BASE + "api/events/subscribe", headers={"Origin": ORIGIN}) as channel:
        await asyncio.sleep(FREEZE_S * 1.5)
        await channel.send_str("still here")  # no browser's session is asked for
        assert await channel.receive_str(timeout=2) == "still here"
        with sqlite_store.write() as session:
            who = {"project": SEAT.project, "person": SEAT.person}
            end_member(session, **who, reason="left", actor="console:test", now=utc_now())
        closed = await channel.receive(timeout=4 * RECHECK_S + 2)
        assert closed.type is aiohttp.WSMsgType.CLOSE
    assert await code(inside, "lab") == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as another user")
async def test_another_user_is_hung_up_on(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = (
        "import os, socket, sys; os.setgroups([]); os.setgid(uid := int(sys.argv[2])); os.setuid(uid);"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]);"
        "s.sendall(b'GET /user/alice/road-safety/lab HTTP/1.1\\r\\nHost: 127.0.0.1:8000\\r\\n\\r\\n');"
        "print(s.recv(12).decode())"
    )
    async with standing_door(sqlite_store, tmp_path, monkeypatch, ends(tmp_path, uid=421_001)) as place:
        socket = tmp_path / "door" / "door.sock"
        descriptor = os.open(socket.parent, os.O_PATH)
        os.set_inheritable(descriptor, True)
        reach = f"/proc/self/fd/{descriptor}/door.sock"
        said = []
        for uid in (421_001, 421_002, 0):
            asked = await asyncio.create_subprocess_exec(
                sys.executable, "-c", asking, reach, str(uid), stdout=subprocess.PIPE, close_fds=False
            )
            said.append((await asked.communicate())[0].decode().strip())
        os.close(descriptor)
        assert said == ["HTTP/1.1 200", "", ""]
        assert len(place.seen) == 1


def test_a_new_door_takes_the_place_of_an_earlier_ones_socket(tmp_path: Path) -> None:
    for _ in range(2):
        inner_listener(tmp_path).close()
    assert stat.S_ISSOCK((tmp_path / "door.sock").stat().st_mode)


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "door").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="door"):
        inner_listener(tmp_path / "door")
