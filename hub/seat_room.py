"""What a seat's room is on this machine: from terms and settings to a description."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from output_checker.errors import PlainError

from hub.governance import Terms
from hub.governance.tiers import Tier
from hub.rooms.extracts import current_extract
from hub.rooms.folders import prepare
from hub.rooms.inside import room_name
from hub.rooms.spec import Backend, RoomLimits, RoomSpec
from hub.settings import Settings

DOOR_ENDING = "-door"
_MIB = 1024 * 1024
_Number = TypeVar("_Number", int, float)


def door_group(room: RoomSpec) -> str:
    """The name of the control group of a room's door."""
    return room_name(room) + DOOR_ENDING


def room_limits(tier: Tier, settings: Settings) -> RoomLimits:
    """What a room of a tier may use here: of tier and settings, whichever allows less. Pure."""
    limits = tier.limits
    return RoomLimits(
        memory_bytes=_at_most(limits.memory_mb, settings.seat_memory_mb) * _MIB,
        processes=_at_most(limits.processes, settings.seat_processes),
        cpu_percent=max(1, int(_at_most(limits.cpus, settings.seat_cpus) * 100)),
        home_bytes=_at_most(limits.workspace_mb, settings.seat_disk_mb) * _MIB,
        outbox_bytes=limits.outbox_mb * _MIB,
        shared_bytes=limits.shared_mb * _MIB,
        open_files=limits.open_files,
    )


def idle_minutes(tier: Tier, settings: Settings) -> int:
    """Minutes after which a room of a tier that nobody uses ends here. Pure."""
    return _at_most(tier.idle_minutes, settings.idle_minutes)


def isolation_refusal(tier: Tier, *, own_user: bool, missing: Sequence[str]) -> str | None:
    """Why a room of a tier may not open on this machine, or ``None``. Pure.

    ``missing`` has a sentence for each limit that cannot be had.
    """
    if not tier.needs_whole_isolation:
        return None
    if not own_user:
        return (
            f"This hub cannot give each seat a user of its own, which rooms of the tier {tier.name} "
            "need: run it as root to open them."
        )
    if missing:
        return f"Rooms of the tier {tier.name} need every limit, and one cannot be had here. {missing[0]}"
    return None


def room_spec(settings: Settings, terms: Terms, backend: Backend) -> tuple[RoomSpec, list[str]]:
    """Make the seat's folders and describe its room. Returns also the limits that cannot be had here."""
    _refuse_if_lacking(terms.tier, backend, backend.missing)
    limits = room_limits(terms.tier, settings)
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
    _refuse_if_lacking(terms.tier, backend, missing)
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


def _refuse_if_lacking(tier: Tier, backend: Backend, missing: Sequence[str]) -> None:
    refusal = isolation_refusal(tier, own_user=backend.own_user, missing=missing)
    if refusal is not None:
        raise PlainError(refusal)


def _at_most(tiers: _Number, here: _Number | None) -> _Number:
    return tiers if here is None else min(tiers, here)
