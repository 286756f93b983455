"""What the stock proxy writes into X-Forwarded-For, seen behind a real one: its visitor's address comes last."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web as aioweb

from hub.door.visitor import as_networks, visitor
from hub.hub_config import PROXY

pytestmark = pytest.mark.slow

SAID = "192.0.2.7"


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


@asynccontextmanager
async def _behind_the_proxy(heard: list[str | None]) -> AsyncIterator[str]:
    """The address of a proxy in front of something that notes the header."""

    async def note(request: aioweb.Request) -> aioweb.StreamResponse:
        heard.append(request.headers.get("X-Forwarded-For"))
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return aioweb.Response(text="here")
        answer = aioweb.WebSocketResponse()
        await answer.prepare(request)
        await answer.close()
        return answer

    app = aioweb.Application()
    app.router.add_get("/", note)
    runner = aioweb.AppRunner(app)
    await runner.setup()
    site = aioweb.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    behind = runner.addresses[0][1]
    port, api_port = _free_ports(2)
    proxy = await asyncio.create_subprocess_exec(
        PROXY,
        *("--ip", "127.0.0.1", "--port", str(port), "--api-ip", "127.0.0.1", "--api-port", str(api_port)),
        *("--default-target", f"http://127.0.0.1:{behind}"),
        env={"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": "for-this-test"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    break
        yield f"http://127.0.0.1:{port}/"
    finally:
        proxy.terminate()
        await proxy.wait()
        await runner.cleanup()


async def test_the_visitor_is_whom_the_proxy_saw_whatever_they_say() -> None:
    heard: list[str | None] = []
    async with _behind_the_proxy(heard) as url, aiohttp.ClientSession() as http:
        for headers in ({}, {"X-Forwarded-For": SAID}, {"X-Real-Ip": SAID}):
            async with http.get(url, headers=headers) as answer:
                assert answer.status == 200
            async with http.ws_connect(url, headers=headers):
                pass
    assert len(heard) == 6
    assert {str(visitor(each, ())) for each in heard} == {"127.0.0.1"}
    believed = [str(visitor(each, as_networks("127.0.0.1"))) for each in heard]
    assert believed == ["127.0.0.1"] * 2 + [SAID] * 2 + ["127.0.0.1"] * 2
