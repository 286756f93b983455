"""A room as a bubblewrap sandbox: no daemon, no image, the same isolation every time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from output_checker.isolation import Bind, Identity, Isolation, Limits, Sandbox, probe
from output_checker.isolation.sandbox import MIB, account_files

from hub.rooms.spec import RoomSpec

HOME = Path("/workspace/home")
_SOCKET = "/run/room/lab.sock"
_TMP_BYTES = 512 * MIB


def sandbox_of(spec: RoomSpec, *, isolation: Isolation | None = None) -> Sandbox:
    """The sandbox that is this room. ``isolation`` is what the machine can give; found out by default."""
    isolation = isolation or probe()
    own_user = isolation in {Isolation.OWN_USER, Isolation.OWN_USER_NO_CONTROL_GROUP}
    uid, gid = (spec.uid, spec.gid) if own_user else (os.getuid(), os.getgid())
    folders = spec.folders
    writable = [
        Bind(source=folders.run, target=Path("/run/room")),
        Bind(source=folders.home, target=HOME),
        Bind(source=folders.outbox, target=Path("/outbox")),
        Bind(source=folders.shared, target=Path("/workspace/shared")),
    ]
    read_only = [
        Bind(source=spec.environment, target=spec.environment),
        Bind(source=folders.inbox, target=Path("/inbox")),
        *_interpreter_outside_usr(spec.environment),
    ]
    if folders.data is not None:
        read_only.append(Bind(source=folders.data, target=Path("/data")))
    return Sandbox(
        name=control_group_name(spec.seat, folders.home),
        command=jupyter_command(spec),
        read_only=tuple(read_only),
        writable=tuple(writable),
        tmpfs=((Path("/tmp"), _TMP_BYTES),),  # noqa: S108 - inside the room
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


def control_group_name(seat: str, folder: Path) -> str:
    """A control group's name: the seat, and a mark of this installation, so that two do not meet."""
    mark = hashlib.sha256(str(folder.parent.parent.resolve()).encode()).hexdigest()[:8]
    return f"{mark}-{seat}"


def _interpreter_outside_usr(environment: Path) -> list[Bind]:
    """The Python that the environment stands on, where it does not lie under ``/usr``."""
    config = (environment / "pyvenv.cfg").read_text()
    home = next(line.partition("=")[2].strip() for line in config.splitlines() if line.startswith("home"))
    base = Path(home).parent
    if base.is_relative_to("/usr"):
        return []
    return [Bind(source=base, target=base)]
