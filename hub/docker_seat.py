"""A seat whose room is a Docker container."""

from __future__ import annotations

import asyncio

from hub.room_container import RoomContainer
from hub.rooms import docker
from hub.rooms.inside import room_name
from hub.rooms.spec import Backend, RoomSpec
from hub.rooms.window import WindowSpec
from hub.seat_window import Running
from hub.settings import Settings, load
from hub.spawner import SeatMixin
from hub.window_container import WindowContainer


class DockerSeat(SeatMixin, RoomContainer):
    """A seat whose room is a container without network, on an engine of this machine."""

    def backend(self, settings: Settings) -> Backend:
        """What the engine can give here."""
        return docker.backend(settings)

    async def start_room(self, room: RoomSpec) -> None:
        """Start the container."""
        await asyncio.to_thread(docker.write_account_files, room)
        await self.start_container(room_name(room), docker.container_of(room))

    def isolate_window(self, spec: WindowSpec) -> Running:
        """A window is another such container, with an image of its own."""
        return WindowContainer(load(), spec)

    async def stop_room(self, now: bool) -> None:
        """End the container and whatever runs in it."""
        if self.room is not None:
            self.object_name = room_name(self.room)  # also where the hub ended while it started it
        await self.end_container(now)
