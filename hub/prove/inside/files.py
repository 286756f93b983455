"""Changing, reading and making what is not the room's own."""

from __future__ import annotations

import mmap
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

from .outcome import DONE, outcome


def call(name: str, arguments: list[Any]) -> str:
    """A function of ``os`` by its name."""
    # JSON knows no tuples.
    passed = [tuple(one) if isinstance(one, list) else one for one in arguments]
    return outcome(lambda: getattr(os, name)(*passed))


def change_what_was_opened_to_read(path: str, way: str) -> str:
    """Change a file through a descriptor that was opened for reading."""
    handle = os.open(path, os.O_RDONLY)
    ways = {
        "write": lambda: os.write(handle, b"x"),
        "truncate": lambda: os.ftruncate(handle, 0),
        "map": lambda: mmap.mmap(handle, 4, mmap.MAP_SHARED, mmap.PROT_WRITE),
        "reopen": lambda: os.open(f"/proc/self/fd/{handle}", os.O_RDWR),
    }
    return outcome(ways[way])


def replace(path: str, beside: str) -> str:
    """Put a file of one's own in the place of another."""
    Path(beside).write_text("x")
    return outcome(lambda: os.rename(beside, path))


def read(path: str) -> str:
    """Read the beginning of a file; ``empty`` where there is none."""
    content = b""

    def attempt() -> None:
        nonlocal content
        with open(path, "rb") as file:
            content = file.read(16)

    told = outcome(attempt)
    return told if content or told != DONE else "empty"


def lines(path: str) -> list[str]:
    """The lines of a small file; none where it is not there for this one."""
    try:
        return Path(path).read_text(errors="replace").splitlines()[:1000]
    except OSError:
        return []


def there(paths: list[str]) -> list[str]:
    """Those of the paths that lead to something, as far as can be told from here."""
    return [path for path in paths if os.path.lexists(path)]


def writable_places(left_out: list[str]) -> list[str]:
    """The folders in which a file can be made, of the whole file system but for those left out."""
    found = []
    for folder, folders_below, _ in os.walk("/"):
        folders_below[:] = [name for name in folders_below if os.path.join(folder, name) not in left_out]
        probe = os.path.join(folder, ".try")
        if outcome(lambda probe=probe: os.close(os.open(probe, os.O_WRONLY | os.O_CREAT))) == DONE:  # type: ignore[misc]
            os.unlink(probe)
            found.append(folder)
    return sorted(found)


def block_devices() -> list[str]:
    """Devices below ``/dev`` that are not among those which every program may use."""
    plain = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"}
    found = []
    for folder, _, names in os.walk("/dev"):
        for name in names:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            terminal = folder == "/dev/pts"
            if (stat.S_ISBLK(mode) or stat.S_ISCHR(mode)) and name not in plain and not terminal:
                found.append(path)
    return sorted(found)


def make_device(folder: str, kind: str) -> str:
    """Make the node of a disk (``block``) or of the machine's memory (``character``)."""
    mode, major, minor = (stat.S_IFBLK, 8, 0) if kind == "block" else (stat.S_IFCHR, 1, 1)
    return outcome(lambda: os.mknod(f"{folder}/.device", mode | 0o666, os.makedev(major, minor)))


def make_setuid(path: str) -> str:
    """A program with the setuid and setgid bits that anybody may start."""
    shutil.copyfile("/usr/bin/id", path)
    return outcome(lambda: os.chmod(path, 0o6755))


def setuid_programs() -> list[str]:
    """Start every setuid and setgid program where systems keep them; those that got other ids than this one."""
    gained = []
    own = os.getuid(), os.getgid()
    below_lib = [entry.path for entry in os.scandir("/usr/lib") if entry.is_dir(follow_symlinks=False)]
    for folder in ("/usr/bin", "/usr/sbin", "/usr/libexec", *below_lib):
        if not os.path.isdir(folder):
            continue
        for entry in os.scandir(folder):
            state = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(state.st_mode) or not state.st_mode & (stat.S_ISUID | stat.S_ISGID):
                continue
            if _ids_of(entry.path) - {*own}:
                gained.append(entry.path)
    return sorted(gained)


def _ids_of(program: str) -> set[int]:
    """The user and group ids a program has right after its start."""
    try:
        child = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return set()
    # Also when it has ended already: it is kept until it is waited for.
    time.sleep(0.01)
    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
    ids = {int(one) for line in lines if line.startswith(("Uid:", "Gid:")) for one in line.split()[1:]}
    child.kill()
    child.communicate()
    return ids


def make(path: str) -> str:
    """Make a file that is not there yet; it is removed at once."""

    def attempt() -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.unlink(path)

    return outcome(attempt)


def run(command: list[str]) -> str:
    """Run a program: what it printed, or ``refused`` where it ended with an error or is not there."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=False
        )
    except OSError:
        return "refused"
    return done.stdout.strip() if done.returncode == 0 else "refused"
