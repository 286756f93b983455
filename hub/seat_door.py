"""A seat's door as a process: started, found again by the next hub, ended.

The hub holds the listening socket as well, so a door that died leaves no moment in which another process of
this machine could take its port, and requests wait for the next one. A hub that finds a door takes a copy of its
socket, which the kernel allows root, and others as ptrace(2) has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from output_checker.errors import PlainError
from output_checker.isolation import Limits, cgroup
from output_checker.isolation.probe import control_groups_work

from hub.door import settings as door_settings
from hub.door import visitor
from hub.door.addresses import origin_of, seat_host
from hub.governance.tiers import Tier
from hub.held_port import listener_of
from hub.rooms.process import Process
from hub.rooms.spec import RoomSpec
from hub.settings import Settings
from hub.store.names import Seat

_LIMITS = Limits(memory_bytes=768 * 1024 * 1024, processes=64)
_ASK_FIRST_S = 3.0
_REAPED_WITHIN_S = 5.0
_OUR_OWN = "LOCKEDROOM_DOOR_"


@dataclass(frozen=True)
class DoorState:
    """What the next hub needs to find a door. ``nonce`` is another for each process, ``told`` a mark of what it
    was told when it started, see :func:`mark_of`."""

    port: int
    nonce: str
    process: Process | None = None
    told: str = ""


class SeatDoor:
    """One seat's. ``group`` names its control group."""

    def __init__(self) -> None:
        self.state: DoorState | None = None
        self._listener: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def prepare(self) -> DoorState:
        """Take a port, the one of before where there was a door; nothing runs yet. Raises PlainError."""
        if self._listener is None:
            port = self.state.port if self.state else 0
            try:
                self._listener = socket.create_server(("127.0.0.1", port))
            except OSError:
                raise PlainError("The room's door could not be opened: its port is another's.") from None
        self.state = DoorState(int(self._listener.getsockname()[1]), secrets.token_hex(16))
        return self.state

    def start(self, environment: Mapping[str, str], group: str) -> None:
        """Start a door after :meth:`prepare`."""
        assert self.state is not None
        assert self._listener is not None
        fd = self._listener.fileno()
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-m", "hub.door"],
            env={**environment, door_settings.ENV_LISTEN_FD: str(fd)},
            pass_fds=(fd,),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        process = Process.of(self._child.pid)
        self.state = DoorState(self.state.port, self.state.nonce, process, mark_of(environment))
        _limit(group, self._child.pid)

    def hold_port(self) -> None:
        """Hold the port of a door that an earlier hub started, where the kernel lets this one."""
        if self._listener is None and self.state is not None and self.state.process is not None:
            self._listener = listener_of(self.state.process, self.state.port)

    def runs(self) -> bool:
        """Whether there is a door."""
        if self._child is not None:
            self._child.poll()  # or a dead one would wait to be reaped
        return self.state is not None and self.state.process is not None and self.state.process.runs()

    async def answers(self, within_s: float) -> bool:
        """Whether it answers a request at all; this one is for no seat, so any door refuses it at once."""
        assert self.state is not None
        limit = aiohttp.ClientTimeout(total=within_s)
        address = f"http://127.0.0.1:{self.state.port}/"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(address, allow_redirects=False),
            ):
                return True
        return False

    async def end(self, group: str) -> None:
        """End the process, if there is one; the port stays taken."""
        if self.state is not None and self.state.process is not None:
            await self.state.process.end(ask_first_s=_ASK_FIRST_S)
        if self._child is not None:
            # Its last threads may still be ending: until it is reaped, its number and its group stay taken.
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._child.wait, _REAPED_WITHIN_S)
            self._child = None
        if hierarchies := cgroup.find_hierarchies():
            await asyncio.to_thread(
                cgroup.remove, hierarchies, group
            )  # waits for a process that is not reaped yet

    def leave(self) -> None:
        """Give the port back."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.state = None


def environment_of(
    room: RoomSpec, seat: Seat, tier: Tier, settings: Settings, warden: Path
) -> dict[str, str]:
    """What every door is told, its secrets aside."""
    host = seat_host(settings.public_url, seat.person, seat.project)
    return {
        door_settings.ENV_ORIGIN: origin_of(settings.public_url, host),
        door_settings.ENV_OWNER: seat.person,
        door_settings.ENV_RUN_DIR: str(room.folders.run),
        door_settings.ENV_ROOM_UID: str(room.uid),
        door_settings.ENV_WARDEN: str(warden),
        door_settings.ENV_RECHECK: str(settings.recheck_seconds),
        door_settings.ENV_FREEZE: str(settings.freeze_seconds),
        door_settings.ENV_NETWORKS: visitor.as_text(tier.networks or ()),
        door_settings.ENV_PROXIES: settings.trusted_proxies or "",
    }


def mark_of(environment: Mapping[str, str]) -> str:
    """A mark of what a door is told, without its secrets: another one, and it has to be told anew."""
    told = {
        name: value
        for name, value in environment.items()
        if name.startswith(_OUR_OWN) and name not in door_settings.SECRETS
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def door_secret(key: bytes, purpose: str, name: str) -> str:
    """A secret that the next hub makes again from the installation's ``key``, instead of finding it somewhere."""
    return hmac.new(key, f"{purpose}:{name}".encode(), hashlib.sha256).hexdigest()


def _limit(group: str, pid: int) -> None:
    """A control group for the door too: a room can make its door hold much at once."""
    hierarchies = cgroup.find_hierarchies() if control_groups_work() else None
    if hierarchies is not None:
        cgroup.create(hierarchies, group, _LIMITS)
        cgroup.join(hierarchies, group, pid)
