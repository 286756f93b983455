"""One hub for the whole suite: two people, two projects, three seats."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.isolation.world import SeatUnderTest, World

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow and share one hub, so one worker runs them all."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("isolation"))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The running hub. Rooms with users of their own need root."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    state = tmp_path_factory.mktemp("isolation") / "state"
    world = World(state)
    try:
        world.start()
        yield world
    finally:
        world.close()
        for folder in [*state.glob("seats/*/*"), *state.glob("projects/*/*"), *state.glob("run/rooms/*")]:
            if os.path.ismount(folder):
                subprocess.run(["umount", "--lazy", str(folder)], check=False)


@pytest.fixture
def alice_one(world: World) -> SeatUnderTest:
    """Alice in project one."""
    return world.seat("alice", "one")


@pytest.fixture
def alice_two(world: World) -> SeatUnderTest:
    """Alice, the same person, in project two."""
    return world.seat("alice", "two")


@pytest.fixture
def bob_one(world: World) -> SeatUnderTest:
    """Bob, another member of project one."""
    return world.seat("bob", "one")
