"""How most attempts act: one probe of the script inside, with fixed arguments or with some of the stage's.

An attempt that succeeds must do the machine no harm: what could change it is opened and not written, and calls
get arguments with which they fail behind the wall.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pyseccomp

from hub.prove.stage import CouldNotTry, Stage

Act = Callable[[Stage], object]


def inside(probe: str, *arguments: object) -> Act:
    """Ask one probe."""
    return lambda stage: stage.ask(probe, *arguments)


def each(*acts: Act) -> Act:
    """Several, one after another; a list of what each saw."""
    return lambda stage: [act(stage) for act in acts]


def os_call(name: str, *arguments: object) -> Act:
    """A function of ``os``."""
    return inside("files.call", name, arguments)


def open_to_write(path: str) -> Act:
    """Open a file that is there for writing, and write nothing."""
    return os_call("open", path, os.O_WRONLY)


def system_call(name: str, *arguments: int | str | None) -> Act:
    """A system call by its name, as this machine numbers it."""

    def act(stage: Stage) -> object:
        return stage.ask("kernel.call", number_of(name), arguments)

    return act


def number_of(name: str) -> int:
    """The number of a system call on this machine. Raises CouldNotTry where there is no such call."""
    number = int(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name))
    if number < 0:
        raise CouldNotTry(f"this machine knows no system call {name}")
    return number
