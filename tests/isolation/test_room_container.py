"""A room's container ends to its last process, whatever the engine does; what is left over is removed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from output_checker.errors import PlainError
from output_checker.isolation import Isolation

from hub.room_container import RoomContainer
from hub.rooms import choice
from hub.rooms.docker import backend
from hub.rooms.docker_engine import remove_rooms
from hub.rooms.inside import room_name
from tests.isolation.containers import Workshop
from tests.isolation.world import processes_of


@pytest.fixture
def container(workshop: Workshop) -> Iterator[RoomContainer]:
    """The part of a seat that starts and ends a container, without a hub."""
    RoomContainer._client = None
    yield RoomContainer(
        user=SimpleNamespace(name="alice"),
        client_kwargs={"base_url": workshop.settings.docker_address},
    )
    RoomContainer._client = None
    remove_rooms(workshop.settings)
    workshop.gone(room_name(workshop.room))


def known(workshop: Workshop) -> list[dict[str, Any]]:
    """What the engine knows under the room's name."""
    found: list[dict[str, Any]] = workshop.client.containers(
        all=True, filters={"name": room_name(workshop.room)}
    )
    return found


async def test_it_starts_and_ends_and_the_engine_forgets_it(
    workshop: Workshop, container: RoomContainer
) -> None:
    await container.start_container(room_name(workshop.room), workshop.waiting())
    assert await container.poll() is None
    assert len(processes_of(workshop.room.uid)) == 2, "tini and what it started"
    began = time.monotonic()
    await container.end_container(now=True)
    assert time.monotonic() - began < 2
    assert processes_of(workshop.room.uid) == []
    workshop.gone(room_name(workshop.room))


async def test_a_room_that_was_asked_to_end_and_does_not_is_ended(
    workshop: Workshop, container: RoomContainer
) -> None:
    stubborn = "trap '' TERM INT; while true; do sleep 1; done"
    await container.start_container(
        room_name(workshop.room), workshop.waiting() | {"Cmd": ["/bin/sh", "-c", stubborn]}
    )
    await container.end_container(now=False)
    assert processes_of(workshop.room.uid) == []


async def test_a_room_ends_while_the_engine_does_not_answer(
    workshop: Workshop, container: RoomContainer, tmp_path: Path
) -> None:
    await container.start_container(room_name(workshop.room), workshop.waiting())
    RoomContainer._client = docker.APIClient(base_url=f"unix://{tmp_path}/none.sock", version="1.41")
    assert await container.poll() is None
    await container.end_container(now=True)
    assert processes_of(workshop.room.uid) == []


async def test_the_room_of_an_earlier_hub_is_watched_and_ended_without_asking_the_engine(
    workshop: Workshop, container: RoomContainer, tmp_path: Path
) -> None:
    await container.start_container(room_name(workshop.room), workshop.waiting())
    later = RoomContainer(user=SimpleNamespace(name="alice"))
    later.load_state(container.get_state())
    later.room_process = container.room_process
    RoomContainer._client = docker.APIClient(base_url=f"unix://{tmp_path}/none.sock", version="1.41")
    assert await later.poll() is None
    await later.end_container(now=True)
    assert await later.poll() == 0
    assert processes_of(workshop.room.uid) == []


async def test_a_room_that_ends_by_itself_is_seen_without_asking_the_engine(
    workshop: Workshop, container: RoomContainer, tmp_path: Path
) -> None:
    await container.start_container(
        room_name(workshop.room), workshop.waiting() | {"Cmd": ["/bin/sleep", "1"]}
    )
    RoomContainer._client = docker.APIClient(base_url=f"unix://{tmp_path}/none.sock", version="1.41")
    deadline = time.monotonic() + 10
    while await container.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_what_an_earlier_hub_left_under_the_name_is_removed_at_the_start(
    workshop: Workshop, container: RoomContainer
) -> None:
    name = room_name(workshop.room)
    workshop.client.create_container_from_config(workshop.waiting(), name=name)
    workshop.client.start(name)
    (left,) = known(workshop)
    await container.start_container(name, workshop.waiting())
    (found,) = known(workshop)
    assert found["Id"] != left["Id"]
    assert len(processes_of(workshop.room.uid)) == 2
    await container.end_container(now=True)


async def test_what_the_engine_refuses_is_a_sentence_that_tells_nothing_of_the_host(
    workshop: Workshop, container: RoomContainer
) -> None:
    broken = workshop.waiting()
    broken["HostConfig"]["Mounts"][0]["Source"] = "/no/such/folder"
    with pytest.raises(PlainError) as refused:
        await container.start_container(room_name(workshop.room), broken)
    assert "/no/such/folder" not in refused.value.sentence
    await container.end_container(now=True)
    assert known(workshop) == []


def test_rooms_of_this_installation_are_removed_and_no_others(workshop: Workshop) -> None:
    configurations = {"test-ours": workshop.waiting(), "test-others": workshop.waiting()}
    configurations["test-others"]["Labels"] = {"org.lockedroom.installation": "another"}
    for name, configuration in configurations.items():
        name = f"{name}-{os.getpid()}"
        workshop.client.create_container_from_config(configuration, name=name)
        workshop.client.start(name)
    assert remove_rooms(workshop.settings) == 1
    assert not workshop.client.containers(all=True, filters={"name": f"test-ours-{os.getpid()}"})
    assert workshop.client.containers(filters={"name": f"test-others-{os.getpid()}"})
    workshop.client.remove_container(f"test-others-{os.getpid()}", force=True)


def test_an_engine_that_answers_is_taken_where_bubblewrap_does_not_work(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "probe", lambda: Isolation.CHILD_PROCESS)
    assert choice.choose(workshop.settings) == "docker"
    found = choice.chosen_backend(workshop.settings)
    assert found.own_user and found.image == workshop.room.image


def test_an_image_that_the_engine_does_not_have_is_a_sentence(workshop: Workshop) -> None:
    without = workshop.settings.model_copy(update={"room_image": "lockedroom-room:none"})
    with pytest.raises(
        PlainError, match="does not have the image lockedroom-room:none: run `make room-image`"
    ):
        backend(without)
