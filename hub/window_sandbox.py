"""A window as a bubblewrap sandbox of this machine: start it, watch it, end it to its last process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from typing import IO

from output_checker.errors import PlainError
from output_checker.isolation import cgroup
from output_checker.isolation.handover import sandbox_fd

from hub.rooms import window
from hub.rooms.window import WindowSpec

_ENDS_WITHIN_S = 5.0


class WindowSandbox:
    """One window. The kernel ends it when the hub's process ends, however that comes about."""

    def __init__(self, spec: WindowSpec) -> None:
        self.spec = spec
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    async def start(self) -> None:
        """Start the sandbox. It may take seconds more until it draws. Raises PlainError."""
        if missing := window.missing_programs():
            raise PlainError(missing)
        fd = sandbox_fd(window.sandbox_of(self.spec))
        # Of the launcher alone: what the window itself says goes nowhere.
        self._said = os.fdopen(os.memfd_create("window"), "w+b")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "output_checker.isolation.launch", str(fd)],
                env={},
                pass_fds=(fd,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(fd)

    def runs(self) -> bool:
        """Whether the sandbox lives."""
        return self._process is not None and self._process.poll() is None

    def message(self) -> str:
        """What the launcher said before it became the sandbox; nothing that was chosen inside."""
        said = os.pread(self._said.fileno(), 400, 0) if self._said is not None else b""
        return said.decode(errors="replace").strip()

    async def stop(self) -> None:
        """End the sandbox and whatever is left in its control group."""
        if self._process is not None:
            self._process.kill()
            # What does not end in time is left to the control group: the room has to be stopped as well.
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, _ENDS_WITHIN_S)
            self._process = None
        if self._said is not None:
            self._said.close()
            self._said = None
        if hierarchies := cgroup.find_hierarchies():
            await asyncio.to_thread(cgroup.remove, hierarchies, self.spec.name)
