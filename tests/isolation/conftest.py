"""One hub for the whole suite, once with bubblewrap rooms and once with Docker rooms: two people, two projects."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.rooms.disk import unmount_all
from hub.rooms.docker_engine import remove_rooms
from hub.settings import Settings
from tests import docker_engine
from tests.isolation.containers import Workshop
from tests.isolation.world import SeatUnderTest, World, make_extract
from tests.slow_folder import mark_folder

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow and share one hub, so one worker runs them all."""
    mark_folder(items, HERE, group="isolation")


@pytest.fixture(scope="session")
def docker_rooms() -> Iterator[dict[str, str]]:
    """Settings of a hub with rooms on Docker: an engine, and the rooms' image on it."""
    reason = docker_engine.missing()
    if reason:
        pytest.skip(reason)
    with docker_engine.running_engine() as address:
        reason = docker_engine.image_missing(address)
        if reason:
            pytest.fail(f"{reason} Or: python -m tests.docker_engine make room-image")
        yield docker_engine.rooms_on(address)


@pytest.fixture(scope="module")
def workshop(docker_rooms: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A seat whose container tests start themselves."""
    if os.geteuid() != 0:
        pytest.skip("containers with a user of their own need root")
    state = tmp_path_factory.mktemp("containers") / "state"
    settings = Settings(
        state=state,
        room_env=docker_engine.ENVIRONMENTS,
        docker_host=docker_rooms["LOCKEDROOM_DOCKER_HOST"],
    )
    base = 1_900_000 + os.getpid() % 90_000
    yield Workshop(settings, make_extract(state, "one"), base, base + 100_000)
    remove_rooms(settings)
    unmount_all(state)


@pytest.fixture(scope="session", params=["bubblewrap", "docker"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The running hub. Rooms with users of their own need root."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    environment = {"LOCKEDROOM_ROOMS": "bubblewrap"}
    if request.param == "docker":
        environment = request.getfixturevalue("docker_rooms")
    state = tmp_path_factory.mktemp("isolation") / "state"
    world = World(state, request.param, environment)
    try:
        world.start()
        yield world
    finally:
        world.close()
        if request.param == "docker":
            remove_rooms(world.hub.settings)  # of a hub that had to be killed
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
