"""An engine that cannot hold rooms is refused with a sentence; a limit it cannot give is named."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from output_checker.errors import PlainError

from hub.rooms.docker_engine import connect, image_id, limits_missing
from hub.settings import Settings

FIT: dict[str, Any] = {
    "ServerVersion": "29.1.0",
    "KernelVersion": os.uname().release,
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    "MemoryLimit": True,
    "SwapLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
}


class Engine(socketserver.ThreadingUnixStreamServer):
    """Says of itself what a test wants; there is no engine of each kind on one machine."""

    info = FIT


class Answers(BaseHTTPRequestHandler):
    """The two questions that are asked before anything else, and 404."""

    server: Engine

    def do_GET(self) -> None:
        """Answer as the Engine API does."""
        known = {"version": {"ApiVersion": "1.51"}, "info": self.server.info}
        found = known.get(self.path.rpartition("/")[2])
        body = json.dumps(found or {"message": "No such thing"}).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine that a test may change."""
    with Engine(str(tmp_path / "docker.sock"), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def reached(engine: Engine) -> Any:
    """A client of it."""
    return connect(Settings(docker_host=f"unix://{engine.server_address}"))


def test_a_fit_engine_misses_nothing(engine: Engine) -> None:
    assert limits_missing(reached(engine)) == ("29.1.0", [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SecurityOptions": [*FIT["SecurityOptions"], "name=rootless"]}, "this one is rootless"),
        ({"KernelVersion": "6.1.0-of-a-virtual-machine"}, "not in a virtual one"),
        ({"SecurityOptions": ["name=cgroupns"]}, "this one has none"),
        ({"SecurityOptions": None}, "this one has none"),
    ],
)
def test_an_engine_that_cannot_hold_rooms_is_refused(
    engine: Engine, change: dict[str, Any], sentence: str
) -> None:
    engine.info = FIT | change
    with pytest.raises(PlainError, match=sentence):
        limits_missing(reached(engine))


@pytest.mark.parametrize("name", ["MemoryLimit", "SwapLimit", "PidsLimit", "CpuCfsQuota"])
def test_a_limit_that_cannot_be_had_is_named(engine: Engine, name: str) -> None:
    engine.info = FIT | {name: False}
    _, (said,) = limits_missing(reached(engine))
    assert said.endswith(".") and "limit" in said


def test_an_image_that_the_engine_does_not_have_is_a_sentence(engine: Engine) -> None:
    with pytest.raises(PlainError, match=r"does not have the image sha256:none: run `make room-image`"):
        image_id(reached(engine), "sha256:none")
