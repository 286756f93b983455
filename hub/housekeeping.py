"""What the hub does by the clock: publish a signed head of the ledger, let kept cell texts expire."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from output_checker.errors import PlainError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hub.door.cell_store import CellStore
from hub.ledger import EventKind, append
from hub.ledger.heads import publish_head, sign_head
from hub.ledger.keys import make_signing_key
from hub.settings import Settings
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry

log = logging.getLogger("lockedroom.housekeeping")


async def keep_house(store: Store, settings: Settings) -> None:
    """For ever: one round every ``head_minutes``. A round that fails is logged, and the next one tries again."""
    while True:
        try:
            await asyncio.to_thread(one_round, store, settings, utc_now())
        except (PlainError, DBAPIError, OSError) as error:
            log.error("housekeeping failed and will be tried again: %s", error)
        await asyncio.sleep(settings.head_minutes * 60)


def one_round(store: Store, settings: Settings, now: datetime) -> tuple[bool, int]:
    """(whether a head was published, how many days of cell texts were deleted)."""
    published = _publish(store, settings, now)
    projects = [folder.name for folder in sorted((settings.state / "cells").glob("*")) if folder.is_dir()]
    return published, sum(_expire(store, settings, project, now) for project in projects)


def _expire(store: Store, settings: Settings, project: str, now: datetime) -> int:
    """Delete a project's texts whose time is over; how many days of them."""
    kept = CellStore(settings.state, project)
    days = kept.expired(today=now.date(), keep_days=settings.cell_days)
    if days:
        payload = {"days": days, "keep_days": settings.cell_days}
        with store.write() as session:
            append(
                session,
                EventKind.TEXTS_EXPIRED,
                actor="system:hub",
                project=project,
                now=now,
                payload=payload,
            )
        # Only now: were the hub to end here, the next round finds them again, and says so again.
        kept.delete(days)
    return len(days)


def _publish(store: Store, settings: Settings, now: datetime) -> bool:
    """Sign and publish the ledger's head, unless nothing was written since the last one."""
    with store.read() as session:
        last = session.scalar(select(LedgerEntry.kind).order_by(LedgerEntry.seq.desc()).limit(1))
    if last is None or last == EventKind.HEAD_SIGNED:
        return False
    key = make_signing_key(settings.keys)
    with store.write() as session:
        head = sign_head(session, key, now=now, actor="system:hub")
    # Only now: a published head whose entry was rolled back would accuse an innocent ledger.
    publish_head(head, settings.anchors)
    return True
