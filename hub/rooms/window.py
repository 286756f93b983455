"""A window: the second sandbox of a seat, in which Chromium shows the room's JupyterLab on a screen in memory.

It executes the room's pages, so it is trusted no more than the room, and it has less: no network, none of the room's
folders, not the room's socket. It holds two ends of what the door controls: ``door.sock``, at which the door answers
for the room, and ``rfb.sock``, at which the door takes the pixels.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from output_checker.isolation import Bind, Identity, Isolation, Limits, Sandbox, probe
from output_checker.isolation.sandbox import MIB, account_files

from hub.rooms.bubblewrap import OWN_USER
from hub.rooms.inside import room_name
from hub.rooms.spec import RoomSpec

PROGRAMS = Path(__file__).resolve().parents[2] / "images" / "window" / "programs"
RFB_SOCKET = "rfb.sock"
RELAY_PORT = 8000  # as in programs/relay.py
INSIDE = Path("/opt/window")
POLICIES = Path("/etc/chromium/policies/managed/lockedroom.json")
HOME = Path("/tmp/home")  # noqa: S108 - inside the window
TMP_BYTES = 512 * MIB
OPEN_FILES = 4096
_PROGRAMS_OF_DEBIAN = ("/usr/bin/Xvnc", "/usr/bin/xkbcomp", "/usr/lib/chromium/chromium", "/usr/bin/python3")


@dataclass(frozen=True)
class WindowLimits:
    """What one window may use: bytes, processes and threads together, percent of one core."""

    memory_bytes: int
    processes: int
    cpu_percent: int


@dataclass(frozen=True)
class WindowSpec:
    """One seat's window.

    ``uid`` and ``gid`` belong to this window alone: neither the room's nor the project's. ``path`` is where the
    browser begins, below the door's inner socket. ``run`` is the window's folder on the host, in which it serves
    ``rfb.sock``; ``door`` the door's, which it can only read.
    """

    name: str
    person: str
    project: str
    uid: int
    gid: int
    path: str
    run: Path
    door: Path
    limits: WindowLimits


def window_of(
    room: RoomSpec, *, uid: int, gid: int, run: Path, door: Path, limits: WindowLimits
) -> WindowSpec:
    """The window that belongs to a room."""
    return WindowSpec(
        name=room_name(room) + "-window",
        person=room.person,
        project=room.project,
        uid=uid,
        gid=gid,
        path=f"{room.prefix}lab",
        run=run,
        door=door,
        limits=limits,
    )


def missing_programs() -> str | None:
    """A sentence that says which programs of a window are not on this machine, or ``None``."""
    if all(os.access(program, os.X_OK) for program in _PROGRAMS_OF_DEBIAN):
        return None
    return (
        "A room's window needs Chromium and TigerVNC, and one of them is not here: install them with "
        "`apt-get install chromium tigervnc-standalone-server fonts-dejavu-core`."
    )


def window_command() -> tuple[str, ...]:
    """What is started inside; the rest is started by it."""
    return ("/usr/bin/python3", "-s", "-E", "-B", str(INSIDE / "start.py"))


def window_environment(spec: WindowSpec) -> dict[str, str]:
    """The environment inside: nothing of the host's, nothing of the hub's, nothing of the room's."""
    return {
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "LOCKEDROOM_WINDOW_MARK": f"{spec.person} · {spec.project}",
        "LOCKEDROOM_WINDOW_PATH": spec.path,
        "LOCKEDROOM_WINDOW_SOCKET": f"/run/window/{RFB_SOCKET}",
        "PATH": "/usr/bin:/bin",
        "USER": spec.person,
    }


def window_binds(spec: WindowSpec) -> tuple[Bind, Bind]:
    """(what the window can write, what of the door it can read): all it shares with the host but programs."""
    return (
        Bind(source=spec.run, target=Path("/run/window")),
        Bind(source=spec.door, target=Path("/run/door")),
    )


def sandbox_of(spec: WindowSpec, *, isolation: Isolation | None = None) -> Sandbox:
    """The bubblewrap sandbox that is this window. ``isolation`` is what the machine can give; found out by default."""
    isolation = isolation or probe()
    own_user = isolation in OWN_USER
    written, door = window_binds(spec)
    return Sandbox(
        name=spec.name,
        command=window_command(),
        read_only=(
            Bind(source=PROGRAMS, target=INSIDE),
            Bind(source=PROGRAMS / "policies.json", target=POLICIES),
            door,
        ),
        writable=(written,),
        tmpfs=((Path("/tmp"), TMP_BYTES),),  # noqa: S108 - inside the window
        text_files=account_files(user=spec.person, home=HOME, uid=spec.uid, gid=spec.gid),
        environment=window_environment(spec),
        directory=Path("/tmp"),  # noqa: S108 - inside the window
        hostname="window",
        identity=Identity(uid=spec.uid, gid=spec.gid) if own_user else None,
        control_group=isolation is Isolation.OWN_USER,
        quiet=True,
        inner_sandbox=True,
        limits=Limits(
            # Address space means nothing for a browser, which reserves a terabyte and uses little of it.
            memory_bytes=spec.limits.memory_bytes if isolation is Isolation.OWN_USER else None,
            processes=spec.limits.processes if own_user else None,
            cpu_percent=spec.limits.cpu_percent,
            file_bytes=TMP_BYTES,
            open_files=OPEN_FILES,
        ),
    )
