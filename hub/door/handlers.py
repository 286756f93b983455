"""What the door answers at its addresses: sign-in, the hub's question, and the two relays to the room."""

from __future__ import annotations

from typing import Any

import aiohttp
from jupyterhub import __version__ as jupyterhub_version
from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado import iostream, web, websocket

from hub.door import headers, routes, uploads
from hub.door.cells import BINARY_PROTOCOL
from hub.door.context import Door
from hub.door.gate import Gate, Ours, Turned
from hub.door.relay_http import MAX_BODIES, MAX_BODY, ask_room
from hub.door.relay_websocket import MAX_WEBSOCKETS, Relay
from hub.door.room_socket import RoomUnreachable
from hub.door.stream_http import Stream
from hub.door.tally import Tally
from hub.door.warden_link import LinkDown, TooMuch

# What a request may carry that has not been let in, or has nothing to carry; and how long it may take.
SMALL_BODY = 64 * 1024
SMALL_BODY_S = 20.0
# How slowly a larger body may come, in bytes a second.
SLOWEST = 128 * 1024


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
        self.refuse_if(uploads.refusal(str(self.request.method), path, self._body))
        await self._file_asked(path, query)
        sent = routes.query_for_room(str(self.request.method), path, query)
        self.door.count(self.session(), Tally(requests=1, bytes_in=len(self._body)))
        if self.request.method not in {"GET", "HEAD"}:
            self.door.note_activity(
                self.session()
            )  # an open page asks for ever; only what a person does counts
        try:
            answer = await ask_room(
                self.door.room,
                method=str(self.request.method),
                path_and_query=self.door.settings.prefix[:-1] + path + (f"?{sent}" if sent else ""),
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
            stream = Stream(self.door, self, answer, self.session())
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
        return origin == self.own_origin

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
        relay = Relay(self.door, decision.kind, protocol, self.session())
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
        self.refuse_if_foreign()
        if not self._is_navigation():
            raise Turned(403, "Sign in first: open the room's page in the browser.")
