"""What is the same inside every room, whatever isolates it: the folders, the command, the environment."""

from __future__ import annotations

import hashlib
from pathlib import Path

from output_checker.isolation import Bind
from output_checker.isolation.sandbox import MIB

from hub.rooms.spec import RoomSpec

HOME = Path("/workspace/home")
TMP_BYTES = 512 * MIB
_SOCKET = "/run/room/lab.sock"


def writable_binds(spec: RoomSpec) -> list[Bind]:
    """The folders of the host that a room can write."""
    folders = spec.folders
    return [
        Bind(source=folders.run, target=Path("/run/room")),
        Bind(source=folders.home, target=HOME),
        Bind(source=folders.outbox, target=Path("/outbox")),
        Bind(source=folders.shared, target=Path("/workspace/shared")),
    ]


def read_only_binds(spec: RoomSpec) -> list[Bind]:
    """The folders of the host that a room can read."""
    folders = spec.folders
    binds = [Bind(source=folders.inbox, target=Path("/inbox"))]
    if folders.data is not None:
        binds.append(Bind(source=folders.data, target=Path("/data")))
    return binds


def jupyter_command(spec: RoomSpec) -> tuple[str, ...]:
    """JupyterLab on its unix socket. The door signs people in, so the server inside asks for nothing."""
    return (
        str(spec.environment / "bin" / "python"),
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.sock={_SOCKET}",
        "--ServerApp.sock_mode=0600",
        f"--ServerApp.base_url={spec.prefix}",
        "--ServerApp.root_dir=/workspace",
        "--FileContentsManager.preferred_dir=/workspace/home",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
        "--ServerApp.allow_remote_access=True",
    )


def room_environment(spec: RoomSpec) -> dict[str, str]:
    """The environment inside: nothing of the host's, nothing of the hub's."""
    return {
        "HOME": str(HOME),
        # Not in the home folder: a full one would keep the server from starting again.
        "JUPYTER_RUNTIME_DIR": "/tmp/jupyter-runtime",  # noqa: S108 - inside the room
        "LANG": "C.UTF-8",
        "LOCKEDROOM_POLICY": spec.policy,
        "PATH": f"{spec.environment}/bin:/usr/bin:/bin",
        "SHELL": "/bin/bash",
        "USER": spec.person,
        "TERM": "xterm-256color",
    }


def room_name(spec: RoomSpec) -> str:
    """What the host calls a room's control group or container: the seat, and a mark of this installation."""
    return name_on_host(spec.folders.home.parents[2], spec.seat)


def name_on_host(state: Path, seat: str) -> str:
    """See :func:`room_name`; ``state`` is the installation's folder."""
    return f"{installation_mark(state)}-{seat}"


def installation_mark(state: Path) -> str:
    """A short word for one installation, so that two on a machine do not meet."""
    return hashlib.sha256(str((state / "seats").resolve()).encode()).hexdigest()[:8]
