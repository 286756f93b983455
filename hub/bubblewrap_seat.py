"""A seat whose room is a bubblewrap sandbox."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import IO

from jupyterhub.spawner import LocalProcessSpawner
from output_checker.isolation import cgroup
from output_checker.isolation.handover import sandbox_fd

from hub.rooms import bubblewrap
from hub.rooms.inside import room_name
from hub.rooms.process import Process
from hub.rooms.spec import Backend, RoomSpec
from hub.rooms.window import WindowSpec
from hub.seat_window import Running
from hub.settings import Settings
from hub.spawner import ENDED_STARTING, SeatMixin
from hub.window_sandbox import WindowSandbox


class BubblewrapSeat(SeatMixin, LocalProcessSpawner):  # type: ignore[misc]
    """A seat whose room is a bubblewrap sandbox: the embedded default."""

    _start_log: IO[bytes] | None = None

    def get_env(self) -> dict[str, str]:
        """Nothing: this is the room's side, and what the hub would tell it is not for it."""
        return {}

    def get_args(self) -> list[str]:
        """Nothing: the room's command line comes from its description alone."""
        return []

    def make_preexec_fn(self, name: str) -> None:
        """Nothing: the sandbox itself steps down to the seat's user."""

    def backend(self, settings: Settings) -> Backend:
        """What bubblewrap can give here."""
        return bubblewrap.backend(settings)

    async def start_room(self, room: RoomSpec) -> None:
        """Start the sandbox; ``LocalProcessSpawner`` keeps its process."""
        sandbox = bubblewrap.sandbox_of(room)
        fd = sandbox_fd(sandbox.model_copy(update={"outlives_parent": True}))
        self.cmd = [sys.executable, "-I", "-m", "output_checker.isolation.launch", str(fd)]
        # Of the launcher alone: the room's own error output goes nowhere, since whoever writes it may be
        # the room, and this is shown to its person outside.
        self._start_log = os.fdopen(os.memfd_create("room"), "w+b")
        self.popen_kwargs = {
            "pass_fds": (fd,),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": self._start_log,
            "cwd": "/",
        }
        try:
            await LocalProcessSpawner.start(self)
            self.room_process = Process.of(self.pid)
        finally:
            os.close(fd)

    def isolate_window(self, spec: WindowSpec) -> Running:
        """A window is another such sandbox."""
        return WindowSandbox(spec)

    async def stop_room(self, now: bool) -> None:
        """End the sandbox and whatever is left in its control group."""
        if self._start_log is not None:
            self._start_log.close()
            self._start_log = None
        if self.room_process is not None:
            # There is nobody to ask: the process is bubblewrap's keeper, and with it all inside is killed.
            await self.room_process.end(ask_first_s=0)
        if self.proc is not None:
            self.proc.poll()  # or it would wait to be reaped
        if self.room is not None and (hierarchies := cgroup.find_hierarchies()):
            await asyncio.to_thread(cgroup.remove, hierarchies, room_name(self.room))
        self.clear_state()

    def start_message(self) -> str:
        """What the launcher said before it became the sandbox."""
        said = os.pread(self._start_log.fileno(), 400, 0) if self._start_log is not None else b""
        return said.decode(errors="replace").strip() or ENDED_STARTING
