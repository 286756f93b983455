"""The airlock's world, and a desk over it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.unit.airlock.conftest import checker_python, world
from tests.unit.airlock.world import World
from tests.unit.pages.desk_server import Running, running_desk

__all__ = ["checker_python", "desk", "world"]


@pytest_asyncio.fixture
async def desk(world: World) -> AsyncIterator[Running]:
    """The desk at work."""
    async with running_desk(world) as running:
        yield running
