"""HTTP as bytes, to see exactly what the door lets through to a browser."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from tests.isolation.world import SeatUnderTest


@dataclass
class Raw:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection of a browser to a seat's host name, with the session's own cookies."""

    def __init__(self, seat: SeatUnderTest, port: int) -> None:
        browser = seat.browser
        url = browser.seat_url(seat.project)
        from yarl import URL

        cookies = browser.http.cookie_jar.filter_cookies(URL(url))
        self._cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        self._host = url.split("/")[2]
        self.prefix = "/" + url.split("/", 3)[3]
        self._client = socket.create_connection(("127.0.0.1", port), timeout=4)
        self._left = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, path: str, method: str = "GET") -> None:
        """Send one request below the seat's prefix."""
        lines = [
            f"{method} {self.prefix}{path} HTTP/1.1",
            f"Host: {self._host}",
            f"Cookie: {self._cookie}",
            "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Mode: cors",
            "Accept: */*",
        ]
        self._client.sendall("\r\n".join([*lines, "", ""]).encode())

    def everything(self, seconds: float) -> bytes:
        """What comes until the other side hangs up or the time is over."""
        deadline, found = time.monotonic() + seconds, self._left
        self._left = b""
        while (left := deadline - time.monotonic()) > 0:
            self._client.settimeout(left)
            try:
                piece = self._client.recv(65536)
            except (TimeoutError, ConnectionError):
                break
            if not piece:
                break
            found += piece
        return found

    def answer(self, *, has_body: bool = True) -> Raw:
        """One whole answer, read strictly as the standard says."""
        head, _, rest = self._until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        self._left = rest
        body = b""
        if not has_body or status in {204, 304}:
            return Raw(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            while True:
                size, _, self._left = self._until(b"\r\n")
                length = int(size, 16)
                body += self._exactly(length)
                self._exactly(2)
                if length == 0:
                    return Raw(status, headers, body)
        return Raw(status, headers, self._exactly(int(headers.get("content-length", "0"))))

    def _until(self, mark: bytes) -> tuple[bytes, bytes, bytes]:
        while mark not in self._left:
            self._more()
        return self._left.partition(mark)

    def _exactly(self, length: int) -> bytes:
        while len(self._left) < length:
            self._more()
        found, self._left = self._left[:length], self._left[length:]
        return found

    def _more(self) -> None:
        piece = self._client.recv(65536)
        if not piece:
            raise EOFError(f"hung up after {self._left[:200]!r}")
        self._left += piece
