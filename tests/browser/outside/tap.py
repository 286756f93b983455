"""Stands where TLS would end, in front of the hub's proxy, and keeps every byte that passes.

Nothing that a browser receives can be missed here: redirects, cookies, downloads, and what the browser asks for
by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import io
import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_CHUNK = 65536


@dataclass
class Connection:
    """One TCP connection of a client, both directions, as bytes."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    @property
    def hosts(self) -> set[str]:
        """The host names that the client asked for."""
        return {
            host.decode().lower() for host in re.findall(rb"\r\nHost: *([^\r\n:]*)", self.sent, re.IGNORECASE)
        }

    def is_of(self, agent: str) -> bool:
        """Whether ``agent`` is in what the client calls itself."""
        calls_itself = re.search(rb"\r\nUser-Agent: *([^\r\n]*)", self.sent, re.IGNORECASE)
        return calls_itself is not None and agent.encode() in calls_itself[1]


@dataclass(frozen=True)
class Answer:
    """One response: what was asked (method and path), and the body with its content encoding undone."""

    method: str
    path: str
    host: str
    status: int
    head: bytes
    body: bytes


class Tap:
    """A relay on a loopback port to ``target``, another loopback port."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections: list[Connection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Tap:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def copy(self) -> list[Connection]:
        """All connections as they are now."""
        return [Connection(bytearray(c.sent), bytearray(c.received)) for c in self.connections]

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection()
        self.connections.append(connection)
        try:
            onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _pass_on(reader, onward[1], connection.sent), _pass_on(onward[0], writer, connection.received)
        )


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            kept += chunk
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(ConnectionError, RuntimeError):
        writer.close()


def answers(connection: Connection) -> Iterator[Answer]:
    """The responses of one connection, in order. Raises AssertionError for what is not plain HTTP/1.1."""
    received = _Stream(bytes(connection.received))
    for method, path, host in _requests(bytes(connection.sent)):
        start = received.tell()
        if start == len(connection.received):
            return  # asked, and never answered
        response = http.client.HTTPResponse(received, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
        except http.client.HTTPException as error:
            raise AssertionError(f"{method} {path} at {host} was not answered in HTTP: {error!r}") from error
        head_end = received.tell()
        assert response.status != 101, (
            f"{host}{path} became something else than HTTP: teach this test to read it"
        )
        try:
            body = response.read()
        except http.client.IncompleteRead as cut:  # the browser went on to another page
            body = cut.partial
        head = bytes(connection.received[start:head_end])
        coding = response.headers.get("Content-Encoding", "identity")
        yield Answer(method, path, host, response.status, head, _decoded(body, coding))


def _decoded(body: bytes, coding: str) -> bytes:
    if not body or coding == "identity":
        return body
    if coding == "gzip":
        with contextlib.suppress(EOFError, zlib.error):
            return gzip.decompress(body)
        return zlib.decompressobj(wbits=31).decompress(body)  # cut off in the middle
    raise AssertionError(f"content encoding {coding}: teach this test to read it")


class _Stream(io.BytesIO):
    """Bytes that http.client reads as if from a socket, one response after the other."""

    def makefile(self, _: str) -> _Stream:
        return self

    def close(self) -> None:
        """http.client closes after each response; the next one still lies here."""


def _requests(sent: bytes) -> Iterator[tuple[str, str, str]]:
    """(method, path, host) of each request. Bodies of browsers have a length."""
    while sent:
        head, separator, rest = sent.partition(b"\r\n\r\n")
        if not separator:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert "transfer-encoding" not in headers, "a request in chunks: teach this test to read it"
        yield method, path, headers.get("host", "")
        sent = rest[int(headers.get("content-length", 0)) :]
