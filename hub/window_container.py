"""A window as a container of a Docker engine of this machine: start it, watch it, end it to its last process."""

from __future__ import annotations

import asyncio
import logging

import docker.errors
from output_checker.errors import PlainError

from hub.rooms import docker_engine, window_docker
from hub.rooms.environment import window_image
from hub.rooms.process import Process
from hub.rooms.window import WindowSpec
from hub.settings import Settings

log = logging.getLogger("lockedroom.rooms")
_GONE_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05


class WindowContainer:
    """One window. What runs and what ends is the kernel's word, as for rooms."""

    def __init__(self, settings: Settings, spec: WindowSpec) -> None:
        self._settings, self.spec = settings, spec
        self._first: Process | None = None

    async def start(self) -> None:
        """Start the container; one of its name that is left over is removed before. Raises PlainError."""
        await self.stop()
        try:
            self._first = await asyncio.to_thread(self._start)
        except docker_engine.ENGINE_ERRORS as error:
            log.error("the engine could not start the window %s: %s", self.spec.name, error)
            raise PlainError(
                "The Docker engine could not start the room's window; the hub's log says why. Try again."
            ) from None

    def runs(self) -> bool:
        """Whether the container's first process lives."""
        return self._first is not None and self._first.runs()

    def message(self) -> str:
        """Nothing: a container says nothing to the engine."""
        return ""

    async def stop(self) -> None:
        """End the container to its last process; fine if there is none."""
        if self._first is not None:
            await self._first.end(ask_first_s=0)
            self._first = None
        try:
            await asyncio.to_thread(self._remove)
        except (*docker_engine.ENGINE_ERRORS, PlainError) as error:
            # The next start removes it.
            log.error("the engine does not say whether the window %s is gone: %s", self.spec.name, error)
        deadline = asyncio.get_running_loop().time() + _GONE_WITHIN_S
        while await asyncio.to_thread(self._is_there) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_EVERY_S)

    def _start(self) -> Process | None:
        client = docker_engine.connect(self._settings)
        try:
            image = docker_engine.image_id(client, window_image(self._settings), build="make window-image")
            window_docker.write_account_files(self.spec)
            asked = window_docker.container_of(self.spec, image)
            made = client.create_container_from_config(asked, name=self.spec.name)
            client.start(made["Id"])
            pid = client.inspect_container(made["Id"])["State"]["Pid"]
            found = Process.of(pid) if pid else None
            # Its number could have been another's by then: asked again, it is still the container's.
            again = client.inspect_container(made["Id"])["State"]["Pid"]
            return found if found is not None and again == found.pid else None
        finally:
            client.close()

    def _remove(self) -> None:
        client = docker_engine.connect(self._settings)
        try:
            docker_engine.remove(client, self.spec.name)
        finally:
            client.close()

    def _is_there(self) -> bool:
        try:
            client = docker_engine.connect(self._settings)
            try:
                client.inspect_container(self.spec.name)
            finally:
                client.close()
        except (docker.errors.NotFound, PlainError):
            return False
        return True
