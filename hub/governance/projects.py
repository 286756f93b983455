"""Projects: setting up and closing. Every change is in the ledger, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from output_checker.policy import PolicyError, load_policy
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.governance import permissions
from hub.governance.errors import NotNow, WrongValue
from hub.governance.lookup import find_project
from hub.governance.policies import projects as policy
from hub.governance.policies.tiers import check_policy_is_enough, policy_in_force
from hub.governance.text import one_line
from hub.governance.tiers import load_tiers
from hub.ledger import EventKind, append
from hub.store.clock import to_text
from hub.store.models import Project
from hub.store.names import ProjectSlug, parse_project


@dataclass(frozen=True)
class ProjectRecord:
    """A project as others see it. ``ends_at`` is the planned end; ``closed_at`` an earlier or later last word."""

    slug: ProjectSlug
    number: int
    title: str
    tier: str
    policy: str
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime | None


def create_project(
    session: Session,
    *,
    slug: str,
    title: str,
    tier: str,
    policy_name: str | None,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> ProjectRecord:
    """Set up a project. Names and numbers are never given twice. Without ``policy_name`` it has its tier's."""
    project_slug = parse_project(slug)
    permissions.check_may_manage_projects(permissions.load_actor(session, actor))
    found = load_tiers().find(tier)
    policy.check_can_create(ends_at=ends_at, now=now)
    policy.check_period(starts_at, ends_at)
    if policy_name is not None:
        check_policy_is_enough(found, known_policy(policy_name))
    if session.scalar(select(Project.number).where(Project.slug == project_slug)) is not None:
        raise NotNow("There is a project of that name already; names are never given twice.")
    project = Project(
        number=(session.scalar(select(func.max(Project.number))) or 0) + 1,
        slug=project_slug,
        title=one_line(title, "A title"),
        tier=found.name,
        policy=policy_name or found.disclosure[0],
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
        created_by=actor,
    )
    session.add(project)
    session.flush()
    append(
        session,
        EventKind.PROJECT_CREATED,
        actor=actor,
        project=project.slug,
        now=now,
        payload={
            "number": project.number,
            "title": project.title,
            "tier": project.tier,
            "policy": project.policy,
            "starts_at": to_text(starts_at),
            "ends_at": to_text(ends_at),
        },
    )
    return _record(project)


def close_project(session: Session, *, slug: str, reason: str, actor: str, now: datetime) -> None:
    """Close a project: from this moment no seat of it opens, and open ones close."""
    permissions.check_may_manage_projects(permissions.load_actor(session, actor))
    project = find_project(session, slug)
    policy.check_can_close(closed=project.closed_at is not None)
    project.closed_at = now
    project.closed_by = actor
    append(
        session,
        EventKind.PROJECT_CLOSED,
        actor=actor,
        project=project.slug,
        now=now,
        payload={"reason": one_line(reason, "A reason")},
    )


def extend_project(session: Session, *, slug: str, ends_at: datetime, actor: str, now: datetime) -> None:
    """Move a project's end to a later time, also after it has ended. Memberships keep their own ends."""
    permissions.check_may_manage_projects(permissions.load_actor(session, actor))
    project = find_project(session, slug)
    before = project.ends_at
    policy.check_can_extend(closed=project.closed_at is not None, before=before, ends_at=ends_at, now=now)
    project.ends_at = ends_at
    append(
        session,
        EventKind.PROJECT_EXTENDED,
        actor=actor,
        project=project.slug,
        now=now,
        payload={"before": to_text(before), "ends_at": to_text(ends_at)},
    )


def list_projects(session: Session) -> list[ProjectRecord]:
    """All projects, by name."""
    return [_record(project) for project in session.scalars(select(Project).order_by(Project.slug))]


def get_project(session: Session, slug: str) -> ProjectRecord:
    """One project. Raises NotFound."""
    return _record(find_project(session, slug))


def known_policy(name: str) -> str:
    """The name of a disclosure policy that there is. Raises WrongValue."""
    try:
        return load_policy(name).name
    except PolicyError as error:
        raise WrongValue(error.sentence) from None


def policy_of(project: Project) -> str:
    """The disclosure policy by which the project's outputs are checked now."""
    return policy_in_force(load_tiers().in_force(project.tier), project.policy)


def _record(project: Project) -> ProjectRecord:
    return ProjectRecord(
        slug=ProjectSlug(project.slug),
        number=project.number,
        title=project.title,
        tier=project.tier,
        policy=policy_of(project),
        starts_at=project.starts_at,
        ends_at=project.ends_at,
        closed_at=project.closed_at,
    )
