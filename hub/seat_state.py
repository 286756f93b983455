"""What JupyterHub keeps of an open seat, so that a hub that starts again finds its room and its door."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from hub.rooms.process import Process
from hub.rooms.spec import RoomSpec
from hub.rooms.window import WindowSpec
from hub.seat_door import DoorState


class SeatState(BaseModel):
    """``opening`` is a random name of this opening of the seat, ``tier`` the edition of the tier on
    whose terms; no secret is in here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    room: RoomSpec
    opening: str
    tier: str
    room_process: Process | None
    door: DoorState | None
    window: WindowSpec | None
