"""Carrying one HTTP request to the room and its answer back, each rebuilt from listed parts."""

from __future__ import annotations

import asyncio
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
_CHUNK = 64 * 1024


class RoomConnector(aiohttp.BaseConnector):
    """Connects every request through :func:`room_socket.connect`, whatever its URL says."""

    def __init__(self, run_dir: Path, uid: int) -> None:
        super().__init__(limit=64, keepalive_timeout=15)
        self._run_dir = run_dir
        self._uid = uid

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
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=120),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        max_line_size=16 * 1024,
        max_field_size=16 * 1024,
        trust_env=False,
    )


class Answer:
    """The room's answer, already filtered: ``status``, ``headers`` and a body to read in pieces."""

    def __init__(self, response: aiohttp.ClientResponse, prefix: str) -> None:
        self._response = response
        # Only what the standard names; a room-made reason phrase is dropped with the rest.
        self.status = (
            response.status if response.status in standard_reasons and response.status >= 200 else 502
        )
        self.headers = list(headers.to_browser(response.headers.items(), prefix=prefix))

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces of at most 64 KiB, as the room sends it."""
        async for piece in self._response.content.iter_chunked(_CHUNK):
            yield piece

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._response.close()


async def ask_room(
    session: aiohttp.ClientSession,
    *,
    method: str,
    path_and_query: str,
    request_headers: Callable[[], Any],
    body: bytes | None,
    prefix: str,
) -> Answer:
    """Send a rebuilt request; redirects are not followed. Raises ``RoomUnreachable`` or ``ClientError``."""
    response = await session.request(
        method,
        URL("http://localhost" + path_and_query, encoded=True),
        headers=list(headers.to_room(request_headers())),
        data=body,
        allow_redirects=False,
    )
    return Answer(response, prefix)
