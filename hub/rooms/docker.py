"""A room as a container: from its description to what the Engine API is asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from output_checker.isolation.sandbox import MIB, account_files

from hub.rooms.docker_engine import INSTALLATION_LABEL, connect, image_id, limits_missing
from hub.rooms.docker_seccomp import profile
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
_SHM_BYTES = 64 * MIB
_CPU_PERIOD_US = 100_000
# Nothing that a room writes reaches the engine, which would carry it, and spend its own time on it.
_ENTER = 'umask 007; cd "$0" && exec "$@" </dev/null >/dev/null 2>&1'


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
    """The container that is this room, in the words of the Engine API (1.41 and later). Pure.

    It has no network, no capability, a root that cannot be written and an OS user of its own. ``command`` runs
    instead of JupyterLab.
    """
    limits = spec.limits
    return {
        "Image": spec.image,
        "Hostname": "room",
        "User": f"{spec.uid}:{spec.gid}",
        "Env": [f"{name}={value}" for name, value in sorted(room_environment(spec).items())],
        "WorkingDir": "/",
        # Number 1 of the room reaps what is left over, and shows nothing of itself.
        "Entrypoint": ["/usr/bin/tini", "--"],
        "Cmd": ["/bin/sh", "-c", _ENTER, str(HOME), *(command or jupyter_command(spec))],
        "Labels": {INSTALLATION_LABEL: installation_mark(spec.folders.home.parents[2])},
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "Privileged": False,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", "seccomp=" + json.dumps(profile())],
            "IpcMode": "private",
            "CgroupnsMode": "private",
            # A user id means the same inside and outside, also where the engine maps others.
            "UsernsMode": "host",
            "Mounts": [*_mounts(spec), *_account_mounts(spec)],
            "Tmpfs": {
                "/tmp": f"rw,exec,nosuid,nodev,size={TMP_BYTES},mode=1777",  # noqa: S108 - inside the room
                # What the kernel tells of the machine; a bubblewrap room has no such folder at all.
                "/sys": "ro,noexec,nosuid,nodev,size=4096,mode=0555",
            },
            "ShmSize": _SHM_BYTES,
            "Memory": limits.memory_bytes,
            "MemorySwap": limits.memory_bytes,
            "PidsLimit": limits.processes,
            "CpuPeriod": _CPU_PERIOD_US,
            "CpuQuota": limits.cpu_percent * _CPU_PERIOD_US // 100,
            "Ulimits": [
                {"Name": name, "Soft": value, "Hard": value}
                for name, value in {
                    "core": 0,
                    "fsize": limits.home_bytes,
                    "nofile": limits.open_files,
                    "nproc": limits.processes,
                    # Message queues are memory that no limit of a folder holds.
                    "msgqueue": 0,
                }.items()
            ],
            "LogConfig": {"Type": "none"},
            "RestartPolicy": {"Name": "no"},
            "AutoRemove": True,
        },
    }


def write_account_files(spec: RoomSpec) -> None:
    """Write the files that :func:`container_of` mounts into ``/etc``: an engine would put its own there."""
    folder = _accounts(spec)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in _account_texts(spec).items():
        unfinished = folder / f".{name}"
        unfinished.write_text(text)
        unfinished.chmod(0o444)
        unfinished.replace(folder / name)


def _account_texts(spec: RoomSpec) -> dict[str, str]:
    files = account_files(user=spec.person, home=HOME, uid=spec.uid, gid=spec.gid)
    return {file.target.name: file.text for file in files} | {"hostname": "room\n", "resolv.conf": ""}


def _accounts(spec: RoomSpec) -> Path:
    return spec.folders.run.parents[1] / "etc" / spec.seat


def _mounts(spec: RoomSpec) -> list[dict[str, Any]]:
    read_only = [(bind, True) for bind in read_only_binds(spec)]
    writable = [(bind, False) for bind in writable_binds(spec)]
    return [_mount(bind.source, bind.target, ro) for bind, ro in read_only + writable]


def _account_mounts(spec: RoomSpec) -> list[dict[str, Any]]:
    return [_mount(_accounts(spec) / name, Path("/etc") / name, True) for name in _account_texts(spec)]


def _mount(source: Path, target: Path, read_only: bool) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": str(source),
        "Target": str(target),
        "ReadOnly": read_only,
        # What is mounted later, on either side, is not seen on the other.
        "BindOptions": {"Propagation": "rprivate", "NonRecursive": True},
    }
