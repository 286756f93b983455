"""The room in which attempts are made: a seat's room like any other, but that it runs our script first and alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.errors
from output_checker.errors import PlainError
from output_checker.isolation import Sandbox, cgroup
from output_checker.isolation.handover import sandbox_fd

from hub.rooms import bubblewrap
from hub.rooms import docker as docker_rooms
from hub.rooms.docker_engine import ENGINE_ERRORS, connect, remove
from hub.rooms.inside import room_name
from hub.rooms.spec import RoomSpec
from hub.settings import Settings

_INSIDE = Path(__file__).parent / "inside"
_FOLDER = ".prove"
_BEGIN = f"import sys; sys.path.insert(0, '/inbox/{_FOLDER}'); from inside.serve import main; main()"
Ended = Callable[[], str | None]


@dataclass(frozen=True)
class Walls:
    """How the room is built. Left as it is, a room like any other; tests of the suite take a wall away.

    ``launcher`` are the arguments of the Python that becomes a sandbox; ``sandbox`` and ``container`` change
    the room's description.
    """

    launcher: tuple[str, ...] = ("-I", "-m", "output_checker.isolation.launch")
    sandbox: Callable[[Sandbox], Sandbox] = lambda sandbox: sandbox
    container: Callable[[dict[str, Any]], dict[str, Any]] = lambda container: container


@contextlib.contextmanager
def running(settings: Settings, spec: RoomSpec, walls: Walls) -> Iterator[Ended]:
    """The room, running. Yields a function that says why it has ended, or ``None``. Raises PlainError."""
    _put_script(spec.folders.inbox)
    command = (str(spec.environment / "bin" / "python"), "-I", "-c", _BEGIN)
    start = _sandbox if spec.image is None else _container
    with start(settings, spec, command, walls) as ended:
        yield ended


def _put_script(inbox: Path) -> None:
    """Where the room can only read it."""
    target = inbox / _FOLDER / "inside"
    target.mkdir(parents=True)
    for source in sorted(_INSIDE.glob("*.py")):
        shutil.copyfile(source, target / source.name)
        (target / source.name).chmod(0o444)
    for folder in (target, target.parent):
        folder.chmod(0o755)


@contextlib.contextmanager
def _sandbox(settings: Settings, spec: RoomSpec, command: tuple[str, ...], walls: Walls) -> Iterator[Ended]:
    # It ends with whoever makes the proof.
    described = bubblewrap.sandbox_of(spec, command=command).model_copy(update={"outlives_parent": False})
    sandbox = walls.sandbox(described)
    fd = sandbox_fd(sandbox)
    said = os.memfd_create("proof")
    try:
        process = subprocess.Popen(
            [sys.executable, *walls.launcher, str(fd)],
            pass_fds=(fd,),
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        try:
            yield lambda: None if process.poll() is None else _launcher_said(said)
        finally:
            process.kill()
            process.wait()
            if hierarchies := cgroup.find_hierarchies():
                cgroup.remove(hierarchies, sandbox.name)
    finally:
        os.close(fd)
        os.close(said)


def _launcher_said(said: int) -> str:
    return os.pread(said, 400, 0).decode(errors="replace").strip() or "its first program ended"


@contextlib.contextmanager
def _container(settings: Settings, spec: RoomSpec, command: tuple[str, ...], walls: Walls) -> Iterator[Ended]:
    docker_rooms.write_account_files(spec)
    client = connect(settings)
    name = room_name(spec)
    try:
        try:
            configuration = walls.container(docker_rooms.container_of(spec, command=command))
            client.create_container_from_config(configuration, name=name)
            client.start(name)
        except ENGINE_ERRORS as error:
            raise PlainError(f"The Docker engine could not start the room of the proof: {error}") from None
        yield lambda: _container_ended(client, name)
    finally:
        with contextlib.suppress(*ENGINE_ERRORS):  # the next proof and the hub's next start try again
            remove(client, name)
        client.close()


def _container_ended(client: docker.APIClient, name: str) -> str | None:
    try:
        running = client.inspect_container(name)["State"]["Running"]
    except ENGINE_ERRORS:
        running = False
    return None if running else "its container ended"
