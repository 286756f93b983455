"""What a room is, as data: made from the project's record and the hub's settings, never from a request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RoomLimits:
    """What one room may use: bytes, counts and percent of one core."""

    memory_bytes: int
    processes: int
    cpu_percent: int
    home_bytes: int
    outbox_bytes: int
    shared_bytes: int
    open_files: int


@dataclass(frozen=True)
class RoomFolders:
    """Where a room's folders lie on the host. ``data`` is ``None`` while a project has no extract."""

    run: Path
    home: Path
    outbox: Path
    inbox: Path
    shared: Path
    data: Path | None


@dataclass(frozen=True)
class Backend:
    """What isolates rooms on this machine.

    ``name`` is the ledger's word for it. ``own_user`` says whether each seat can have an OS user of its own;
    ``missing`` has a sentence for each limit that cannot be had. ``environment`` is the folder of the rooms'
    Python, as a room sees it; ``image`` the id of the container image it lies in, if it does.
    """

    name: str
    own_user: bool
    missing: tuple[str, ...]
    environment: Path
    image: str | None = None


@dataclass(frozen=True)
class RoomSpec:
    """One seat's room.

    ``uid`` belongs to the seat alone and ``gid`` to its project. ``prefix`` is the URL path at which
    JupyterLab believes to be served; ``environment`` the folder of the room's own Python environment, on the
    host or in the container image ``image``.
    """

    seat: str
    person: str
    project: str
    uid: int
    gid: int
    prefix: str
    folders: RoomFolders
    environment: Path
    limits: RoomLimits
    policy: str
    image: str | None = None
