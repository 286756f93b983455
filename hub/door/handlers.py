"""The door's request handlers: sign-in, the gate every request passes, and the two relays."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from jupyterhub import __version__ as jupyterhub_version
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import iostream, web, websocket
from tornado.httpserver import HTTPServer

from hub.door import headers, origin, routes, visitor
from hub.door.cells import BINARY_PROTOCOL
from hub.door.context import Door, HubUnreachable
from hub.door.pages import sentence_page
from hub.door.relay_http import MAX_BODIES, MAX_BODY, ask_room
from hub.door.relay_websocket import MAX_WEBSOCKETS, TO_ROOM_LIMIT, Relay
from hub.door.room_socket import RoomUnreachable
from hub.door.stream_http import Stream
from hub.door.tally import Tally
from hub.door.warden_link import LinkDown, TooMuch
from hub.door.watch import Standing

# What a request may carry that has not been let in, or has nothing to carry; and how long it may take.
SMALL_BODY = 64 * 1024
SMALL_BODY_S = 20.0
# How slowly a larger body may come, in bytes a second.
SLOWEST = 128 * 1024


class Turned(web.HTTPError):
    """A refusal whose sentence is ours and may be shown."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.sentence = sentence


class Ours(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """What every address of the door shares: its headers, and errors in plain words."""

    door: Door

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
        for name, value in headers.security_headers(self.settings["door"].settings.origin).items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-JupyterHub-Version", jupyterhub_version)

    def check_xsrf_cookie(self) -> None:
        """Origin and Host are checked in ``prepare``; the seat's origin sets no cookies for this."""

    def refuse_if(self, reason: str | None, status: int = 403) -> None:
        """Stop here with a sentence, if there is one."""
        if reason is not None:
            raise Turned(status, reason)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A sentence: as a page for people, as JSON for scripts. Only our own sentences are shown."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        sentence = error.sentence if isinstance(error, Turned) else _SENTENCES.get(status_code, _FAULT)
        if self._is_navigation():
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(sentence_page(status_code, sentence, self.door.settings.hub_origin))
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": sentence}))

    def _is_navigation(self) -> bool:
        mode = self.request.headers.get("Sec-Fetch-Mode")
        return mode == "navigate" if mode else "text/html" in self.request.headers.get("Accept", "")


class Gate(Ours):
    """What every request passes before anything else: host, origin, person, membership, route."""

    person: str | None = None  # who is signed in, as soon as it is known

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """As for every address; a refusal is written down as well."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Turned) and status_code < 500:
            self.door.recorder.refused(error.sentence, self.person)
        super().write_error(status_code, **kwargs)

    async def prepare(self) -> None:
        """Refuse, ask to sign in, or let the request go on."""
        settings = self.door.settings
        is_websocket = self.asks_for_websocket()
        self.refuse_if(
            origin.refusal(
                str(self.request.method),
                self.request.headers,
                own_origin=settings.origin,
                own_host=settings.host,
                websocket=is_websocket,
            )
        )
        self.refuse_if(
            visitor.refusal(
                self.request.headers.get("X-Forwarded-For"),
                allowed=settings.networks,
                trusted=settings.trusted_proxies,
            )
        )
        self.room_path()
        try:
            person = await self.door.person_of(*self.browser_session())
        except HubUnreachable as error:
            self.door.log.warning("the hub could not be asked about a session: %s", error)
            raise Turned(503, "The hub does not answer. Try again shortly.") from None
        self.person = person
        if person is None:
            if self.request.method == "GET" and not is_websocket and self._is_navigation():
                self.redirect(self.get_login_url())
                return
            raise Turned(403, "Sign in first: open the room's page in the browser.")
        if person != settings.owner:
            raise Turned(403, "This room belongs to somebody else.")
        self.refuse_if_closed()
        try:
            await self.door.recorder.entered()
        except LinkDown:
            raise Turned(503, "The hub cannot record that you came in. Try again shortly.") from None

    def refuse_if_closed(self) -> None:
        """Stop here while the door is frozen or has ended."""
        ended = self.door.watch.standing() is Standing.ENDED
        self.refuse_if(self.door.watch.why_closed(), 403 if ended else 503)

    def asks_for_websocket(self) -> bool:
        """Whether the browser wants to go on with a websocket."""
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    def browser_session(self) -> tuple[str | None, str]:
        """The hub's token out of the seat's own signed cookie, and the session's id.

        Headers and URLs are not looked at.
        """
        value = self.get_secure_cookie(self.hub_auth.cookie_name)
        token = value.decode("ascii", "replace") if value else None
        return token, str(self.hub_auth.get_session_id(self))

    def room_path(self) -> tuple[str, str]:
        """(raw path below the seat's prefix, raw query) of this request."""
        path, _, query = str(self.request.uri).partition("?")
        prefix = self.door.settings.prefix
        if not path.startswith(prefix):
            raise Turned(404, "This address does not belong to this room.")
        return path[len(prefix) - 1 :], query

    def room_does_not_answer(self, error: Exception) -> Turned:
        """Log why, and what to tell the person."""
        self.door.log.warning("room unreachable: %s", error)
        return Turned(502, "The room does not answer. Close it on the page of your rooms and open it again.")


_FAULT = "The door could not answer. Try again; if it stays so, tell an administrator."
_SENTENCES = {
    400: "The door did not understand this. Open the room again from the page of your rooms.",
    403: "You could not be signed in to this room. Open it again from the page of your rooms.",
    404: "This address does not belong to this room.",
    405: "The door does not take this kind of request.",
}


@web.stream_request_body
class RoomHandler(Gate):
    """HTTP to the room. A body is taken only after the person has been let in."""

    _announced = 0
    _let_in = False

    def set_default_headers(self) -> None:
        """An answer before the body ends the connection: say so, that the browser does not use it again."""
        super().set_default_headers()
        if not self._let_in:
            self.set_header("Connection", "close")

    def initialize(self, door: Door) -> None:
        """Keep the seat's door."""
        super().initialize(door)
        self._body = bytearray()

    async def prepare(self) -> None:
        """Let the person in, then the body, if the door still has room for it."""
        await super().prepare()
        if self._finished:
            return
        length = self.request.headers.get("Content-Length", "0")
        chunked = "Transfer-Encoding" in self.request.headers
        size = MAX_BODY if chunked or not length.isascii() or not length.isdigit() else int(length)
        if size > MAX_BODY:
            raise Turned(413, "This is too large: the door takes at most 64 MiB at once.")
        if self.door.bodies + size > MAX_BODIES:
            raise Turned(503, "Too much is being sent to this room at once. Try again shortly.")
        self._let_in = True
        self.clear_header("Connection")
        self._announced = size
        self.door.bodies += size
        connection: Any = self.request.connection
        connection.set_max_body_size(MAX_BODY)
        connection.set_body_timeout(SMALL_BODY_S + size / SLOWEST)

    def data_received(self, chunk: bytes) -> None:
        """One piece of the body."""
        self._body += chunk

    def on_finish(self) -> None:
        """The body is not held any longer."""
        self.door.bodies -= self._announced
        self._announced = 0
        self._body = bytearray()

    def on_connection_close(self) -> None:
        """The browser left, perhaps in the middle of the body."""
        super().on_connection_close()
        self.on_finish()

    async def _pass(self) -> None:
        path, query = self.room_path()
        decision = routes.decide(str(self.request.method), path, query, websocket=False)
        if isinstance(decision, routes.Refused):
            raise Turned(403, decision.reason)
        await self._file_asked(path, query)
        self.door.recorder.tally.add(Tally(requests=1, bytes_in=len(self._body)))
        if self.request.method not in {"GET", "HEAD"}:
            self.door.note_activity()  # an open page asks for ever; only what a person does counts
        try:
            answer = await ask_room(
                self.door.room,
                method=str(self.request.method),
                path_and_query=str(self.request.uri),
                request_headers=self.request.headers.get_all,
                body=self._body or None,
                prefix=self.door.settings.prefix,
                mark=self.door.mark,
            )
        except (RoomUnreachable, aiohttp.ClientError, TimeoutError) as error:
            raise self.room_does_not_answer(error) from None
        async with answer:
            # The room may have taken its time.
            self.refuse_if_closed()
            self.set_status(answer.status)
            self.clear_header("Content-Type")
            self.set_header("Cache-Control", headers.caching(path))
            for name, value in answer.headers:
                self.add_header(name, value)
            stream = Stream(self.door, self, answer, self.browser_session())
            try:
                await stream.carry()
            except (aiohttp.ClientError, TimeoutError, iostream.StreamClosedError) as error:
                self.door.log.info("an answer of the room broke off: %s", error)
                stream.close("")

    async def _file_asked(self, path: str, query: str) -> None:
        asked = routes.file_asked(str(self.request.method), path, query)
        if asked is None:
            return
        try:
            await self.door.recorder.file_asked(*asked)
        except TooMuch as error:
            raise Turned(429, str(error)) from None
        except LinkDown:
            raise Turned(503, "The hub cannot record which file you ask for. Try again shortly.") from None

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
            raise Turned(403, decision.reason)
        if not self.asks_for_websocket():
            raise Turned(400, "This address takes websockets only.")
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        protocol = self.select_subprotocol([name.strip() for name in offered.split(",")])
        if self.door.websockets >= MAX_WEBSOCKETS:
            raise Turned(429, "Too many notebooks and terminals are open in this room: close some.")
        self.door.websockets += 1
        relay = Relay(self.door, decision.kind, protocol, *self.browser_session())
        try:
            await relay.open(str(self.request.uri))
            self.relay = relay
            await super().get(*args, **kwargs)  # until the websocket is closed
        except (RoomUnreachable, aiohttp.ClientError, TimeoutError) as error:
            raise self.room_does_not_answer(error) from None
        finally:
            relay.end()  # also where the browser's half of the handshake was not one
            self.door.websockets -= 1

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
        """The version, as JupyterHub expects it. To whom the proxy leads here, there is nothing."""
        if any(name.lower().startswith("x-forwarded-") for name in self.request.headers):
            raise web.HTTPError(404)
        self.set_header("X-JupyterHub-Version", jupyterhub_version)
        self.write({"version": jupyterhub_version})


class OAuthCallback(Ours, HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub sends the browser back after signing in."""

    async def prepare(self) -> None:
        """Only at the seat's own address, and only as a page that a person is led to."""
        settings = self.door.settings
        own = {"own_origin": settings.origin, "own_host": settings.host}
        self.refuse_if(origin.refusal("GET", self.request.headers, websocket=False, **own))
        if not self._is_navigation():
            raise Turned(403, "Sign in first: open the room's page in the browser.")


def build_server(door: Door) -> HTTPServer:
    """The door as a server, with the limits that hold for whoever has not been let in."""
    return HTTPServer(_application(door), max_body_size=SMALL_BODY, body_timeout=SMALL_BODY_S, xheaders=False)


def _application(door: Door) -> web.Application:
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
