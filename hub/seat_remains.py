"""What a hub can tell of a seat that it cannot take over, and how it ends what is left of it.

An earlier or later version may have kept a seat's state in other words. The little that is read here is in all of
them: who the seat's is, and which processes are its room and its door.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from output_checker.isolation import cgroup
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.rooms.inside import name_on_host
from hub.rooms.process import Process
from hub.seat_room import DOOR_ENDING


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Room(_Part):
    seat: str


class _Door(_Part):
    process: Process | None = None


class Remains(_Part):
    """Read from a kept state of any version, see :func:`remains_of`."""

    room: _Room
    room_process: Process | None = None
    door: _Door | None = None

    async def end(self, state: Path) -> None:
        """End room and door to the last process; ``state`` is the installation's folder."""
        for process in (self.room_process, self.door.process if self.door else None):
            if process is not None:
                await process.end(ask_first_s=0)
        if hierarchies := cgroup.find_hierarchies():
            name = name_on_host(state, self.room.seat)
            for group in (name, name + DOOR_ENDING):
                await asyncio.to_thread(cgroup.remove, hierarchies, group)


def remains_of(kept: object) -> Remains | None:
    """What a kept state says of room and door, or ``None`` where not even this can be read."""
    try:
        return Remains.model_validate(kept)
    except ValidationError:
        return None
