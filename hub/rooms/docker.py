"""A room as a container: from its description to what the Engine API is asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hub.rooms import closed_container
from hub.rooms.closed_container import ClosedContainer
from hub.rooms.docker_engine import connect, image_id, limits_missing
from hub.rooms.environment import room_image
from hub.rooms.inside import (
    HOME,
    TMP_BYTES,
    installation_mark,
    jupyter_command,
    read_only_binds,
    room_environment,
    writable_binds,
)
from hub.rooms.spec import Backend, RoomSpec
from hub.settings import Settings

# Where images/room/lock.Dockerfile puts the rooms' Python.
ENVIRONMENT = Path("/opt/room")
_HOSTNAME = "room"


def backend(settings: Settings) -> Backend:
    """What the Docker engine can give a room here. Raises PlainError where there is none, or no image."""
    client = connect(settings)
    try:
        version, missing = limits_missing(client)
        image = image_id(client, room_image(settings))
    finally:
        client.close()
    return Backend(
        name=f"Docker {version}, image {image}",
        own_user=os.geteuid() == 0,
        missing=tuple(missing),
        environment=ENVIRONMENT,
        image=image,
    )


def container_of(spec: RoomSpec, *, command: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The container that is this room, as the Engine API is asked for it. Pure.

    ``command`` runs instead of JupyterLab.
    """
    assert spec.image is not None
    return ClosedContainer(
        image=spec.image,
        hostname=_HOSTNAME,
        uid=spec.uid,
        gid=spec.gid,
        environment=room_environment(spec),
        directory=HOME,
        command=command or jupyter_command(spec),
        installation=installation_mark(spec.folders.home.parents[2]),
        read_only=tuple(read_only_binds(spec)),
        writable=tuple(writable_binds(spec)),
        accounts=_accounts(spec),
        tmp_bytes=TMP_BYTES,
        memory_bytes=spec.limits.memory_bytes,
        processes=spec.limits.processes,
        cpu_percent=spec.limits.cpu_percent,
        file_bytes=spec.limits.home_bytes,
        open_files=spec.limits.open_files,
    ).as_asked()


def write_account_files(spec: RoomSpec) -> None:
    """Write the files that :func:`container_of` mounts into ``/etc``."""
    closed_container.write_account_files(
        _accounts(spec), user=spec.person, home=HOME, uid=spec.uid, gid=spec.gid, hostname=_HOSTNAME
    )


def _accounts(spec: RoomSpec) -> Path:
    return spec.folders.run.parents[1] / "etc" / spec.seat
