"""A seat's folders: made with the right owner and mode, below a parent that only the hub may enter."""

from __future__ import annotations

import os
from pathlib import Path

from hub.rooms.disk import mount_limited
from hub.rooms.spec import RoomFolders, RoomLimits


def prepare(
    state: Path, *, seat: str, project: str, uid: int, gid: int, extract: Path | None, limits: RoomLimits
) -> tuple[RoomFolders, list[str]]:
    """Make the folders of one seat. Returns them, and a sentence for each limit that could not be had.

    With a root hub every folder belongs to the seat's own user (``inbox`` to the hub) and ``home`` and
    ``outbox`` are file systems of limited size. Otherwise all belong to the hub's user.
    """
    as_root = os.geteuid() == 0
    owner = (uid, gid) if as_root else (os.getuid(), os.getgid())
    for parent in ("seats", "projects", "run", "run/rooms", "disks"):
        _hub_only(state / parent)
    seat_folder, project_folder = state / "seats" / seat, state / "projects" / project
    _hub_only(seat_folder)
    _hub_only(project_folder)
    folders = RoomFolders(
        run=state / "run" / "rooms" / seat,
        home=seat_folder / "home",
        outbox=seat_folder / "outbox",
        inbox=seat_folder / "inbox",
        shared=project_folder / "shared",
        data=extract,
    )
    missing: list[str] = []
    for folder, size in ((folders.home, limits.home_bytes), (folders.outbox, limits.outbox_bytes)):
        folder.mkdir(mode=0o700, exist_ok=True)
        image = state / "disks" / f"{seat}.{folder.name}.ext4"
        reason = mount_limited(folder, image, size, owner) if as_root else "the hub is not root"
        if reason:
            missing.append(f"{folder.name} has no size limit of its own: {reason}.")
        _own(folder, owner, 0o700)
    folders.run.mkdir(mode=0o700, exist_ok=True)
    _own(folders.run, owner, 0o700)
    folders.inbox.mkdir(exist_ok=True)
    # The room reads its inbox through a read-only mount; the hub's user owns it.
    folders.inbox.chmod(0o755)
    (folders.inbox / ".airlock").mkdir(exist_ok=True)
    (folders.inbox / ".airlock").chmod(0o755)
    folders.shared.mkdir(exist_ok=True)
    # The hub owns the shared folder itself, so that one member cannot lock the others out; files made
    # in it belong to the project's group.
    _own(folders.shared, (os.getuid(), gid if as_root else os.getgid()), 0o3770)
    return folders, missing


def _hub_only(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _own(folder: Path, owner: tuple[int, int], mode: int) -> None:
    """Owner and mode of a folder, through a descriptor: a link in its place is not followed."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if (found.st_uid, found.st_gid) != owner:
            os.fchown(fd, *owner)
        os.fchmod(fd, mode)
    finally:
        os.close(fd)
