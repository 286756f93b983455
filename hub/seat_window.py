"""A seat's window: described from its room, started, started again when it dies, ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from output_checker.errors import PlainError

from hub.door import room_socket
from hub.door import settings as door_settings
from hub.restarts import Restarts
from hub.rooms.folders import prepare_window, renew_window
from hub.rooms.spec import Backend, RoomLimits, RoomSpec
from hub.rooms.window import RELAY_PORT, RFB_SOCKET, WindowLimits, WindowSpec, window_of
from hub.settings import Settings

NOVNC = Path(__file__).resolve().parents[1] / "node_modules" / "@novnc" / "novnc"

_UP_WITHIN_S = 30.0
_GREETING = b"RFB 003.008\n"
_PROCESSES = 512


class Running(Protocol):
    """What isolates one window: a sandbox or a container."""

    async def start(self) -> None:
        """Start it. Raises PlainError."""

    def runs(self) -> bool:
        """Whether it lives."""

    def message(self) -> str:
        """Why it did not start, in words of ours, or nothing."""

    async def stop(self) -> None:
        """End it to its last process; fine if there is none."""


def window_spec(settings: Settings, room: RoomSpec, backend: Backend) -> WindowSpec:
    """Make the window's folders and describe it. Raises PlainError."""
    if not NOVNC.is_dir():
        raise PlainError("The window's viewer is missing: run `npm ci`.")
    uid, gid = settings.window_ids(room.uid) if backend.own_user else (room.uid, room.gid)
    run, door, _ = prepare_window(settings.state, seat=room.seat, uid=uid, gid=gid)
    limits = window_limits(settings, room.limits)
    return window_of(room, uid=uid, gid=gid, run=run, door=door, limits=limits)


def window_limits(settings: Settings, room: RoomLimits) -> WindowLimits:
    """What the window of a room with these limits may use here. Pure."""
    return WindowLimits(
        memory_bytes=settings.window_memory_mb * 1024 * 1024,
        processes=_PROCESSES,
        cpu_percent=room.cpu_percent,
    )


def door_environment(spec: WindowSpec) -> dict[str, str]:
    """What the seat's door is told of its window."""
    return {
        door_settings.ENV_KIND: door_settings.WINDOW,
        door_settings.ENV_WINDOW_DIR: str(spec.run),
        door_settings.ENV_WINDOW_UID: str(spec.uid),
        door_settings.ENV_WINDOW_PORT: str(RELAY_PORT),
        door_settings.ENV_INNER_DIR: str(spec.door),
        door_settings.ENV_NOVNC: str(NOVNC),
    }


class SeatWindow:
    """The window of one open seat. ``isolate`` makes the sandbox or container of a description."""

    def __init__(self, spec: WindowSpec, isolate: Callable[[WindowSpec], Running]) -> None:
        self.spec = spec
        self._running = isolate(spec)
        # One that dies again and again says that something is wrong.
        self._started_again = Restarts(most=5, within_s=120)

    async def start(self) -> None:
        """Start it and wait until it answers. Raises PlainError."""
        await self._running.start()
        deadline = time.monotonic() + _UP_WITHIN_S
        while time.monotonic() < deadline:
            if not self._running.runs():
                said = self._running.message() or "it ended while it was starting."
                raise PlainError(f"The room's window could not start: {said}")
            if await self._greets():
                return
            await asyncio.sleep(0.05)
        raise PlainError("The room's window did not answer within half a minute; try again.")

    async def see_to(self) -> str | None:
        """Start it again if it has died; why that cannot be, or ``None``.

        Does not wait until it answers: whoever asks has to look at the person's membership meanwhile.
        """
        if self._running.runs():
            return None
        if not self._started_again.may_start(time.monotonic()):
            return "its window ended again and again"
        await self._running.stop()
        try:
            # What the one that died left in its folder is not the next one's to find.
            await asyncio.to_thread(renew_window, self.spec.run, self.spec.uid, self.spec.gid)
            await self._running.start()
        except PlainError as error:
            return error.sentence
        return None

    async def end(self) -> None:
        """End it to its last process."""
        await self._running.stop()

    async def _greets(self) -> bool:
        """Whether what answers at the window's socket is the window's user, speaking RFB."""
        with contextlib.suppress(room_socket.RoomUnreachable, OSError, TimeoutError):
            asking = await room_socket.connect(self.spec.run, RFB_SOCKET, self.spec.uid)
            with asking:
                async with asyncio.timeout(1):
                    said = await asyncio.get_running_loop().sock_recv(asking, len(_GREETING))
                return said == _GREETING
        return False
