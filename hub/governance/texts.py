"""Reading what passed a project's doors: allowed to few, and in the ledger before anything is shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from hub.governance import permissions
from hub.governance.lookup import find_project
from hub.governance.members import list_members
from hub.governance.text import one_line
from hub.ledger import EventKind, append


def record_reading(
    session: Session,
    *,
    project: str,
    persons: Collection[str],
    texts: int,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Write down that ``actor`` reads so many texts of these persons. Raises NotAllowed, NotFound, WrongValue."""
    target = find_project(session, project)
    members = frozenset(str(member.person) for member in list_members(session, project))
    permissions.check_may_read_texts(permissions.load_actor(session, actor), members)
    payload = {"texts": texts, "persons": sorted(persons), "reason": one_line(reason, "A reason")}
    append(session, EventKind.TEXTS_READ, actor=actor, project=target.slug, now=now, payload=payload)
