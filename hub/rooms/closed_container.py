"""What is the same for every container that runs something untrusted: its walls, in the words of the Engine API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from output_checker.isolation import Bind
from output_checker.isolation.sandbox import MIB, account_files

from hub.rooms.docker_engine import INSTALLATION_LABEL
from hub.rooms.docker_seccomp import profile

_SHM_BYTES = 64 * MIB
_CPU_PERIOD_US = 100_000
# Nothing that is written inside reaches the engine, which would carry it, and spend its own time on it.
_ENTER = 'umask 007; cd "$0" && exec "$@" </dev/null >/dev/null 2>&1'


@dataclass(frozen=True)
class ClosedContainer:
    """A container without network or capability, with a root that cannot be written and an OS user of its own.

    ``installation`` marks whose it is. ``accounts`` is a folder of the host with files for ``/etc``, as
    :func:`write_account_files` writes them. ``inner_sandbox`` lets a browser build a sandbox of its own.
    """

    image: str
    hostname: str
    uid: int
    gid: int
    environment: Mapping[str, str]
    directory: Path
    command: tuple[str, ...]
    installation: str
    read_only: tuple[Bind, ...]
    writable: tuple[Bind, ...]
    accounts: Path
    tmp_bytes: int
    memory_bytes: int
    processes: int
    cpu_percent: int
    file_bytes: int
    open_files: int
    inner_sandbox: bool = False

    def as_asked(self) -> dict[str, Any]:
        """What the Engine API (1.41 and later) is asked for. Pure."""
        seccomp = json.dumps(profile(inner_sandbox=self.inner_sandbox))
        return {
            "Image": self.image,
            "Hostname": self.hostname,
            "User": f"{self.uid}:{self.gid}",
            "Env": [f"{name}={value}" for name, value in sorted(self.environment.items())],
            "WorkingDir": "/",
            # Number 1 inside reaps what is left over, and shows nothing of itself.
            "Entrypoint": ["/usr/bin/tini", "--"],
            "Cmd": ["/bin/sh", "-c", _ENTER, str(self.directory), *self.command],
            "Labels": {INSTALLATION_LABEL: self.installation},
            "HostConfig": {
                "NetworkMode": "none",
                "ReadonlyRootfs": True,
                "Privileged": False,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges", "seccomp=" + seccomp],
                "IpcMode": "private",
                "CgroupnsMode": "private",
                # A user id means the same inside and outside, also where the engine maps others.
                "UsernsMode": "host",
                "Mounts": self._mounts(),
                "Tmpfs": {
                    "/tmp": f"rw,exec,nosuid,nodev,size={self.tmp_bytes},mode=1777",  # noqa: S108 - inside
                    # What the kernel tells of the machine; a bubblewrap room has no such folder at all.
                    "/sys": "ro,noexec,nosuid,nodev,size=4096,mode=0555",
                },
                "ShmSize": _SHM_BYTES,
                "Memory": self.memory_bytes,
                "MemorySwap": self.memory_bytes,
                "PidsLimit": self.processes,
                "CpuPeriod": _CPU_PERIOD_US,
                "CpuQuota": self.cpu_percent * _CPU_PERIOD_US // 100,
                "Ulimits": [
                    {"Name": name, "Soft": value, "Hard": value}
                    for name, value in {
                        "core": 0,
                        "fsize": self.file_bytes,
                        "nofile": self.open_files,
                        "nproc": self.processes,
                        # Message queues are memory that no limit of a folder holds.
                        "msgqueue": 0,
                    }.items()
                ],
                "LogConfig": {"Type": "none"},
                "RestartPolicy": {"Name": "no"},
                # With it, an engine that starts again removes what runs as well (20.10, --live-restore).
                "AutoRemove": False,
            },
        }

    def _mounts(self) -> list[dict[str, Any]]:
        files = [Bind(source=self.accounts / name, target=Path("/etc") / name) for name in _ACCOUNT_FILES]
        binds = [(bind, True) for bind in self.read_only] + [(bind, False) for bind in self.writable]
        return [_mount(bind, read_only) for bind, read_only in [*binds, *((file, True) for file in files)]]


# An engine would put its own there.
_ACCOUNT_FILES = ("passwd", "group", "hosts", "nsswitch.conf", "hostname", "resolv.conf")


def write_account_files(folder: Path, *, user: str, home: Path, uid: int, gid: int, hostname: str) -> None:
    """Write the files that a :class:`ClosedContainer` mounts into ``/etc``."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = account_files(user=user, home=home, uid=uid, gid=gid)
    texts = {file.target.name: file.text for file in files} | {"hostname": hostname + "\n", "resolv.conf": ""}
    assert set(texts) == set(_ACCOUNT_FILES)
    for name, text in texts.items():
        unfinished = folder / f".{name}"
        unfinished.write_text(text)
        unfinished.chmod(0o444)
        unfinished.replace(folder / name)


def _mount(bind: Bind, read_only: bool) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": str(bind.source),
        "Target": str(bind.target),
        "ReadOnly": read_only,
        # What is mounted later, on either side, is not seen on the other.
        "BindOptions": {"Propagation": "rprivate", "NonRecursive": True},
    }
