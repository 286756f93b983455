"""What a seat's room is on this machine: from terms and settings to a description."""

from __future__ import annotations

import os

from output_checker.errors import PlainError

from hub.governance import Terms
from hub.rooms.extracts import current_extract
from hub.rooms.folders import prepare
from hub.rooms.inside import room_name
from hub.rooms.spec import Backend, RoomLimits, RoomSpec
from hub.settings import Settings

_OUTBOX_BYTES = 256 * 1024 * 1024
_SHARED_BYTES = 2 * 1024 * 1024 * 1024


def door_group(room: RoomSpec) -> str:
    """The name of the control group of a room's door."""
    return room_name(room) + "-door"


def room_spec(settings: Settings, terms: Terms, backend: Backend) -> tuple[RoomSpec, list[str]]:
    """Make the seat's folders and describe its room. Returns also the limits that cannot be had here."""
    if terms.tier.needs_own_user and not backend.own_user:
        raise PlainError(
            f"This hub cannot give each seat a user of its own, which rooms of the tier {terms.tier.name} "
            "need: run it as root to open them."
        )
    limits = RoomLimits(
        memory_bytes=settings.seat_memory_mb * 1024 * 1024,
        processes=settings.seat_processes,
        cpu_percent=int(settings.seat_cpus * 100),
        home_bytes=settings.seat_disk_mb * 1024 * 1024,
        outbox_bytes=_OUTBOX_BYTES,
        shared_bytes=_SHARED_BYTES,
    )
    if backend.own_user:
        uid, gid = settings.seat_uid(terms.seat_number), settings.project_gid(terms.project_number)
    else:
        uid, gid = os.getuid(), os.getgid()
    folders, missing = prepare(
        settings.state,
        seat=terms.seat,
        project=terms.project,
        uid=uid,
        gid=gid,
        extract=current_extract(settings.state, terms.project),
        limits=limits,
    )
    spec = RoomSpec(
        seat=terms.seat,
        person=terms.person,
        project=terms.project,
        uid=uid,
        gid=gid,
        prefix=f"/user/{terms.person}/{terms.project}/",
        folders=folders,
        environment=backend.environment,
        limits=limits,
        policy=terms.policy,
        image=backend.image,
    )
    return spec, [*missing, *backend.missing]
