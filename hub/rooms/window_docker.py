"""A window as a container, with an image of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.rooms import closed_container
from hub.rooms.closed_container import ClosedContainer
from hub.rooms.inside import installation_mark
from hub.rooms.window import (
    HOME,
    OPEN_FILES,
    TMP_BYTES,
    WindowSpec,
    window_binds,
    window_command,
    window_environment,
)

_HOSTNAME = "window"
_TMP = Path("/tmp")  # noqa: S108 - inside the window


def container_of(spec: WindowSpec, image: str) -> dict[str, Any]:
    """The container that is this window, as the Engine API is asked for it. Pure. ``image`` is its image's id."""
    written, door = window_binds(spec)
    return ClosedContainer(
        image=image,
        hostname=_HOSTNAME,
        uid=spec.uid,
        gid=spec.gid,
        environment=window_environment(spec),
        directory=_TMP,
        command=window_command(),
        installation=installation_mark(_state(spec)),
        read_only=(door,),
        writable=(written,),
        accounts=_accounts(spec),
        tmp_bytes=TMP_BYTES,
        memory_bytes=spec.limits.memory_bytes,
        processes=spec.limits.processes,
        cpu_percent=spec.limits.cpu_percent,
        file_bytes=TMP_BYTES,
        open_files=OPEN_FILES,
        inner_sandbox=True,
    ).as_asked()


def write_account_files(spec: WindowSpec) -> None:
    """Write the files that :func:`container_of` mounts into ``/etc``."""
    closed_container.write_account_files(
        _accounts(spec), user=spec.person, home=HOME, uid=spec.uid, gid=spec.gid, hostname=_HOSTNAME
    )


def _state(spec: WindowSpec) -> Path:
    return spec.run.parents[2]


def _accounts(spec: WindowSpec) -> Path:
    return _state(spec) / "run" / "etc" / f"{spec.run.name}.window"
