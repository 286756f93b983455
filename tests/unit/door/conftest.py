"""A real door between a room that says what a test wants and a hub that knows who is signed in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web as aioweb

from hub.door.context import Door
from hub.door.inner_handlers import inner_listener
from hub.door.server import build_inner_server, build_server
from hub.door.settings import DoorSettings, WindowEnds
from hub.door.warden import Warden
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.names import Seat, parse_person, parse_project
from tests.journey.browser_session import Loopback
from tests.unit import builders

SEAT = Seat(parse_person("alice"), parse_project("road-safety"))
PREFIX = f"/user/{SEAT.person}/{SEAT.project}/"
SCOPE = f"access:servers!server={SEAT.person}/{SEAT.project}"
RECHECK_S, FREEZE_S = 0.2, 1.5


class SignIns:
    """The part of JupyterHub that a door talks to: who a token belongs to, and a token for a code."""

    def __init__(self) -> None:
        self.tokens = {"alices": "alice", "mallorys": "mallory"}
        self.codes = {"alices-code": "alices", "mallorys-code": "mallorys"}
        self.answers = True
        self.scopes = [SCOPE]

    async def user(self, request: aioweb.Request) -> aioweb.Response:
        if not self.answers:
            return aioweb.Response(status=503)
        name = self.tokens.get(request.headers.get("Authorization", "").removeprefix("token "))
        if name is None:
            return aioweb.json_response({"message": "no"}, status=403)
        return aioweb.json_response({"kind": "user", "name": name, "scopes": self.scopes, "groups": []})

    async def token(self, request: aioweb.Request) -> aioweb.Response:
        token = self.codes.pop((await request.post()).get("code"), None)  # type: ignore[arg-type]
        if token is None:
            return aioweb.json_response({"error": "invalid_grant"}, status=400)
        return aioweb.json_response({"access_token": token})


class Place:
    """A door with its room and hub, and a browser before it."""

    def __init__(
        self, door: Door, hub: SignIns, warden: Warden, port: int, http: aiohttp.ClientSession
    ) -> None:
        self.door, self.hub, self.warden, self.port, self.http = door, hub, warden, port, http
        self.room: Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]] = self.greet
        self.seen: list[aioweb.Request] = []
        self.cookie = ""

    @property
    def url(self) -> str:
        return self.door.settings.origin + PREFIX

    async def greet(self, request: aioweb.Request) -> aioweb.StreamResponse:
        return aioweb.Response(text="the room")

    async def asked(self, request: aioweb.Request) -> aioweb.StreamResponse:
        self.seen.append(request)
        return await self.room(request)

    def sign_in(self, token: str = "alices") -> None:
        """Give the browser the cookie that the door would set."""
        from tornado.web import create_signed_value

        signed = create_signed_value(self.door.cookie_secret, self.door.auth.cookie_name, token)
        self.cookie = f"{self.door.auth.cookie_name}={signed.decode()}"

    def ask(self, path: str = "lab", method: str = "GET", **headers: str) -> Any:
        sent = {"Cookie": self.cookie} if self.cookie else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, self.url + path, headers=sent, allow_redirects=False)


@pytest.fixture
async def place(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    async with standing_door(sqlite_store, tmp_path, monkeypatch) as here:
        yield here


@contextlib.asynccontextmanager
async def standing_door(
    sqlite_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    window: WindowEnds | None = None,
    *,
    recheck_s: float = RECHECK_S,
    freeze_s: float = FREEZE_S,
) -> AsyncIterator[Place]:
    """A door of alice's seat with its hub and room; a window's door with ``window``."""
    now = utc_now()
    builders.person(sqlite_store)
    builders.project(sqlite_store, starts_at=now - builders.DAY, ends_at=now + builders.DAY)
    builders.member(sqlite_store, starts_at=now - builders.DAY, ends_at=now + builders.DAY)
    warden = Warden(sqlite_store, tmp_path)
    await warden.start()

    hub = SignIns()
    hub_app = aioweb.Application()
    hub_app.router.add_get("/hub/api/user", hub.user)
    hub_app.router.add_post("/hub/api/oauth2/token", hub.token)
    hub_runner = aioweb.AppRunner(hub_app, shutdown_timeout=0.1)
    await hub_runner.setup()
    hub_listener = socket.create_server(("127.0.0.1", 0))
    await aioweb.SockSite(hub_runner, hub_listener).start()

    door_listener = socket.create_server(("127.0.0.1", 0))
    door_listener.setblocking(False)
    port = int(door_listener.getsockname()[1])
    origin = f"http://{SEAT.person}--{SEAT.project}.lockedroom.localhost:{port}"
    for name, value in {
        "JUPYTERHUB_API_TOKEN": "the-doors-own",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice-road-safety",
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub_listener.getsockname()[1]}/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_HOST": "http://lockedroom.localhost:1",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": f'["{SCOPE}"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": origin + PREFIX + "oauth_callback",
    }.items():
        monkeypatch.setenv(name, value)

    run = tmp_path / "room"
    run.mkdir()
    settings = DoorSettings(
        origin=origin,
        hub_origin="http://lockedroom.localhost:1",
        prefix=PREFIX,
        owner=SEAT.person,
        server_name=SEAT.project,
        activity_url="http://127.0.0.1:1/activity",
        run_dir=run,
        room_uid=os.geteuid(),
        warden=warden.path,
        warden_token=warden.post(SEAT),
        cookie_secret="c" * 64,
        recheck_s=recheck_s,
        freeze_s=freeze_s,
        listen_fd=-1,
        networks=None,
        trusted_proxies=(),
        window=window,
    )
    door = Door(settings)
    await door.start()
    server = build_server(door)
    server.add_socket(door_listener)
    servers = [server]
    if window is not None:
        servers.append(build_inner_server(door))
        servers[1].add_socket(inner_listener(window.inner_dir))
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        cookie_jar=jar, connector=aiohttp.TCPConnector(resolver=Loopback()), auto_decompress=False
    ) as http:
        here = Place(door, hub, warden, port, http)
        room_app = aioweb.Application(client_max_size=2**27)
        room_app.router.add_route("*", "/{path:.*}", here.asked)
        room_runner = aioweb.AppRunner(room_app, shutdown_timeout=0.1)
        await room_runner.setup()
        await aioweb.UnixSite(room_runner, str(run / "lab.sock")).start()
        yield here
    for server in servers:
        server.stop()
        await server.close_all_connections()
    await door.stop()
    await asyncio.wait_for(room_runner.cleanup(), 20)
    await hub_runner.cleanup()
    await warden.stop()
