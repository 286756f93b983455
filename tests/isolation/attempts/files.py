"""Attempts to change what is read-only and to see what is another's."""

from __future__ import annotations

from typing import Any


def change_all_ways(folder: str, file: str) -> dict[str, str]:
    """Try to change a read-only folder and a file in it, each way there is; ``done`` or the error's name."""
    import ctypes
    import errno
    import os
    from collections.abc import Callable

    path = f"{folder}/{file}"
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(path, os.O_RDONLY)
    here = os.open(folder, os.O_PATH | os.O_DIRECTORY)

    def remount() -> None:
        if libc.mount(b"none", folder.encode(), None, 32 | 4096, None) != 0:  # MS_REMOUNT | MS_BIND
            raise OSError(ctypes.get_errno(), "mount")

    def unmount() -> None:
        if libc.umount2(folder.encode(), 2) != 0:
            raise OSError(ctypes.get_errno(), "umount2")

    def by_tree() -> None:
        # open_tree, then mount_setattr: the newer calls for the same thing.
        if libc.syscall(ctypes.c_long(428), -100, folder.encode(), 1) < 0:
            raise OSError(ctypes.get_errno(), "open_tree")

    def rename_over() -> None:
        os.close(os.open(f"{os.path.dirname(folder)}/.over", os.O_WRONLY | os.O_CREAT))
        os.rename(f"{os.path.dirname(folder)}/.over", path)

    def by_map() -> None:
        import mmap

        mmap.mmap(handle, 4, mmap.MAP_SHARED, mmap.PROT_WRITE)

    attempts: dict[str, Callable[[], Any]] = {
        "write": lambda: os.open(path, os.O_WRONLY),
        "read and write": lambda: os.open(path, os.O_RDWR),
        "append": lambda: os.open(path, os.O_WRONLY | os.O_APPEND),
        "truncate": lambda: os.truncate(path, 0),
        "write to what was opened to read": lambda: os.write(handle, b"x"),
        "truncate what was opened to read": lambda: os.ftruncate(handle, 0),
        "map what was opened to read": by_map,
        "reopen by descriptor": lambda: os.open(f"/proc/self/fd/{handle}", os.O_RDWR),
        "through the folder's descriptor": lambda: os.open(file, os.O_RDWR, dir_fd=here),
        "through the root of proc": lambda: os.open(f"/proc/self/root{path}", os.O_RDWR),
        "through the working folder of proc": lambda: os.open(f"/proc/self/cwd/../..{path}", os.O_RDWR),
        "through process 1": lambda: os.open(f"/proc/1/root{path}", os.O_RDWR),
        "change mode": lambda: os.chmod(path, 0o777),
        "change mode of the folder": lambda: os.chmod(folder, 0o777),
        "change owner": lambda: os.chown(path, os.getuid(), os.getgid()),
        "change times": lambda: os.utime(path, (0, 0)),
        "set an attribute": lambda: os.setxattr(path, "user.x", b"x"),
        "unlink": lambda: os.unlink(path),
        "rename": lambda: os.rename(path, f"{path}.moved"),
        "rename the folder": lambda: os.rename(folder, f"{folder}.moved"),
        "rename over": rename_over,
        "link away": lambda: os.link(path, "/workspace/home/linked"),
        "make a file": lambda: os.open(f"{folder}/new", os.O_WRONLY | os.O_CREAT),
        "make a folder": lambda: os.mkdir(f"{folder}/new"),
        "make a link": lambda: os.symlink("/etc", f"{folder}/new"),
        "make an unnamed file": lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR),
        "remove the folder": lambda: os.rmdir(folder),
        "mount again": remount,
        "unmount": unmount,
        "take the mount": by_tree,
    }
    found = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            found[name] = "done"
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno or 0, type(error).__name__)
    os.close(handle)
    os.close(here)
    return found


def writable_places() -> list[str]:
    """Every folder of the room in which a file can be made."""
    import os

    found = []
    for folder, folders, _ in os.walk("/"):
        if folder == "/":
            folders.remove("proc")
        try:
            fd = os.open(os.path.join(folder, ".try"), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except OSError:
            continue
        os.close(fd)
        os.unlink(os.path.join(folder, ".try"))
        found.append(folder)
    return found


def mounts() -> list[dict[str, Any]]:
    """Each mount: where, of which device and inode, with which flags, and whether a file can be made in it."""
    import os
    from pathlib import Path

    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        parts = fields.split()
        point = parts[4]
        try:
            state = os.stat(point)
        except OSError:
            continue
        found.append(
            {
                "point": point,
                "device": state.st_dev,
                "inode": state.st_ino,
                "options": parts[5].split(","),
                "kind": tail.split()[0],
                "writable": "rw" in parts[5].split(",") and os.access(point, os.W_OK),
            }
        )
    return found


def look_at(paths: list[str]) -> list[str]:
    """Those of the paths that exist as far as this room can tell."""
    import os

    return [path for path in paths if os.path.lexists(path)]


def write_text(path: str, text: str) -> None:
    """Write a file."""
    from pathlib import Path

    Path(path).write_text(text)


def read_text(path: str) -> str:
    """Read a file, or the name of the error."""
    from pathlib import Path

    try:
        return Path(path).read_text()
    except OSError as error:
        return type(error).__name__


def attempt_all(calls: list[list[Any]]) -> list[str]:
    """Functions of ``os`` by name with their arguments; ``done`` or the error's name for each."""
    import errno
    import os

    found = []
    for name, *arguments in calls:
        try:
            getattr(os, name)(*arguments)
            found.append("done")
        except OSError as error:
            found.append(errno.errorcode.get(error.errno or 0, type(error).__name__))
    return found


def facts(path: str) -> dict[str, int]:
    """Owner, group and mode of a path."""
    import os
    import stat

    found = os.lstat(path)
    return {"uid": found.st_uid, "gid": found.st_gid, "mode": stat.S_IMODE(found.st_mode)}
