"""What the home page shows people with a role of the whole service; governance is asked for each part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from output_checker.errors import PlainError
from sqlalchemy.orm import Session

from hub.governance import overview, permissions
from hub.governance.overview import ApprovalLine, ProjectLine, Stage
from hub.governance.people import Account
from hub.governance.permissions import Actor
from hub.rooms.extracts import ExtractSummary, current_extract, summary


@dataclass(frozen=True)
class ExtractLine:
    """The extract that one project's rooms see: what it holds, or a sentence; neither where none was made."""

    slug: str
    title: str
    stage: Stage
    extract: ExtractSummary | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Overview:
    """Each part is None for whoever may not see it."""

    accounts: tuple[Account, ...] | None = None
    projects: tuple[ProjectLine, ...] | None = None
    extracts: tuple[ExtractLine, ...] | None = None
    approvals: tuple[ApprovalLine, ...] | None = None


def overview_for(session: Session, actor: Actor, state: Path, now: datetime) -> Overview:
    """What ``actor`` may see. ``state`` is the directory in which the data zone's extracts lie."""
    return Overview(
        accounts=overview.accounts(session, actor) if permissions.may_see_accounts(actor) else None,
        projects=overview.projects(session, actor, now) if permissions.may_see_projects(actor) else None,
        extracts=_extracts(session, actor, state, now) if permissions.may_see_extracts(actor) else None,
        approvals=overview.approvals(session, actor, now) if permissions.may_see_approvals(actor) else None,
    )


def _extracts(session: Session, actor: Actor, state: Path, now: datetime) -> tuple[ExtractLine, ...]:
    permissions.check_may_see_extracts(actor)
    return tuple(_extract(line, state) for line in overview.projects(session, actor, now))


def _extract(line: ProjectLine, state: Path) -> ExtractLine:
    slug, title = line.project.slug, line.project.title
    try:
        folder = current_extract(state, slug)
        return ExtractLine(slug, title, line.stage, None if folder is None else summary(folder))
    except PlainError as fault:
        return ExtractLine(slug, title, line.stage, fault=fault.sentence)
