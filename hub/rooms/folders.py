"""A seat's folders: made with the right owner and mode, below a parent that only the hub may enter."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hub.rooms.disk import mount_in_memory, mount_limited
from hub.rooms.spec import RoomFolders, RoomLimits

# The room's socket, and some room to spare.
_RUN_BYTES = 1024 * 1024
_RUN_FILES = 256


def prepare(
    state: Path, *, seat: str, project: str, uid: int, gid: int, extract: Path | None, limits: RoomLimits
) -> tuple[RoomFolders, list[str]]:
    """Make the folders of one seat. Returns them, and a sentence for each limit that could not be had.

    With a root hub every folder belongs to the seat's own user (``inbox`` and ``shared`` to the hub) and each
    that can be written is a file system of limited size: what a room writes never fills the hub's own disk.
    Otherwise all belong to the hub's user.
    """
    as_root = os.geteuid() == 0
    owner = (uid, gid) if as_root else (os.getuid(), os.getgid())
    for parent in ("seats", "projects", "run", "run/rooms", "disks", "disks/projects"):
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
    own_disks = (
        (folders.home, limits.home_bytes, f"{seat}.home", owner, 0o700),
        (folders.outbox, limits.outbox_bytes, f"{seat}.outbox", owner, 0o700),
        # The hub owns the shared folder itself, so that one member cannot lock the others out; files made
        # in it belong to the project's group.
        (folders.shared, limits.shared_bytes, f"projects/{project}", (os.getuid(), owner[1]), 0o3770),
    )
    for folder, size, image, folder_owner, mode in own_disks:
        folder.mkdir(mode=0o700, exist_ok=True)
        path = state / "disks" / f"{image}.ext4"
        reason = mount_limited(folder, path, size, folder_owner) if as_root else "the hub is not root"
        if reason:
            missing.append(f"{folder.name} has no size limit of its own: {reason}.")
        _own(folder, folder_owner, mode)
    missing += _empty_run_folder(folders.run, owner, as_root)
    folders.inbox.mkdir(exist_ok=True)
    # The room reads its inbox through a read-only mount; the hub's user owns it.
    folders.inbox.chmod(0o755)
    (folders.inbox / ".airlock").mkdir(exist_ok=True)
    (folders.inbox / ".airlock").chmod(0o755)
    return folders, missing


def prepare_window(state: Path, *, seat: str, uid: int, gid: int) -> tuple[Path, Path, list[str]]:
    """Make the two folders through which a window and its door meet, both empty.

    Returns the window's own, which ``uid`` can write; the door's, which stays the hub's; and a sentence for each
    limit that could not be had.
    """
    for parent in ("run", "run/windows", "run/doors"):
        _hub_only(state / parent)
    run, door = state / "run" / "windows" / seat, state / "run" / "doors" / seat
    missing = renew_window(run, uid, gid)
    _clear(door)
    # Behind a parent that only the hub enters; the window sees this folder alone, and cannot write it.
    _own(door, (os.getuid(), os.getgid()), 0o755)
    return run, door, missing


def renew_window(run: Path, uid: int, gid: int) -> list[str]:
    """Empty a window's own folder: none of it is running. Returns what :func:`prepare_window` does of limits."""
    as_root = os.geteuid() == 0
    return _empty_run_folder(run, (uid, gid) if as_root else (os.getuid(), os.getgid()), as_root)


def _empty_run_folder(folder: Path, owner: tuple[int, int], as_root: bool) -> list[str]:
    """An empty folder for a room's or a window's socket: what an earlier one left in its place is gone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    reason: str | None = "the hub is not root"
    if as_root:
        reason = mount_in_memory(folder, _RUN_BYTES, _RUN_FILES, owner)
    if reason is None:
        return []
    _clear(folder)
    _own(folder, owner, 0o700)
    return [f"{folder.name} has no size limit of its own: {reason}."]


def _clear(folder: Path) -> None:
    """Make the folder if need be, and empty it: nothing of this seat is running."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)  # follows no link
        else:
            entry.unlink()


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
