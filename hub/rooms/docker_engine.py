"""The Docker engine of this machine: reach it, and find out whether it can hold rooms."""

from __future__ import annotations

import os
from collections.abc import Collection

import docker
import docker.errors
import requests
from output_checker.errors import PlainError

from hub.rooms.inside import installation_mark
from hub.settings import Settings

INSTALLATION_LABEL = "org.lockedroom.installation"
_NO_ENGINE = (
    "No Docker engine answers at {address}: start one, or install it with `apt-get install docker.io`; "
    "the hub's user has to be allowed to use its socket."
)
ENGINE_ERRORS = (docker.errors.DockerException, requests.RequestException)


def connect(settings: Settings, *, timeout_s: float = 20) -> docker.APIClient:
    """A client of the engine, at the Engine API's own level. Raises PlainError where none answers."""
    address = settings.docker_address
    try:
        return docker.APIClient(base_url=address, version="auto", timeout=timeout_s)
    except ENGINE_ERRORS:
        raise PlainError(_NO_ENGINE.format(address=address)) from None


def answers(settings: Settings) -> bool:
    """Whether an engine answers."""
    try:
        connect(settings, timeout_s=5).close()
    except PlainError:
        return False
    return True


def limits_missing(client: docker.APIClient) -> tuple[str, list[str]]:
    """The engine's version, and a sentence for each limit it cannot give.

    Raises PlainError where it cannot hold rooms at all.
    """
    try:
        info = client.info()
    except ENGINE_ERRORS:
        raise PlainError(_NO_ENGINE.format(address=client.base_url)) from None
    options = " ".join(info.get("SecurityOptions") or ())
    if "name=rootless" in options:
        raise PlainError("Rooms need a Docker engine that runs as root: this one is rootless.")
    if info.get("KernelVersion") != os.uname().release:
        raise PlainError("Rooms need a Docker engine on this machine itself, not in a virtual one.")
    if "name=seccomp" not in options:
        raise PlainError("Rooms need a Docker engine with seccomp, and this one has none.")
    sentences = {
        "MemoryLimit": "Memory of the room as a whole is not limited: this Docker engine cannot.",
        "SwapLimit": "A room may use swap beyond its memory: this Docker engine cannot limit it.",
        "PidsLimit": "Processes of the room as a whole are not limited: this Docker engine cannot.",
        "CpuCfsQuota": "Processors of a room are not limited: this Docker engine cannot.",
    }
    return str(info["ServerVersion"]), [said for name, said in sentences.items() if not info.get(name)]


def image_id(client: docker.APIClient, name: str, *, build: str = "make room-image") -> str:
    """The id of an image. Raises PlainError if the engine does not have it; nothing is fetched."""
    try:
        return str(client.inspect_image(name)["Id"])
    except docker.errors.NotFound:
        raise PlainError(f"This Docker engine does not have the image {name}: run `{build}`.") from None


def remove_rooms(settings: Settings, keep: Collection[str] = (), made_before: float | None = None) -> int:
    """Stop and remove every container of this installation's rooms; how many there were.

    Those named in ``keep`` stay, and those not made before a moment (seconds since 1970), where one is given.
    Raises PlainError where the engine does not answer.
    """
    client = connect(settings)
    label = f"{INSTALLATION_LABEL}={installation_mark(settings.state)}"
    try:
        found = [
            container
            for container in client.containers(all=True, filters={"label": label})
            if not {name.lstrip("/") for name in container["Names"] or ()} & set(keep)
            and (made_before is None or container["Created"] < made_before)
        ]
        for container in found:
            remove(client, container["Id"])
    except ENGINE_ERRORS:
        raise PlainError(_NO_ENGINE.format(address=settings.docker_address)) from None
    finally:
        client.close()
    return len(found)


def remove(client: docker.APIClient, name: str) -> None:
    """Kill and remove a container; fine if it is gone or the engine is just removing it."""
    try:
        client.remove_container(name, force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code not in {404, 409}:
            raise
