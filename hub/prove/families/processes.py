"""The room sees no process but its own, and nothing of its first one, which comes from outside."""

from __future__ import annotations

import os
from pathlib import Path

from hub.prove.attempt import Attempt, Family, Need
from hub.prove.families.acts import each, inside, open_to_write, system_call
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, filtered, nothing
from hub.prove.stage import CouldNotTry, Stage

_CLOSED = NOT_FOR_YOU | NOT_THERE
# Without a user of its own for each seat, the first process is of the same user as the others.
_OWN_USER = frozenset({Need.OWN_USER})


def _processes_of_the_host() -> list[int]:
    return sorted(int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())[-200:]


def _signal_the_host(stage: Stage) -> object:
    return stage.ask("processes.signal_each", _processes_of_the_host())


def _see_the_host(stage: Stage) -> object:
    """Numbers of processes that are as high as only the host's are: a room has begun to count anew."""
    seen = stage.ask("processes.seen")
    if not isinstance(seen, list) or not seen:
        raise CouldNotTry("the room sees no process, not even its own")
    return sorted({os.getpid(), os.getppid()} & set(seen))


FAMILY = Family(
    "processes",
    "The room sees no process but its own, and nothing of its first one, which comes from outside.",
    (
        Attempt(
            "processes of the host",
            "Look for the process that makes this proof.",
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
