"""What one room uses up, others do not miss: processes, memory, disk, files, messages."""

from __future__ import annotations

import signal

from hub.prove.attempt import Attempt, Family, Need
from hub.prove.families.acts import Act, system_call
from hub.prove.judges import Used, filtered, refused, within
from hub.prove.stage import CouldNotTry, Stage

_MIB = 1024 * 1024
_PIECE = 32
_LIMITS = frozenset({Need.LIMITS})
_DISKS = frozenset({Need.DISKS})


def _fork(stage: Stage) -> Used:
    most = stage.spec.limits.processes
    return Used(stage.ask("limits.fork", 3 * most), most, "processes")


def _eat(stage: Stage) -> object:
    most = stage.spec.limits.memory_bytes // _MIB
    seen = stage.ask("limits.eat_memory", 2 * most)
    if not isinstance(seen, dict):
        raise CouldNotTry("the room's answer is not a table")
    if seen.get("killed_by") not in {0, int(signal.SIGKILL)}:
        raise CouldNotTry(f"it was ended by signal {seen.get('killed_by')}")
    return Used(seen.get("taken"), most, "MiB")


def _fill(folder: str, most_bytes: str) -> Act:
    def act(stage: Stage) -> Used:
        most = getattr(stage.spec.limits, most_bytes) // _MIB
        seen = stage.ask("limits.fill", folder, most + 2 * _PIECE, _PIECE)
        if not isinstance(seen, dict) or (seen.get("said") not in {"ENOSPC", ""}):
            raise CouldNotTry(f"not the disk was in the way: {seen}")
        return Used(seen.get("reserved"), most, "MiB")

    return act


def _large_file(stage: Stage) -> object:
    most = stage.spec.limits.home_bytes // _MIB
    seen = stage.ask("limits.fill", "/workspace/shared", most + 1, most + 1)
    return seen.get("said") if isinstance(seen, dict) and seen.get("said") else "done"


def _many_files(stage: Stage) -> Used:
    return Used(stage.ask("limits.make_files", "/run/room", 1000), 256, "files")


def _open_files(stage: Stage) -> Used:
    most = stage.spec.limits.open_files
    return Used(stage.ask("limits.open_files", 2 * most), most, "open files")


def _disk(folder: str, most: str) -> Attempt:
    return Attempt(
        f"fill {folder}",
        f"Reserve more space in {folder} than the seat may have.",
        _fill(folder, most),
        within,
        needs=_DISKS,
    )


FAMILY = Family(
    "limits",
    "What one room uses up, others do not miss: processes, memory, disk, files, messages.",
    (
        _disk("/workspace/home", "home_bytes"),
        _disk("/outbox", "outbox_bytes"),
        _disk("/workspace/shared", "shared_bytes"),
        Attempt(
            "a file without end",
            "Make a file larger than any that a seat may have.",
            _large_file,
            refused({"EFBIG"}),
        ),
        Attempt(
            "files without end",
            "Make more files beside the room's socket than its memory may hold.",
            _many_files,
            within,
            needs=_DISKS,
        ),
        Attempt("open files", "Have more files open than a process may.", _open_files, within),
        Attempt(
            "message queues",
            "Keep memory in message queues, which no limit of a folder holds.",
            system_call("mq_open", "/x", 0o102, 0o600, None),
            filtered,
        ),
        Attempt(
            "huge pages and locked files",
            "Move pages of memory, and lock files of another file system.",
            system_call("migrate_pages", 0, 0, None, None),
            filtered,
        ),
        Attempt(
            "fork bomb",
            "Start three times as many processes as the room may have.",
            _fork,
            within,
            needs=frozenset({Need.OWN_USER}),
        ),
        Attempt(
            "memory bomb",
            "Take twice as much memory as the room may have.",
            _eat,
            within,
            needs=_LIMITS,
        ),
    ),
)
