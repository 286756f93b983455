"""Carrying one HTTP request to the room and its answer back, each rebuilt from listed parts."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from http.client import responses as standard_reasons
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from hub.door import headers, room_socket
from hub.door.settings import SOCKET_NAME

MAX_BODY = 64 * 1024 * 1024
# Of all requests of one door that are on their way.
MAX_BODIES = 128 * 1024 * 1024
_CHUNK = 64 * 1024
_INTERIM_ANSWERS = 8


class _RoomProtocol(ResponseHandler):
    """One connection to the room. Interim answers (1xx) without end would keep the door busy for ever."""

    _interim = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Hang up on a room that sends more interim answers than any server does."""
        if data[0].code < 200:
            self._interim += 1
            if self._interim == _INTERIM_ANSWERS + 1:
                if self.transport is not None:
                    self.transport.abort()
                self.set_exception(aiohttp.ClientError("the room sends interim answers without end"))
            if self._interim > _INTERIM_ANSWERS:
                return
        super().feed_data(data, size)


class RoomConnector(aiohttp.BaseConnector):
    """Connects every request through :func:`room_socket.connect`, whatever its URL says."""

    def __init__(self, run_dir: Path, uid: int) -> None:
        super().__init__(limit=32, keepalive_timeout=15)
        self._run_dir = run_dir
        self._uid = uid
        protocol: Callable[..., ResponseHandler] = _RoomProtocol
        self._factory = functools.partial(protocol, loop=self._loop)

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:
        client = await room_socket.connect(self._run_dir, SOCKET_NAME, self._uid)
        loop = asyncio.get_running_loop()
        try:
            _, protocol = await loop.create_unix_connection(self._factory, sock=client)
        except OSError as error:
            client.close()
            raise room_socket.RoomUnreachable(f"the room does not answer ({error.strerror})") from error
        return protocol


def room_session(run_dir: Path, uid: int) -> aiohttp.ClientSession:
    """An HTTP client that can reach one room and nothing else; it keeps no cookies."""
    return aiohttp.ClientSession(
        connector=RoomConnector(run_dir, uid),
        cookie_jar=aiohttp.DummyCookieJar(),
        # ``connect`` is also how long a request waits while the room holds all connections there may be.
        timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_connect=5, sock_read=120),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        max_line_size=16 * 1024,
        max_field_size=16 * 1024,
        trust_env=False,
    )


class Answer:
    """The room's answer, already filtered: ``status``, ``headers`` and a body to read in pieces."""

    def __init__(self, response: aiohttp.ClientResponse, prefix: str, mark: str) -> None:
        self._response = response
        self.status = response.status
        self.headers = list(headers.to_browser(response.headers.items(), prefix=prefix, mark=mark))

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces of at most 64 KiB, as the room sends it."""
        async for piece in self._response.content.iter_chunked(_CHUNK):
            yield piece

    async def __aenter__(self) -> Answer:
        return self

    def close(self) -> None:
        """Hang up on the room, whether or not it has said everything."""
        self._response.close()

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def ask_room(
    session: aiohttp.ClientSession,
    *,
    method: str,
    path_and_query: str,
    request_headers: Callable[[], Any],
    body: bytes | bytearray | None,
    prefix: str,
    mark: str = "",
) -> Answer:
    """Send a rebuilt request; redirects are not followed. ``mark`` as in :func:`headers.to_browser`.

    Raises ``RoomUnreachable``, ``TimeoutError`` or ``ClientError``, the last also for a status that the
    standard does not name or that answers no ordinary request.
    """
    response = await session.request(
        method,
        URL("http://localhost" + path_and_query, encoded=True),
        headers=list(headers.to_room(request_headers(), mark=mark)),
        data=body,
        allow_redirects=False,
    )
    if response.status < 200 or response.status not in standard_reasons:
        response.close()
        raise aiohttp.ClientError(f"the room answered with status {response.status}")
    return Answer(response, prefix, mark)
