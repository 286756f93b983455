"""A seat's folders and its container's description without a hub, for tests that start the container themselves."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

from hub.rooms.docker import backend, container_of, write_account_files
from hub.rooms.docker_engine import connect
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


class Workshop:
    """One seat's folders and its container's description, to start by a test."""

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

    def gone(self, name: str, within_s: float = 20) -> None:
        """Wait until the engine does not know the container any more."""
        deadline = time.monotonic() + within_s
        while self.client.containers(all=True, filters={"name": name}):
            assert time.monotonic() < deadline, f"{name} does not go away"
            time.sleep(0.05)
