"""How the tests of a door ask it: a request, a websocket, a cell."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp import web as aioweb

from tests.journey.browser_session import join
from tests.unit.door.conftest import Place

KERNEL = "api/kernels/6a1f3c1e-0000-4000-8000-1234567890ab/channels"


async def status(place: Place, *arguments: Any, **headers: str) -> int:
    async with place.ask(*arguments, **headers) as answer:
        await answer.read()
        return int(answer.status)


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
