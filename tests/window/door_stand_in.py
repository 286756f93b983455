"""In the door's place at a window's inner socket: one page that does what a test asks, and a list of what it asked.

The page fetches its next step, runs it and says what came of it; so a test acts in it without developer tools.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import urlsplit

PAGE = b"""<!doctype html><html lang=en><meta charset=utf-8><title>The room</title>
<style>html, body { margin: 0; height: 100%; background: #123456 }</style><body><script>
const AsyncFunction = (async () => {}).constructor;
(async () => {
  for (;;) {
    let step = await (await fetch('/next')).text();
    if (!step) continue;
    let said;
    try { said = { value: (await AsyncFunction(step)()) ?? null } } catch (error) { said = { error: String(error) } }
    await fetch('/said', { method: 'POST', body: JSON.stringify(said) });
  }
})();
</script>"""
COLOUR = (0x12, 0x34, 0x56)
_POLL_S = 5


class DoorStandIn:
    """What the page asked for (``asked``), and :meth:`run` to act in it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._next: queue.Queue[str] = queue.Queue()
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()

    def run(self, code: str, within_s: float = 20) -> Any:
        """Run the body of an async function in the page; what it returned."""
        self._next.put(code)
        said = self._said.get(timeout=within_s)
        assert "error" not in said, said
        return said["value"]

    def answer(self, method: str, path: str, body: bytes) -> tuple[bytes, dict[str, str]]:
        """What the page gets."""
        name = urlsplit(path).path
        if name == "/next":
            try:
                return self._next.get(timeout=_POLL_S).encode(), {}
            except queue.Empty:
                return b"", {}
        if name == "/said":
            self._said.put(json.loads(body))
            return b"", {}
        self.asked.append(path)
        if name == "/table.csv":
            return b"name,nhs_number\n", {"Content-Disposition": "attachment; filename=table.csv"}
        return PAGE, {"Content-Type": "text/html"}


@contextmanager
def answering(socket_path: Path) -> Iterator[DoorStandIn]:
    """The stand-in, listening."""
    door = DoorStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer, headers = door.answer(self.command, self.path, body)
            self.send_response(200)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def address_string(self) -> str:
            return "window"

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    class Server(ThreadingMixIn, UnixStreamServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A page that goes away takes no answer to what it last asked."""

    folder = os.open(socket_path.parent, os.O_PATH | os.O_DIRECTORY)
    with Server(f"/proc/self/fd/{folder}/{socket_path.name}", Handler) as server:
        os.close(folder)
        socket_path.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield door
        server.shutdown()
        thread.join(10)
