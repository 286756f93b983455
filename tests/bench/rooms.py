"""From asking for a room to its first kernel's reply, against what JupyterLab itself takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from hub.rooms.environment import room_environment_folder, room_image
from hub.settings import Settings
from tests import docker_engine
from tests.bench.lab import PlainContainer, PlainProcess, answered
from tests.bench.measure import Comparison, Options, alternate, timed
from tests.bench.site import PROJECT, Site, site


def run(options: Options) -> list[Comparison]:
    """Start each kind of room, and what it is measured against, in turn."""
    return asyncio.run(_compare(options))


async def _compare(options: Options) -> list[Comparison]:
    things: dict[str, Callable[[], Awaitable[float]]] = {}
    note = ""
    async with AsyncExitStack() as stack:
        plain = PlainProcess(room_environment_folder(docker_engine.ENVIRONMENTS))
        things["jupyter lab, a plain process"] = lambda: timed(plain.start_to_first_reply())
        reason = docker_engine.missing()
        if reason is None:
            address = stack.enter_context(docker_engine.running_engine())
            docker_engine.build_image(address)
            settings = Settings(docker_host=address, room_env=docker_engine.ENVIRONMENTS)
            container = PlainContainer(settings, room_image(settings))
            things["jupyter lab, a plain container of the rooms' image"] = lambda: timed(
                container.start_to_first_reply()
            )
        else:
            note = f"Without Docker: {reason}"
        bubblewrap = await stack.enter_async_context(site(0, {"LOCKEDROOM_ROOMS": "bubblewrap"}))
        things["a room in bubblewrap, through hub and door"] = lambda: opened(bubblewrap)
        if reason is None:
            docker = await stack.enter_async_context(site(1, docker_engine.rooms_on(address)))
            things["a room on Docker, through hub and door"] = lambda: opened(docker)
        for once in things.values():  # what is read from the disk for the first time is not measured
            await once()
        rows = await alternate(things, options.repeat)
    return [Comparison("A room's start, to its first kernel's reply", tuple(rows), note)]


async def opened(place: Site) -> float:
    """Seconds from asking for the room to the first kernel's reply; the room is closed again."""

    async def work() -> None:
        await place.open()
        kernel = await place.browser.kernel(PROJECT)
        await answered(kernel)
        await kernel.close()

    seconds = await timed(work())
    await place.close()
    return seconds
