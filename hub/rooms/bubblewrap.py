"""A room as a bubblewrap sandbox: no daemon, no image, the same isolation every time."""

from __future__ import annotations

import os
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.isolation import Bind, Identity, Isolation, Limits, Sandbox, probe
from output_checker.isolation.sandbox import account_files

from hub.rooms.environment import room_environment_folder
from hub.rooms.inside import (
    HOME,
    TMP_BYTES,
    jupyter_command,
    read_only_binds,
    room_environment,
    room_name,
    writable_binds,
)
from hub.rooms.spec import Backend, RoomSpec
from hub.settings import Settings

OWN_USER = {Isolation.OWN_USER, Isolation.OWN_USER_NO_CONTROL_GROUP}


def backend(settings: Settings) -> Backend:
    """What bubblewrap can give a room on this machine. Raises PlainError where it does not work."""
    isolation = probe()
    if isolation is Isolation.CHILD_PROCESS:
        raise PlainError(
            "Rooms need bubblewrap, and it does not work here: install it with `apt-get install bubblewrap`."
        )
    missing = []
    if isolation is not Isolation.OWN_USER:
        missing.append("Memory and processes of the room as a whole are not limited: no control groups here.")
    return Backend(
        name=str(isolation),
        own_user=isolation in OWN_USER,
        missing=tuple(missing),
        environment=room_environment_folder(settings.room_environment),
    )


def sandbox_of(
    spec: RoomSpec, *, isolation: Isolation | None = None, command: tuple[str, ...] | None = None
) -> Sandbox:
    """The sandbox that is this room. ``isolation`` is what the machine can give; found out by default.

    ``command`` runs instead of JupyterLab.
    """
    isolation = isolation or probe()
    own_user = isolation in OWN_USER
    uid, gid = (spec.uid, spec.gid) if own_user else (os.getuid(), os.getgid())
    environment = Bind(source=spec.environment, target=spec.environment)
    return Sandbox(
        name=room_name(spec),
        command=command or jupyter_command(spec),
        read_only=(environment, *_interpreter_outside_usr(spec.environment), *read_only_binds(spec)),
        writable=tuple(writable_binds(spec)),
        tmpfs=((Path("/tmp"), TMP_BYTES),),  # noqa: S108 - inside the room
        text_files=account_files(user=spec.person, home=HOME, uid=uid, gid=gid),
        environment=room_environment(spec),
        directory=HOME,
        hostname="room",
        identity=Identity(uid=uid, gid=gid) if own_user else None,
        control_group=isolation is Isolation.OWN_USER,
        quiet=True,
        limits=Limits(
            memory_bytes=spec.limits.memory_bytes if isolation is Isolation.OWN_USER else None,
            processes=spec.limits.processes if own_user else None,
            cpu_percent=spec.limits.cpu_percent,
            file_bytes=spec.limits.home_bytes,
            open_files=spec.limits.open_files,
        ),
    )


def _interpreter_outside_usr(environment: Path) -> list[Bind]:
    """The Python that the environment stands on, where it does not lie under ``/usr``."""
    config = (environment / "pyvenv.cfg").read_text()
    home = next(line.partition("=")[2].strip() for line in config.splitlines() if line.startswith("home"))
    base = Path(home).parent
    if base.is_relative_to("/usr"):
        return []
    return [Bind(source=base, target=base)]
