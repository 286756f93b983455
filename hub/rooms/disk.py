"""A folder of limited size: a file system in a sparse file, mounted without setuid and devices."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path


def mount_limited(folder: Path, image: Path, size: int, owner: tuple[int, int]) -> str | None:
    """Mount a file system of ``size`` bytes at ``folder``. ``None`` if it is there, else why it is not.

    An image that exists keeps its content and its size. Files already in ``folder`` are not hidden: a
    folder that is in use without a limit stays as it is.
    """
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
    with contextlib.suppress(FileNotFoundError):
        (folder / "lost+found").rmdir()
    return None


def unmount_all(state: Path) -> None:
    """Unmount every seat's file systems below ``state``; one still in use goes when it no longer is."""
    for folder in sorted((state / "seats").glob("*/*")):
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


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def mount_existing(state: Path) -> None:
    """Mount the file systems of all seats that have one, so that the airlock finds what was staged."""
    if os.geteuid() != 0:
        return
    for image in sorted((state / "disks").glob("*.ext4")):
        seat, _, name = image.stem.rpartition(".")
        folder = state / "seats" / seat / name
        if folder.is_dir():
            mount_limited(folder, image, image.stat().st_size, (0, 0))
