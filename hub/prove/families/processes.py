"""The room sees no process but its own, and nothing of its first one, which comes from outside."""

from __future__ import annotations

import os
from pathlib import Path

from hub.prove.attempt import Attempt, Family, Need
from hub.prove.families.acts import each, inside, open_to_write, system_call
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, filtered, nothing
from hub.prove.stage import CouldNotTry, Stage

_CLOSED = NOT_FOR_YOU | NOT_THERE
_MOST_OF_COMMAND = 4096
# Without a user of its own for each seat, the first process is of the same user as the others.
_OWN_USER = frozenset({Need.OWN_USER})


def _processes_of_the_host() -> list[int]:
    return sorted(int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())[-200:]


def _signal_the_host(stage: Stage) -> object:
    return stage.ask("processes.signal_each", _processes_of_the_host())


def _see_the_host(stage: Stage) -> object:
    """Processes of the host that stand under their numbers in the room as well, by what they were started with."""
    found = []
    for pid in (os.getpid(), os.getppid(), 1):
        outside = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")[:_MOST_OF_COMMAND]
        inside_the_room = stage.ask("processes.command_line", pid, _MOST_OF_COMMAND)
        if not isinstance(inside_the_room, str):
            raise CouldNotTry("the room's answer is not a text")
        if outside and outside == inside_the_room:
            found.append(pid)
    return found


FAMILY = Family(
    "processes",
    "The room sees no process but its own, and nothing of its first one, which comes from outside.",
    (
        Attempt(
            "processes of the host",
            "Look for the process that makes this proof, and for the host's first.",
            _see_the_host,
            nothing("process of the host is seen"),
        ),
        Attempt(
            "signals to the host",
            "Send a signal to processes of the host by their numbers.",
            _signal_the_host,
            nothing("process of the host can be signalled"),
        ),
        Attempt(
            "roots of processes",
            "Go through /proc/*/root to another file system.",
            inside("processes.foreign_roots"),
            nothing("process leads to another file system"),
        ),
        Attempt(
            "root and folder of process 1",
            "Go through /proc/1/root and /proc/1/cwd.",
            each(inside("processes.look_into", "1", "root"), inside("processes.look_into", "1", "cwd")),
            all_refused(_CLOSED),
            needs=_OWN_USER,
        ),
        Attempt(
            "files of process 1",
            "Look at what the first process has open.",
            each(inside("processes.look_into", "1", "fd")),
            all_refused(_CLOSED),
            needs=_OWN_USER,
        ),
        Attempt(
            "environment of process 1",
            "Read what the first process was started with.",
            each(inside("processes.look_into", "1", "environ")),
            all_refused(_CLOSED),
            needs=_OWN_USER,
        ),
        Attempt(
            "memory of process 1",
            "Read the memory of the first process.",
            each(inside("processes.look_into", "1", "mem")),
            all_refused(_CLOSED),
            needs=_OWN_USER,
        ),
        Attempt(
            "trace process 1",
            "Attach to the first process as a debugger does, in both ways.",
            each(system_call("ptrace", 16, 1, 0, 0), system_call("ptrace", 0x4206, 1, 0, 0)),
            all_refused({"EPERM", "ENOSYS"}),
        ),
        Attempt(
            "take files of process 1",
            "Take an open file out of the first process.",
            system_call("pidfd_getfd", 0, 0, 0),
            filtered,
        ),
        Attempt(
            "spare oneself",
            "Make the first process the last that is ended when memory is short.",
            each(open_to_write("/proc/1/oom_score_adj")),
            all_refused(_CLOSED),
        ),
    ),
)
