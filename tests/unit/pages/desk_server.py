"""The real desk over HTTP, with a hub that answers one question: whose token is this?

Signing in through a whole JupyterHub is tested in ``test_desk_and_hub``; here the session's cookie is signed as
the desk would sign it after signing in, and everything after that is the real thing.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler, create_signed_value

from hub.pages.desk import Desk, make_app
from hub.pages.desk.identity import DeskOAuth
from tests.unit.airlock.world import World

PREFIX = "/services/desk/"
HOST = "desk.lockedroom.localhost:8000"
ORIGIN = f"http://{HOST}"
ROOMS = "http://lockedroom.localhost:8000/hub/home"


class WhoIsThis(RequestHandler):
    """``/hub/api/user``: the hub's answer, and how often it was asked."""

    asked: int = 0
    answers: dict[str, dict[str, Any]] = {}  # noqa: RUF012

    def get(self) -> None:
        WhoIsThis.asked += 1
        token = self.request.headers.get("Authorization", "").removeprefix("token ")
        if token not in WhoIsThis.answers:
            self.set_status(403)
            self.finish({"message": "no"})
        else:
            self.finish(WhoIsThis.answers[token])


def user(name: str, kind: str = "user", scopes: list[str] | None = None) -> dict[str, Any]:
    """A hub's model of somebody who is signed in."""
    allowed = ["access:services!service=desk"] if scopes is None else scopes
    return {"name": name, "kind": kind, "scopes": allowed, "groups": [], "admin": False}


@dataclass
class Answer:
    """One response."""

    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        """As UTF-8."""
        return self.body.decode()

    @property
    def words(self) -> str:
        """Without markup."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.text))).strip()

    def field(self, name: str, form: str = "") -> str:
        """The value of a hidden field, of the form whose address contains ``form``."""
        page = self.text
        if form:
            page = re.findall(r"<form.*?</form>", page[page.index(form) - 200 :], re.DOTALL)[0]
        found = re.search(rf'name="{name}" value="([^"]*)"', page)
        assert found, f"no field {name} in {page}"
        return unescape(found.group(1))


class Person:
    """A browser in which somebody is signed in (or nobody, without a token)."""

    def __init__(self, base: str, app: Application, token: str | None) -> None:
        self.base = base
        jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        self.http = aiohttp.ClientSession(cookie_jar=jar)
        if token is not None:
            secret = app.settings["cookie_secret"]
            value = create_signed_value(secret, "service-desk", token, version=2).decode()
            jar.update_cookies({"service-desk": value})
            for morsel in jar:
                morsel["path"] = "/"

    async def get(self, path: str = "", **headers: str) -> Answer:
        """Open a page by typing its address."""
        sent = {"Host": HOST, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", **_names(headers)}
        async with self.http.get(self.base + path, headers=sent, allow_redirects=False) as got:
            return Answer(got.status, got.headers, await got.read())

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form from one of the desk's own pages."""
        sent = {"Host": HOST, "Origin": ORIGIN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        sent |= _names(headers)
        sent = {k: v for k, v in sent.items() if v}
        async with self.http.post(self.base + path, data=fields, headers=sent, allow_redirects=False) as got:
            return Answer(got.status, got.headers, await got.read())

    async def click(self, action: str, page: Answer | None = None, **fields: str) -> Answer:
        """Press the button of the form at ``action`` on the own page (or on ``page``)."""
        page = page or await self.get()
        return await self.post(action, {"_xsrf": page.field("_xsrf"), **fields})

    async def review(self, number: int, decision: str, **fields: str) -> Answer:
        """Open the review page and decide on what is there."""
        page = await self.get(f"requests/{number}/review")
        assert page.status == 200, page.words
        hidden = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
        return await self.post(f"requests/{number}/{decision}", {**hidden, **fields})

    async def download(self, number: int, index: int = 0) -> Answer:
        """Press the download button on the own page."""
        page = await self.get()
        action = f"requests/{number}/files/{index}/download"
        return await self.post(action, {"_xsrf": page.field("_xsrf"), "token": page.field("token", action)})


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Running:
    """The desk at work."""

    base: str
    app: Application
    people: list[Person]

    def as_(self, name: str | None) -> Person:
        """A browser with ``name`` signed in."""
        person = Person(self.base, self.app, None if name is None else f"token-{name}")
        self.people.append(person)
        return person


@asynccontextmanager
async def running_desk(world: World) -> AsyncIterator[Running]:
    """Serve the desk of ``world`` on a loopback port."""
    WhoIsThis.asked = 0
    names = ("alice", "bob", "carol", "dave", "erin", "frank", "stranger")
    WhoIsThis.answers = {f"token-{n}": user(n) for n in names}
    hub_socket, hub_port = bind_unused_port()
    hub = HTTPServer(Application([("/hub/api/user", WhoIsThis)]))
    hub.add_socket(hub_socket)
    auth = DeskOAuth(
        api_url=f"http://127.0.0.1:{hub_port}/hub/api",
        api_token="the-desk's-own",
        oauth_client_id="service-desk",
        hub_host="http://lockedroom.localhost:8000",
        hub_prefix="/hub/",
        base_url=PREFIX,
        oauth_redirect_uri=f"{ORIGIN}{PREFIX}oauth_callback",
        access_scopes={"access:services!service=desk"},
        cookie_options={"samesite": "Lax"},
    )
    desk = Desk(
        world.store, world.quarantine, world.state, world.key, auth, PREFIX, ORIGIN, ROOMS, world.clock
    )
    app = make_app(desk)
    socket, port = bind_unused_port()
    server = HTTPServer(app)
    server.add_socket(socket)
    running = Running(f"http://127.0.0.1:{port}{PREFIX}", app, [])
    try:
        yield running
    finally:
        for person in running.people:
            await person.http.close()
        server.stop()
        hub.stop()
        await server.close_all_connections()
