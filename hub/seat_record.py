"""What the hub asks and writes down about a seat: may it be open, was it opened, why was it closed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hub.governance import Refused, Terms, admission
from hub.governance.tiers import Tier
from hub.ledger import EventKind, append
from hub.rooms.spec import Backend, RoomLimits, RoomSpec
from hub.rooms.window import WindowLimits, WindowSpec
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.names import Seat

_Limits = TypeVar("_Limits", RoomLimits, WindowLimits)


def idle_too_long(last_activity: datetime | None, now: datetime, minutes: int) -> bool:
    """Whether ``minutes`` have passed since ``last_activity``, a time in UTC that JupyterHub keeps without zone."""
    if last_activity is None:
        return False
    return now - last_activity.replace(tzinfo=UTC) >= timedelta(minutes=minutes)


def other_terms(opened: str, tier: Tier) -> str | None:
    """Why a room that was opened under an edition of a tier does not go on under ``tier``, or ``None``. Pure."""
    if opened == tier.edition:
        return None
    before, _, _ = opened.partition(" ")
    if before == tier.name:
        return f"what rooms of the tier {before} are given has changed since this one was opened"
    return f"the project's tier is {tier.name} now, and the room was opened as {before}"


def other_limits(opened: _Limits, now: _Limits) -> str | None:
    """Why a seat that was opened with other limits than hold now does not go on, or ``None``. Pure."""
    return None if opened == now else "what a room may use here has changed since this one was opened"


def ask_admission(store: Store, person: str, project: str, *, record: bool = True) -> Terms | Refused:
    """The terms, or the refusal; a refusal is written down where ``record``."""
    with store.read() as session:
        decision = admission(session, person=person, project=project, now=utc_now())
    if not isinstance(decision, Refused):
        return decision.terms
    if record:
        record_refused(store, person, decision.reason)
    return decision


def record_refused(store: Store, person: str, reason: str) -> None:
    """Write down that a person asked for a seat and was told ``reason`` instead."""
    with store.write() as session:
        payload = {"person": person, "reason": reason}
        append(session, EventKind.SEAT_REFUSED, actor="system:hub", now=utc_now(), payload=payload)


def record_closed(store: Store, person: str, project: str, reason: str) -> None:
    """Write down that a seat's room was stopped."""
    with store.write() as session:
        payload = {"seat": f"{person}.{project}", "reason": reason}
        append(
            session,
            EventKind.SEAT_CLOSED,
            actor="system:hub",
            project=project,
            now=utc_now(),
            payload=payload,
        )


def record_found(store: Store, seat: Seat) -> None:
    """Write down that a hub that started again found a seat's room running."""
    _by_the_hub(store, EventKind.SEAT_FOUND, seat, {"seat": seat.id})


def record_door_ended(store: Store, seat: Seat, *, as_told: bool) -> None:
    """Write down that another door opens: one ended by itself, or was told other things than hold now."""
    why = "its process ended or did not answer" if as_told else "what doors are told here has changed"
    reason = f"{why}; another one opens"
    _by_the_hub(store, EventKind.DOOR_CLOSED, seat, {"seat": seat.id, "reason": reason})


def _by_the_hub(store: Store, kind: EventKind, seat: Seat, payload: dict[str, object]) -> None:
    with store.write() as session:
        append(session, kind, actor="system:hub", project=seat.project, now=utc_now(), payload=payload)


def record_opened(
    store: Store,
    terms: Terms,
    room: RoomSpec,
    backend: Backend,
    missing: list[str],
    window: WindowSpec | None,
) -> None:
    """Write down that a seat's room is being started, with the limits in force and those that are missing."""
    payload = {
        "seat": terms.seat,
        "backend": backend.name,
        "extract": room.folders.data.name if room.folders.data else None,
        "limits": {"in_force": asdict(room.limits), "missing": missing},
        "tier": terms.tier.name,
    }
    if window is not None:
        payload["window"] = asdict(window.limits)
    with store.write() as session:
        append(
            session,
            EventKind.SEAT_OPENED,
            actor=terms.person,
            project=terms.project,
            now=utc_now(),
            payload=payload,
        )
