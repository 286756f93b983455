"""A process that a later hub finds again: by its id and by when it began, since ids are given out anew."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

_GONE_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.02
# Places in /proc/<pid>/stat after the process's name.
_STATE, _STARTED = 0, 19


@dataclass(frozen=True)
class Process:
    """``started`` is in clock ticks since the machine's start, as the kernel tells it."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this id now."""
        fields = _stat(pid)
        return None if fields is None else cls(pid, int(fields[_STARTED]))

    def runs(self) -> bool:
        """Whether it lives: not another of its id, and not one that only waits to be reaped."""
        fields = _stat(self.pid)
        return fields is not None and int(fields[_STARTED]) == self.started and fields[_STATE] not in "ZX"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to no other."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                # Its number could have been another's by then: looked at again, it still is its own.
                if self.runs():
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)

    async def end(self, *, ask_first_s: float) -> bool:
        """Ask it to end, then end it; whether it is gone. ``0`` leaves it no time."""
        for number, patience_s in ((signal.SIGTERM, ask_first_s), (signal.SIGKILL, _GONE_WITHIN_S)):
            if patience_s <= 0 or not self.runs():
                continue
            self.signal(number)
            deadline = asyncio.get_running_loop().time() + patience_s
            while self.runs() and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_LOOK_EVERY_S)
        return not self.runs()


def _stat(pid: int) -> list[str] | None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return None
