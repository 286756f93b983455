"""A real Jupyter server of the room's environment on a unix socket, with the panel of this checkout."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from output_checker.errors import PlainError

from hub.rooms.environment import room_environment_folder

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-of-this-test"


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self._path))


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def sentence(self) -> str:
        """The sentence of a refusal, which says nothing else."""
        assert self.status == 400, (self.status, self.body)
        assert list(self.json) == ["message"]
        sentence: str = self.json["message"]
        assert "\n" not in sentence
        return sentence


@dataclass
class Room:
    """The folders of a room, and its Jupyter server."""

    workspace: Path
    outbox: Path
    inbox: Path
    socket: Path

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request below ``output-checker/``; ``body`` is sent as JSON unless it is bytes."""
        connection = _OverSocket(self.socket)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        shown = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json", **headers}
        connection.request(method, "/user/alice/two/output-checker/" + path, sent, shown)
        answer = connection.getresponse()
        said = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return said

    def overview(self) -> Any:
        """What the panel shows."""
        answer = self.ask("GET", "requests")
        assert answer.status == 200, answer.body
        return answer.json

    def bundles(self) -> list[Path]:
        """The bundles in the outbox."""
        return [path for path in self.outbox.iterdir() if not path.name.startswith(".")]


@pytest.fixture(scope="module")
def running() -> Iterator[Room]:
    """A room's folders and server, for all tests of a file."""
    try:
        environment = room_environment_folder(ROOT / "var" / "room-env")
    except PlainError as missing:
        pytest.skip(missing.sentence)
    with tempfile.TemporaryDirectory(prefix="panel-") as folder:
        place = Path(folder).resolve()
        room = Room(place / "workspace", place / "outbox", place / "inbox", place / "lab.sock")
        for made in (room.workspace, room.outbox, room.inbox):
            made.mkdir()
        log = place / "log"
        with log.open("wb") as written:
            server = subprocess.Popen(
                _command(environment, room), env=_environment(place), stdout=written, stderr=written
            )
        try:
            _wait_for(room, server, log)
            yield room
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def room(running: Room) -> Room:
    """The running room, with nothing in its folders but an empty folder of replies."""
    for folder in (running.workspace, running.outbox, running.inbox):
        subprocess.run(["find", str(folder), "-mindepth", "1", "-delete"], check=True)
    (running.inbox / ".airlock").mkdir()
    return running


def _command(environment: Path, room: Room) -> list[str]:
    return [
        str(environment / "bin" / "python"),
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.sock={room.socket}",
        "--ServerApp.base_url=/user/alice/two/",
        f"--ServerApp.root_dir={room.workspace}",
        "--ServerApp.jpserver_extensions={'output_checker.panel': True, 'jupyterlab': False}",
        f"--IdentityProvider.token={TOKEN}",
        f"--ReleasePanel.outbox={room.outbox}",
        f"--ReleasePanel.inbox={room.inbox}",
    ]


def _environment(place: Path) -> dict[str, str]:
    return {
        "HOME": str(place),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        # The checker of this checkout, not the wheel of when the environment was built.
        "PYTHONPATH": str(ROOT / "extensions" / "output_checker"),
    }


def _wait_for(room: Room, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            room.ask("GET", "requests")
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{log.read_text()}") from None
            time.sleep(0.1)
        else:
            return
