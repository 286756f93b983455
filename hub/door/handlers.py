"""The door's request handlers: sign-in, the gate every request passes, and the two relays."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from jupyterhub import __version__ as jupyterhub_version
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import web, websocket

from hub.door import headers, origin, routes
from hub.door.cells import BINARY_PROTOCOL
from hub.door.context import Door
from hub.door.pages import sentence_page
from hub.door.relay_http import ask_room
from hub.door.relay_websocket import TO_ROOM_LIMIT, Relay
from hub.door.room_socket import RoomUnreachable


class Gate(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """What every request passes before anything else: host, origin, person, membership, route."""

    door: Door
    owner_session: str | None = None

    def initialize(self, door: Door) -> None:
        """Keep the seat's door."""
        self.door = door

    @property
    def hub_auth(self) -> HubOAuth:
        """The seat's OAuth client."""
        return self.door.auth

    def set_default_headers(self) -> None:
        """The door's own headers, on errors too."""
        self.clear_header("Server")
        settings = self.application.settings["door"].settings
        for name, value in headers.security_headers(settings.origin, settings.hub_origin).items():
            self.set_header(name, value)
        self.set_header("X-JupyterHub-Version", jupyterhub_version)

    def check_xsrf_cookie(self) -> None:
        """Origin and Host are checked in :meth:`prepare`; the seat's origin sets no cookies for this."""

    async def prepare(self) -> None:
        """Refuse, ask to sign in, or let the request go on."""
        settings = self.door.settings
        is_websocket = self.request.headers.get("Upgrade", "").lower() == "websocket"
        self.refuse_if(
            origin.refusal(
                str(self.request.method),
                self.request.headers,
                own_origin=settings.origin,
                own_host=settings.host,
                websocket=is_websocket,
            )
        )
        person = await self.door.person_of(self.session_token(), self.hub_auth.get_session_id(self))
        if person is None:
            if self.request.method == "GET" and not is_websocket and self._is_navigation():
                self.redirect(self.get_login_url())
                return
            raise web.HTTPError(403, "Sign in first: open the seat's page in the browser.")
        if person != settings.owner:
            raise web.HTTPError(403, "This seat belongs to somebody else.")
        self.refuse_if(self.door.watch.why_closed())
        await self.door.entered()

    def session_token(self) -> str | None:
        """The hub's token out of the seat's own signed cookie. Headers and URLs are not looked at."""
        value = self.get_secure_cookie(self.hub_auth.cookie_name)
        return value.decode("ascii", "replace") if value else None

    def room_path(self) -> tuple[str, str]:
        """(raw path below the seat's prefix, raw query) of this request."""
        path, _, query = str(self.request.uri).partition("?")
        prefix = self.door.settings.prefix
        if not path.startswith(prefix):
            raise web.HTTPError(404, "This address does not belong to this seat.")
        return path[len(prefix) - 1 :], query

    def refuse_if(self, reason: str | None) -> None:
        """Stop here with a sentence, if there is one."""
        if reason is not None:
            raise web.HTTPError(403, reason)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A sentence: as a page for people, as JSON for scripts."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        sentence = getattr(error, "log_message", None) if isinstance(error, web.HTTPError) else None
        sentence = sentence or "The door could not answer. Try again; if it stays so, tell an administrator."
        if self._is_navigation():
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(sentence_page(status_code, sentence, self.door.settings.hub_origin))
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": sentence}))

    def _is_navigation(self) -> bool:
        mode = self.request.headers.get("Sec-Fetch-Mode")
        return mode == "navigate" if mode else "text/html" in self.request.headers.get("Accept", "")


class RoomHandler(Gate):
    """HTTP to the room."""

    async def _pass(self) -> None:
        path, query = self.room_path()
        decision = routes.decide(str(self.request.method), path, query, websocket=False)
        if isinstance(decision, routes.Refused):
            raise web.HTTPError(403, decision.reason)
        self.door.note_activity()
        try:
            answer = await ask_room(
                self.door.room,
                method=str(self.request.method),
                path_and_query=str(self.request.uri),
                request_headers=self.request.headers.get_all,
                body=self.request.body or None,
                prefix=self.door.settings.prefix,
            )
        except (RoomUnreachable, aiohttp.ClientError, TimeoutError) as error:
            self.door.log.warning("room unreachable: %s", error)
            raise web.HTTPError(
                502, "The room does not answer. Stop it on the hub and start it again."
            ) from None
        async with answer:
            self.set_status(answer.status)
            self.clear_header("Content-Type")
            for name, value in answer.headers:
                self.add_header(name, value)
            async for piece in answer.body():
                self.refuse_if(self.door.watch.why_closed())
                self.write(piece)
                await self.flush()

    get = post = put = patch = delete = head = _pass


class RoomSocket(Gate, websocket.WebSocketHandler):
    """A websocket to the room."""

    relay: Relay | None = None

    def check_origin(self, origin: str) -> bool:
        """Checked already in :meth:`Gate.prepare`; once more here, since tornado asks."""
        return origin == self.door.settings.origin

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """The binary kernel protocol where the browser offers it; the room must agree."""
        return BINARY_PROTOCOL if BINARY_PROTOCOL in subprotocols else None

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the room's side first, then the browser's."""
        path, query = self.room_path()
        decision = routes.decide("GET", path, query, websocket=True)
        if isinstance(decision, routes.Refused):
            raise web.HTTPError(403, decision.reason)
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        protocol = self.select_subprotocol([name.strip() for name in offered.split(",")])
        relay = Relay(
            self.door, decision.kind, protocol, self.session_token(), self.hub_auth.get_session_id(self)
        )
        try:
            await relay.open(str(self.request.uri))
        except (RoomUnreachable, aiohttp.ClientError, TimeoutError) as error:
            self.door.log.warning("room unreachable: %s", error)
            raise web.HTTPError(
                502, "The room does not answer. Stop it on the hub and start it again."
            ) from None
        self.relay = relay
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """The browser's side is open: start carrying what the room says."""
        assert self.relay is not None
        self.relay.start(self)

    async def on_message(self, message: str | bytes) -> None:
        """One message from the browser; the next one waits until this one is through."""
        if self.relay is not None:
            await self.relay.to_room(message)

    def on_close(self) -> None:
        """The browser left."""
        if self.relay is not None:
            self.relay.end()


class HubPoll(web.RequestHandler):
    """The hub asks here whether the seat answers; nothing of the room is shown."""

    async def get(self) -> None:
        """The version, as JupyterHub expects it."""
        self.set_header("X-JupyterHub-Version", jupyterhub_version)
        self.write({"version": jupyterhub_version})


class OAuthCallback(HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub sends the browser back after signing in."""

    def initialize(self, door: Door) -> None:
        """Keep the seat's door."""
        self.door = door

    @property
    def hub_auth(self) -> HubOAuth:
        """The seat's OAuth client."""
        return self.door.auth

    async def prepare(self) -> None:
        """Only at the seat's own address."""
        if self.request.headers.get("Host", "").lower() != self.door.settings.host:
            raise web.HTTPError(403, "This address does not belong to this seat.")


def build_application(door: Door) -> web.Application:
    """The door as a tornado application."""
    prefix = door.settings.prefix
    arguments = {"door": door}
    return web.Application(
        [
            (prefix + "oauth_callback", OAuthCallback, arguments),
            (prefix + "api/?", HubPoll),
            (
                prefix + r"(?:api/kernels/[^/]+/channels|terminals/websocket/.*|api/events/subscribe)",
                RoomSocket,
                arguments,
            ),
            (r".*", RoomHandler, arguments),
        ],
        door=door,
        cookie_secret=door.cookie_secret,
        websocket_max_message_size=TO_ROOM_LIMIT,
        websocket_ping_interval=30,
        log_function=door.log_request,
    )
