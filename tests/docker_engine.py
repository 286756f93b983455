"""A Docker engine for tests: the one that answers here, else one of our own, stopped by its own process id.

    python -m tests.docker_engine make room-image

runs a command while there is an engine. Our own keeps its images below ``var/docker``, so that they are built once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from output_checker.errors import PlainError

from hub.rooms.docker_engine import answers, connect, image_id, limits_missing
from hub.rooms.environment import room_image
from hub.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / "var" / "room-env"
_STARTS_WITHIN_S = 60


def missing() -> str | None:
    """Why there can be no engine for rooms here, or ``None``."""
    reason = _unfit(Settings())
    if reason is None:
        return None
    cannot = cannot_start()
    return f"{reason} (and {cannot})" if cannot else None


def cannot_start() -> str | None:
    """Why tests cannot start an engine of their own, or ``None``."""
    if os.geteuid() != 0:
        return "only root can start a Docker engine for the tests"
    if shutil.which("dockerd") is None:
        return "dockerd is not installed: Debian package docker.io"
    return None


@contextmanager
def running_engine() -> Iterator[str]:
    """An engine that can hold rooms; its address."""
    settings = Settings()
    if _unfit(settings) is None:
        yield settings.docker_address
        return
    with Engine() as engine:
        yield engine.address


class Engine:
    """An engine of our own. With ``live_restore`` its containers outlive it, and it finds them when it starts again."""

    def __init__(self, *, live_restore: bool = False) -> None:
        self._data = ROOT / "var" / "docker"
        self._data.mkdir(parents=True, exist_ok=True)
        # Short: paths of sockets are.
        self._folder = tempfile.TemporaryDirectory(prefix="engine-")
        self._options = ["--live-restore"] if live_restore else []
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix://{self._folder.name}/docker.sock"

    def start(self) -> None:
        """Start it and wait until it answers."""
        folder = self._folder.name
        with (self._data / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["dockerd", "--host", self.address, "--data-root", str(self._data / "data"),
                 "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid",
                 "--bridge", "none", "--iptables=false", "--ip6tables=false", *self._options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not answers(Settings(docker_host=self.address)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"dockerd did not start: see {self._data / 'dockerd.log'}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as its service does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
        # It leaves some of these mounted, above all one that was killed in between.
        for mounted in [*Path(self._folder.name).glob("exec/netns/*"), self._data / "data"]:
            subprocess.run(["umount", "--lazy", str(mounted)], check=False, capture_output=True)
        self._folder.cleanup()

    def __enter__(self) -> Engine:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def rooms_on(address: str) -> dict[str, str]:
    """Settings of a hub whose rooms are containers of that engine."""
    return {"LOCKEDROOM_ROOMS": "docker", "LOCKEDROOM_DOCKER_HOST": address}


def image_missing(address: str) -> str | None:
    """Why the rooms' image is not on that engine, or ``None``. Building it takes minutes: no test waits for it."""
    settings = Settings(docker_host=address, room_env=ENVIRONMENTS)
    try:
        image_id(connect(settings), room_image(settings))
    except PlainError as error:
        return error.sentence
    return None


def build_image(address: str) -> None:
    """The rooms' image on that engine, built if it is not there; `make room-image` does the same."""
    subprocess.run(
        [sys.executable, "images/room/image.py", str(ENVIRONMENTS)],
        env={**os.environ, "LOCKEDROOM_DOCKER_HOST": address},
        cwd=ROOT,
        check=True,
    )


def _unfit(settings: Settings) -> str | None:
    try:
        client = connect(settings)
        limits_missing(client)
    except PlainError as error:
        return error.sentence
    client.close()
    return None


if __name__ == "__main__":
    reason = missing()
    if reason is not None:
        sys.exit(f"There is no Docker engine here: {reason}")
    with running_engine() as address:
        done = subprocess.run(
            sys.argv[1:], env={**os.environ, "LOCKEDROOM_DOCKER_HOST": address}, check=False
        )
    sys.exit(done.returncode)
