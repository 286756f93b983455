"""Containers of a room's description without a hub, so that a test can leave out one of a room's walls."""

from __future__ import annotations

import contextlib
import copy
import inspect
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker

from hub.rooms.docker import backend, container_of, write_account_files
from hub.rooms.docker_engine import connect, remove
from hub.rooms.folders import prepare
from hub.rooms.spec import RoomLimits, RoomSpec
from hub.settings import Settings

MIB = 1 << 20
LIMITS = RoomLimits(
    memory_bytes=256 * MIB,
    processes=64,
    cpu_percent=100,
    home_bytes=64 * MIB,
    outbox_bytes=16 * MIB,
    shared_bytes=16 * MIB,
    open_files=4096,
)


class Container:
    """A running container in which attempts are made."""

    def __init__(self, client: docker.APIClient, name: str) -> None:
        self._client, self.name = client, name

    def call(self, attempt: Callable[..., Any], *arguments: Any) -> Any:
        """Run the attempt inside; what it returned."""
        code = (
            "from __future__ import annotations\nimport json as _json, sys as _sys\n"
            f"{inspect.getsource(attempt)}\n"
            f"print(_json.dumps({attempt.__name__}(*_json.loads({json.dumps(arguments)!r}))))"
        )
        made = self._client.exec_create(self.name, ["/opt/room/bin/python", "-c", code], workdir="/tmp")
        out, said = self._client.exec_start(made["Id"], demux=True)
        assert out, f"{attempt.__name__}: {(said or b'').decode(errors='replace')[-2000:]}"
        return json.loads(out.decode().splitlines()[-1])


class Workshop:
    """One seat's folders and its container's description, to start as it is or changed."""

    def __init__(self, settings: Settings, extract: Path, uid: int, gid: int) -> None:
        self.settings = settings
        found = backend(settings)
        self.client = connect(settings)
        folders, missing = prepare(
            settings.state, seat="alice.one", project="one", uid=uid, gid=gid, extract=extract, limits=LIMITS
        )
        assert missing == []
        self.room = RoomSpec(
            seat="alice.one",
            person="alice",
            project="one",
            uid=uid,
            gid=gid,
            prefix="/user/alice/one/",
            folders=folders,
            environment=found.environment,
            limits=LIMITS,
            policy="sacro",
            image=found.image,
        )
        write_account_files(self.room)

    def waiting(self) -> dict[str, Any]:
        """The room's container, but that it waits instead of serving."""
        return copy.deepcopy(container_of(self.room)) | {"Cmd": ["/bin/sleep", "600"]}

    @contextlib.contextmanager
    def container(self, weaken: Callable[[dict[str, Any]], None] | None = None) -> Iterator[Container]:
        """The container, with one of its walls left out by ``weaken``."""
        configuration = self.waiting()
        if weaken is not None:
            weaken(configuration)
        name = f"test-{uuid4().hex[:12]}"
        self.client.create_container_from_config(configuration, name=name)
        try:
            self.client.start(name)
            yield Container(self.client, name)
        finally:
            remove(self.client, name)
            self.gone(name)

    def gone(self, name: str, within_s: float = 20) -> None:
        """Wait until the engine does not know the container any more."""
        deadline = time.monotonic() + within_s
        while self.client.containers(all=True, filters={"name": name}):
            assert time.monotonic() < deadline, f"{name} does not go away"
            time.sleep(0.05)
