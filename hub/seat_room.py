"""What a seat's room is on this machine: from terms and settings to a description."""

from __future__ import annotations

import os

from output_checker.errors import PlainError
from output_checker.isolation import Isolation, probe

from hub.governance import Terms
from hub.rooms import bubblewrap
from hub.rooms.environment import room_environment_folder
from hub.rooms.extracts import current_extract
from hub.rooms.folders import prepare
from hub.rooms.spec import RoomLimits, RoomSpec
from hub.settings import Settings

_OUTBOX_BYTES = 256 * 1024 * 1024
_SHARED_BYTES = 2 * 1024 * 1024 * 1024


def door_group(room: RoomSpec) -> str:
    """The name of the control group of a room's door."""
    return bubblewrap.control_group_name(room.seat, room.folders.home) + "-door"


def room_spec(settings: Settings, terms: Terms) -> tuple[RoomSpec, list[str]]:
    """Make the seat's folders and describe its room. Returns also the limits that cannot be had here."""
    isolation = probe()
    if isolation is Isolation.CHILD_PROCESS:
        raise PlainError(
            "Rooms need bubblewrap, and it does not work here: install it with `apt-get install bubblewrap`."
        )
    if isolation is Isolation.SHARED_USER and terms.tier != "synthetic":
        raise PlainError(
            "This hub cannot give each seat a user of its own, so it opens projects with synthetic data only: "
            "run it as root to open others."
        )
    limits = RoomLimits(
        memory_bytes=settings.seat_memory_mb * 1024 * 1024,
        processes=settings.seat_processes,
        cpu_percent=int(settings.seat_cpus * 100),
        home_bytes=settings.seat_disk_mb * 1024 * 1024,
        outbox_bytes=_OUTBOX_BYTES,
        shared_bytes=_SHARED_BYTES,
    )
    if isolation is Isolation.SHARED_USER:
        uid, gid = os.getuid(), os.getgid()
    else:
        uid, gid = settings.seat_uid(terms.seat_number), settings.project_gid(terms.project_number)
    folders, missing = prepare(
        settings.state,
        seat=terms.seat,
        project=terms.project,
        uid=uid,
        gid=gid,
        extract=current_extract(settings.state, terms.project),
        limits=limits,
    )
    if isolation is not Isolation.OWN_USER:
        missing.append("Memory and processes of the room as a whole are not limited: no control groups here.")
    spec = RoomSpec(
        seat=terms.seat,
        person=terms.person,
        project=terms.project,
        uid=uid,
        gid=gid,
        prefix=f"/user/{terms.person}/{terms.project}/",
        folders=folders,
        environment=room_environment_folder(settings.room_environment),
        limits=limits,
        policy=terms.policy,
    )
    return spec, missing
