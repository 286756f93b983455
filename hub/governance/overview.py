"""What people with a role see of the whole service: accounts, projects, approvals. Reads only, asks first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.governance import permissions
from hub.governance.approvals import RowCondition, parse_extract
from hub.governance.people import Account, list_people
from hub.governance.permissions import Actor
from hub.governance.projects import ProjectRecord, list_projects
from hub.store.models import Approval, Membership, SeatRecord


class Stage(StrEnum):
    """Where a project stands in its time."""

    NOT_BEGUN = "not begun"
    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


@dataclass(frozen=True)
class ProjectLine:
    """One project; ``members`` are those who belong to it now."""

    project: ProjectRecord
    stage: Stage
    members: int


@dataclass(frozen=True)
class ApprovedTable:
    """One table of an approval: its columns, and in words the conditions that narrow its rows."""

    name: str
    columns: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class ApprovalLine:
    """The approval that holds for one project; ``approved_at`` is None where there is none yet."""

    slug: str
    title: str
    tier: str
    stage: Stage
    source: str = ""
    tables: tuple[ApprovedTable, ...] = ()
    approved_at: datetime | None = None
    approved_by: str = ""


def stage_of(project: ProjectRecord, now: datetime) -> Stage:
    """Where the project stands at ``now``. A closed one stays closed, whatever its end. Pure."""
    if project.closed_at is not None:
        return Stage.CLOSED
    if now < project.starts_at:
        return Stage.NOT_BEGUN
    return Stage.OPEN if now < project.ends_at else Stage.ENDED


def accounts(session: Session, actor: Actor) -> tuple[Account, ...]:
    """Everybody. Raises NotAllowed."""
    permissions.check_may_see_accounts(actor)
    return tuple(list_people(session))


def projects(session: Session, actor: Actor, now: datetime) -> tuple[ProjectLine, ...]:
    """All projects with their members of now. Raises NotAllowed."""
    permissions.check_may_see_projects(actor)
    counted = session.execute(
        select(SeatRecord.project_number, func.count(SeatRecord.number.distinct()).label("members"))
        .join(Membership, Membership.seat_number == SeatRecord.number)
        .where(Membership.starts_at <= now, Membership.ends_at > now)
        .where(Membership.ended_at.is_(None) | (Membership.ended_at > now))
        .group_by(SeatRecord.project_number)
    )
    members = {row.project_number: row.members for row in counted}
    return tuple(
        ProjectLine(project, stage_of(project, now), members.get(project.number, 0))
        for project in list_projects(session)
    )


def approvals(session: Session, actor: Actor, now: datetime) -> tuple[ApprovalLine, ...]:
    """For each project the approval that holds. Raises NotAllowed."""
    permissions.check_may_see_approvals(actor)
    newest = select(func.max(Approval.id)).group_by(Approval.project_number)
    held = {a.project_number: a for a in session.scalars(select(Approval).where(Approval.id.in_(newest)))}
    return tuple(_line(project, held.get(project.number), now) for project in list_projects(session))


def _line(project: ProjectRecord, approval: Approval | None, now: datetime) -> ApprovalLine:
    stage = stage_of(project, now)
    if approval is None:
        return ApprovalLine(project.slug, project.title, project.tier, stage)
    extract = parse_extract(json.loads(approval.extract))
    return ApprovalLine(
        slug=project.slug,
        title=project.title,
        tier=project.tier,
        stage=stage,
        source=extract.source,
        tables=tuple(
            ApprovedTable(name, tuple(table.columns), tuple(_in_words(c) for c in table.rows))
            for name, table in extract.tables.items()
        ),
        approved_at=approval.approved_at,
        approved_by=approval.approved_by,
    )


def _in_words(condition: RowCondition) -> str:
    value = condition.value
    if not isinstance(value, list):
        return f"{condition.column} {condition.op} {value}"
    shown = ", ".join(str(v) for v in value[:5])
    more = f" and {len(value) - 5} more" if len(value) > 5 else ""
    return f"{condition.column} {condition.op} {shown}{more}"
