"""A container of a room, started through DockerSpawner and watched and ended through the kernel.

DockerSpawner finds, makes, starts and forgets the container. What runs and what ends is the kernel's word: the hub
knows the container's first process, so that a room ends, to the last process, whatever state the engine is in.
"""

from __future__ import annotations

import asyncio
from typing import Any

from dockerspawner import DockerSpawner
from output_checker.errors import PlainError

from hub.rooms import docker_engine
from hub.rooms.process import Process

_ASK_FIRST_S = 1.0
_GONE_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.02


class RoomContainer(DockerSpawner):  # type: ignore[misc]
    """One container: :meth:`start_container`, ``poll`` and :meth:`end_container`."""

    # What is left over is removed before a start, and no image is ever fetched.
    remove = True
    pull_policy = "never"
    _configuration: dict[str, Any]
    room_process: Process | None = None  # the container's first

    async def start_container(self, name: str, configuration: dict[str, Any]) -> None:
        """Start a container called ``name``; one of that name that is left over is removed before.

        ``configuration`` is what the Engine API takes. Raises PlainError.
        """
        self._configuration = configuration
        self.image = configuration["Image"]
        self.object_name = name  # after the image: a new image gives DockerSpawner's own name
        try:
            await DockerSpawner.start(self)
            self.room_process = await self._first_process()
        except docker_engine.ENGINE_ERRORS as error:
            self.log.error("the engine could not start the container %s: %s", name, error)
            raise PlainError(
                "The Docker engine could not start the room; the hub's log says why. Try again."
            ) from None

    async def poll(self) -> int | None:
        """``None`` while the container runs."""
        return None if self.room_process is not None and self.room_process.runs() else 0

    async def end_container(self, now: bool) -> None:
        """End the container to its last process. ``now`` leaves it no time.

        What the engine still has of it is removed meanwhile; a start that comes before waits for that.
        """
        first = self.room_process
        if first is None or not await first.end(ask_first_s=0 if now else _ASK_FIRST_S):
            await self._remove()
        elif container := str(self.object_id):  # type: ignore[has-type]
            # By its id: another container may have the name by then.
            self.executor.submit(self._forget, container)
        self.object_id = ""
        self.clear_state()

    async def create_object(self) -> dict[str, Any]:
        """Make the container from its description alone: nothing of DockerSpawner's own choosing."""
        made = await self.docker(
            "create_container_from_config", dict(self._configuration), name=self.object_name
        )
        return dict(made)

    async def remove_object(self) -> None:
        """Remove a container that is left over, whether or not it still runs."""
        await self._remove()

    async def get_ip_and_port(self) -> tuple[str, int]:
        """None: a room has no address."""
        return "", 0

    async def _remove(self) -> None:
        name = self.object_name
        await asyncio.wrap_future(self.executor.submit(docker_engine.remove, self.client, name))
        deadline = asyncio.get_running_loop().time() + _GONE_WITHIN_S
        while await self.get_object() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_EVERY_S)

    def _forget(self, container: str) -> None:
        try:
            docker_engine.remove(self.client, container)
        except docker_engine.ENGINE_ERRORS as error:
            self.log.warning("the engine did not remove an ended container, the next start does: %s", error)

    async def _first_process(self) -> Process | None:
        """The container's first process, or ``None`` if it has ended already."""
        container = await self.get_object()
        found = Process.of(container["State"]["Pid"]) if container and container["State"]["Pid"] else None
        # Its number could have been another's by then: asked again, it is still the container's.
        again = await self.get_object()
        return found if found and again and again["State"]["Pid"] == found.pid else None
