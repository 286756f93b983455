"""A folder of limited size: a file system in a sparse file or in memory, mounted without setuid and devices."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_MOUNTED = ("seats/*/*", "projects/*/shared", "run/rooms/*", "run/windows/*")


log = logging.getLogger("lockedroom.rooms")


def mount_limited(folder: Path, image: Path, size: int, owner: tuple[int, int]) -> str | None:
    """Mount a file system of ``size`` bytes at ``folder``. ``None`` if it is there, else why it is not.

    An image that exists keeps its content and its size. Files already in ``folder`` are not hidden: a
    folder that is in use without a limit stays as it is.
    """
    # Two members of a project may start at once, and one image mounted twice would be destroyed.
    with _one_at_a_time(image.parent):
        if os.path.ismount(folder):
            return None
        if shutil.which("mkfs.ext4") is None:
            return "mkfs.ext4 is not installed (Debian package e2fsprogs)"
        if any(folder.iterdir()):
            return "the folder was in use before"
        try:
            if not image.exists():
                _make_image(image, size, owner)
            _run(["mount", "-o", "loop,nosuid,nodev", str(image), str(folder)])
        except subprocess.CalledProcessError as error:
            return f"this machine cannot mount one ({error.stderr.decode(errors='replace').strip()})"
        with contextlib.suppress(OSError):  # a room may have put something else in its place
            (folder / "lost+found").rmdir()
        return None


def mount_in_memory(folder: Path, size: int, files: int, owner: tuple[int, int]) -> str | None:
    """Mount an empty file system of ``size`` bytes and ``files`` files at ``folder``, for ``owner`` alone.

    What an earlier one held is gone. ``None`` if it is there, else why it is not.
    """
    options = f"size={size},nr_inodes={files},mode=0700,uid={owner[0]},gid={owner[1]},nosuid,nodev,noexec"
    try:
        while os.path.ismount(folder):
            _run(["umount", "--lazy", str(folder)])
        _run(["mount", "-t", "tmpfs", "-o", options, "room", str(folder)])
    except subprocess.CalledProcessError as error:
        return f"this machine cannot mount one ({error.stderr.decode(errors='replace').strip()})"
    return None


def unmount_all(state: Path) -> None:
    """Unmount every room's file systems below ``state``; one still in use goes when it no longer is."""
    for folder in sorted(found for pattern in _MOUNTED for found in state.glob(pattern)):
        if os.path.ismount(folder):
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def _make_image(image: Path, size: int, owner: tuple[int, int]) -> None:
    unfinished = image.with_suffix(".new")
    with unfinished.open("wb") as out:
        out.truncate(size)
    unfinished.chmod(0o600)
    options = f"lazy_itable_init=1,root_owner={owner[0]}:{owner[1]}"
    _run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", options, str(unfinished)])
    unfinished.rename(image)


@contextlib.contextmanager
def _one_at_a_time(images: Path) -> Iterator[None]:
    fd = os.open(images, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def mount_existing(state: Path) -> None:
    """Mount the file systems of all seats that have one, so that the airlock finds what was staged."""
    if os.geteuid() != 0:
        return
    for image in sorted((state / "disks").glob("*.ext4")):
        seat, _, name = image.stem.rpartition(".")
        folder = state / "seats" / seat / name
        if not folder.is_dir():
            continue
        try:
            reason = mount_limited(folder, image, image.stat().st_size, (0, 0))
        except OSError as error:
            reason = str(error)
        if reason:  # one seat's trouble keeps nobody else out; its own next start says it again
            log.warning("%s of %s is not mounted: %s", name, seat, reason)
