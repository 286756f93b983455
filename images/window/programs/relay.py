"""The window's only loopback listener: what arrives at it goes to the door's socket, and what comes back goes back.

It judges nothing. What may pass is the door's to say, on the other side of that socket.
"""

from __future__ import annotations

import asyncio
import contextlib

ADDRESS = "127.0.0.1"
PORT = 8000  # policies.json names it as well
DOOR = "/run/door/door.sock"

_BLOCK = 64 * 1024
_WAITING = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"<!doctype html><html lang=en><title>Waiting</title><meta http-equiv=refresh content=1>"
    b"<p style='font: 1.2em sans-serif; margin: 3em'>The room does not answer yet. This page tries again.</p>"
)


async def serve(door: str = DOOR, port: int = PORT) -> None:
    """Listen until the process ends."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            try:
                door_reader, door_writer = await asyncio.open_unix_connection(door)
            except OSError:
                with contextlib.suppress(OSError):
                    await reader.read(_BLOCK)  # a browser takes no answer to what it has not asked yet
                    writer.write(_WAITING)
                    await writer.drain()
                return
            with contextlib.closing(door_writer):
                await asyncio.gather(_pump(reader, door_writer), _pump(door_reader, writer))

    server = await asyncio.start_server(relay, ADDRESS, port)
    async with server:
        await server.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side has said its last."""
    with contextlib.suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


if __name__ == "__main__":
    asyncio.run(serve())
