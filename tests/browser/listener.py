"""A server elsewhere that notes every connection and every datagram that reaches it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Listener:
    """TCP and UDP on one loopback port; answers HTTP requests with an empty page that any origin may read."""

    def __enter__(self) -> Listener:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.tcp.getsockname()[1])
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.requests: list[str] = []
        self.connections = 0
        self.datagrams = 0
        for target in (self._accept, self._receive):
            threading.Thread(target=target, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # shutdown wakes the thread that waits in accept
        with contextlib.suppress(OSError):
            self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()
        with contextlib.suppress(OSError):
            self.udp.shutdown(socket.SHUT_RDWR)
        self.udp.close()

    @property
    def origin(self) -> str:
        """Its origin; another site for every page of ours."""
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, word: str, within_s: float = 5) -> bool:
        """Whether a request with ``word`` in its first line arrives."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if any(word in request for request in self.requests):
                return True
            time.sleep(0.05)
        return False

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.tcp.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(5)
            first = client.recv(65536).split(b"\r\n")[0].decode("latin-1")
            self.requests.append(first)
            client.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\n"
                b"Connection: close\r\nContent-Length: 0\r\n\r\n"
            )

    def _receive(self) -> None:
        while True:
            try:
                if self.udp.recvfrom(65536)[0]:
                    self.datagrams += 1
            except OSError:
                return
