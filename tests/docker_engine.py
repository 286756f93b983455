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
    if os.geteuid() != 0:
        return f"{reason} (and only root can start one for the tests)"
    if shutil.which("dockerd") is None:
        return f"{reason} (and dockerd is not installed: Debian package docker.io)"
    return None


@contextmanager
def running_engine() -> Iterator[str]:
    """An engine that can hold rooms; its address."""
    settings = Settings()
    if _unfit(settings) is None:
        yield settings.docker_address
        return
    data = ROOT / "var" / "docker"
    data.mkdir(parents=True, exist_ok=True)
    # Short: paths of sockets are.
    with tempfile.TemporaryDirectory(prefix="engine-") as folder, (data / "dockerd.log").open("ab") as log:
        address = f"unix://{folder}/docker.sock"
        engine = subprocess.Popen(
            ["dockerd", "--host", address, "--data-root", str(data / "data"), "--exec-root", f"{folder}/exec",
             "--pidfile", f"{folder}/pid", "--bridge", "none", "--iptables=false", "--ip6tables=false"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + _STARTS_WITHIN_S
            while not answers(Settings(docker_host=address)):
                if engine.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"dockerd did not start: see {data / 'dockerd.log'}")
                time.sleep(0.2)
            yield address
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.wait(60)
            for namespace in Path(folder).glob("exec/netns/*"):  # it leaves some of them mounted
                subprocess.run(["umount", "--lazy", str(namespace)], check=False, capture_output=True)


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
