"""Finding a person, a project or a seat by name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.governance.errors import NotFound
from hub.store.models import Person, Project, SeatRecord
from hub.store.names import parse_person, parse_project


def find_person(session: Session, name: str) -> Person:
    """The person. Raises NotFound, or WrongName for what cannot be a name."""
    person = session.scalar(select(Person).where(Person.name == parse_person(name)))
    if person is None:
        raise NotFound("There is no person of that name: see lockedroom people list.")
    return person


def find_project(session: Session, slug: str) -> Project:
    """The project. Raises NotFound, or WrongName for what cannot be a name."""
    project = session.scalar(select(Project).where(Project.slug == parse_project(slug)))
    if project is None:
        raise NotFound("There is no project of that name: see lockedroom project list.")
    return project


def find_seat(session: Session, person: str, project: str) -> SeatRecord | None:
    """The seat of a person in a project, or None when the person was never a member."""
    return session.scalar(
        select(SeatRecord)
        .join(SeatRecord.person)
        .join(SeatRecord.project)
        .where(Person.name == person, Project.slug == project)
    )
