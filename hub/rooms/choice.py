"""Which backend isolates the rooms of this installation."""

from __future__ import annotations

from typing import Literal

from output_checker.errors import PlainError
from output_checker.isolation import Isolation, probe

from hub.rooms import bubblewrap, docker, docker_engine
from hub.rooms.spec import Backend
from hub.settings import Settings


def choose(settings: Settings) -> Literal["bubblewrap", "docker"]:
    """The backend that the settings name; else bubblewrap where it works, else a Docker engine that answers.

    Raises PlainError where neither is there.
    """
    if settings.rooms != "auto":
        return settings.rooms
    if probe() is not Isolation.CHILD_PROCESS:
        return "bubblewrap"
    if docker_engine.answers(settings):
        return "docker"
    raise PlainError(
        "Rooms need bubblewrap or a Docker engine, and neither works here: "
        "install bubblewrap with `apt-get install bubblewrap`."
    )


def chosen_backend(settings: Settings) -> Backend:
    """What the chosen backend can give here. Raises PlainError."""
    backends = {"bubblewrap": bubblewrap.backend, "docker": docker.backend}
    return backends[choose(settings)](settings)
