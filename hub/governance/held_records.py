"""Whose real records a project was given, in whatever extract: what its rooms may still hold."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.store.models import HeldSource


def note_held(session: Session, project_number: int, real_sources: Collection[str]) -> None:
    """Remember that an extract of a project holds real records of these sources. Once said, it stays."""
    for source in sorted(frozenset(real_sources) - held_sources(session, project_number)):
        session.add(HeldSource(project_number=project_number, source=source))
    session.flush()


def held_sources(session: Session, project_number: int) -> frozenset[str]:
    """The sources whose real records a project was ever given."""
    found = select(HeldSource.source).where(HeldSource.project_number == project_number)
    return frozenset(session.scalars(found))
