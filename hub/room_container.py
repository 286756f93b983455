"""A container of a room, started through DockerSpawner and watched and ended through the kernel.

DockerSpawner finds, makes, starts and forgets the container. What runs and what ends is the kernel's word: the hub
holds a descriptor of the container's first process, so that a room ends, to the last process, whatever state the
engine is in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from typing import Any

from dockerspawner import DockerSpawner
from output_checker.errors import PlainError

from hub.rooms import docker_engine

_ASK_FIRST_S = 1.0
_GONE_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.02


class RoomContainer(DockerSpawner):  # type: ignore[misc]
    """One container: :meth:`start_container`, ``poll`` and :meth:`end_container`."""

    # What is left over is removed before a start, and no image is ever fetched.
    remove = True
    pull_policy = "never"
    _configuration: dict[str, Any]
    _first: int | None = None  # a descriptor of the container's first process

    async def start_container(self, name: str, configuration: dict[str, Any]) -> None:
        """Start a container called ``name``; one of that name that is left over is removed before.

        ``configuration`` is what the Engine API takes. Raises PlainError.
        """
        self._configuration = configuration
        self.image = configuration["Image"]
        self.object_name = name  # after the image: a new image gives DockerSpawner's own name
        try:
            await DockerSpawner.start(self)
            self._first = await self._descriptor_of_first()
        except docker_engine.ENGINE_ERRORS as error:
            self.log.error("the engine could not start the container %s: %s", name, error)
            raise PlainError(
                "The Docker engine could not start the room; the hub's log says why. Try again."
            ) from None

    async def poll(self) -> int | None:
        """``None`` while the container runs."""
        if self._first is not None:
            return None if _runs(self._first) else 0
        # Of an earlier hub. An engine that does not answer has not said that the room ended.
        try:
            container = await self.get_object()
        except docker_engine.ENGINE_ERRORS as error:
            self.log.error("the Docker engine does not answer: %s", error)
            return None
        return None if container and container["State"]["Running"] else 0

    async def end_container(self, now: bool) -> None:
        """End the container to its last process. ``now`` leaves it no time.

        The engine removes it in its own time; a start that comes before waits for that.
        """
        if self._first is None or not await _end(self._first, ask_first_s=0 if now else _ASK_FIRST_S):
            await self._remove()
        if self._first is not None:
            os.close(self._first)
            self._first = None
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

    async def _descriptor_of_first(self) -> int | None:
        """A descriptor of the container's first process, or ``None`` if it has ended already."""
        container = await self.get_object()
        first = container["State"]["Pid"] if container else 0
        if not first:
            return None
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(first)
            # Its number could have been another's by then: asked again, it is still the container's.
            again = await self.get_object()
            if again and again["State"]["Pid"] == first:
                return descriptor
            os.close(descriptor)
        return None


def _runs(descriptor: int) -> bool:
    """Whether the process lives: its descriptor becomes readable when it, and a container with it, has ended."""
    watch = select.poll()
    watch.register(descriptor, select.POLLIN)
    return not watch.poll(0)


async def _end(descriptor: int, *, ask_first_s: float) -> bool:
    """Ask a container's first process to end, then end it, and with it all others. Whether all are gone."""
    for number, patience_s in ((signal.SIGTERM, ask_first_s), (signal.SIGKILL, _GONE_WITHIN_S)):
        if patience_s <= 0 or not _runs(descriptor):
            continue
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, number)
        deadline = asyncio.get_running_loop().time() + patience_s
        while _runs(descriptor) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_EVERY_S)
    return not _runs(descriptor)
