"""A hub for each kind of room, whose parts are killed while a kernel runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.left_running import end_all
from tests import docker_engine
from tests.docker_engine import Engine
from tests.isolation.world import World
from tests.slow_folder import mark_folder

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow, and one worker runs them all: they share one hub."""
    mark_folder(items, HERE, group="faults")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine of the tests' own, which they may kill; its containers outlive it."""
    reason = docker_engine.cannot_start()
    if reason:
        pytest.skip(reason)
    with docker_engine.Engine(live_restore=True) as engine:
        reason = docker_engine.image_missing(engine.address)
        if reason:
            pytest.fail(f"{reason} Or: python -m tests.docker_engine make room-image")
        yield engine


@pytest.fixture(scope="module", params=["bubblewrap", "docker"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The running hub. Rooms with users of their own need root."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    environment = {"LOCKEDROOM_ROOMS": "bubblewrap"}
    if request.param == "docker":
        environment = docker_engine.rooms_on(request.getfixturevalue("engine").address)
    state = tmp_path_factory.mktemp("faults") / "state"
    world = World(state, request.param, environment)
    try:
        world.start()
        yield world
    finally:
        world.close()
        end_all(world.hub.settings)
        for folder in [*state.glob("seats/*/*"), *state.glob("projects/*/*"), *state.glob("run/rooms/*")]:
            if os.path.ismount(folder):
                subprocess.run(["umount", "--lazy", str(folder)], check=False)
