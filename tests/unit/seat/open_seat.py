"""A seat that is open: a process of its own for a room, a real store, and no hub around it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, text

from hub.bubblewrap_seat import BubblewrapSeat
from hub.hub_parts import HubParts
from hub.ledger import EventKind
from hub.rooms.process import Process
from hub.rooms.spec import RoomFolders, RoomLimits, RoomSpec
from hub.seat_door import DoorState
from hub.seat_state import SeatState
from hub.store.models import LedgerEntry

COOKIE_SECRET = b"k" * 32


def room_of(state: Path) -> RoomSpec:
    """The room of alice in road-safety."""
    seat = state / "seats" / "alice.road-safety"
    folders = RoomFolders(
        state / "run" / "rooms" / "alice.road-safety",
        *(seat / name for name in ("home", "outbox", "inbox")),
        state / "projects" / "road-safety" / "shared",
        None,
    )
    return RoomSpec(
        seat="alice.road-safety",
        person="alice",
        project="road-safety",
        uid=490001,
        gid=495001,
        prefix="/user/alice/road-safety/",
        folders=folders,
        environment=state,
        limits=RoomLimits(1, 2, 3, 4, 5, 6, 7),
        policy="sacro",
    )


def state_of(
    state: Path, *, tier: str, room: subprocess.Popen[bytes], door: DoorState | None = None
) -> SeatState:
    """What an earlier hub kept of that seat."""
    return SeatState(
        room=room_of(state),
        opening="opening",
        tier=tier,
        room_process=Process.of(room.pid),
        door=door,
        window=None,
    )


def seat_found(kept: dict[str, Any]) -> BubblewrapSeat:
    """The seat as a hub that starts again has it, before its first look."""
    seat = BubblewrapSeat(
        user=SimpleNamespace(name="alice", settings={"cookie_secret": COOKIE_SECRET}),
        orm_spawner=SimpleNamespace(name="road-safety", server=None, last_activity=None, started=None),
    )
    seat.load_state({"seat": kept})
    return seat


def closed_because(parts: HubParts) -> list[str]:
    """Why the seat was closed, each time."""
    closed = select(LedgerEntry.payload).where(LedgerEntry.kind == EventKind.SEAT_CLOSED.value)
    with parts.store.read() as session:
        return [json.loads(payload)["reason"] for payload in session.scalars(closed)]


@contextmanager
def without_table(parts: HubParts, name: str) -> Iterator[None]:
    """A database that answers with errors for a while."""
    _rename(parts, name, "elsewhere")
    try:
        yield
    finally:
        _rename(parts, "elsewhere", name)


def _rename(parts: HubParts, table: str, other: str) -> None:
    with parts.store.write() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO {other}"))
