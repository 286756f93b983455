"""Membership: who belongs to a project, from when to when. Every change is in the ledger, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.governance import permissions
from hub.governance.errors import NotNow
from hub.governance.lookup import find_person, find_project, find_seat
from hub.governance.policies import members as policy
from hub.governance.policies import projects as project_policy
from hub.governance.policies.members import Period
from hub.governance.text import one_line
from hub.ledger import EventKind, append
from hub.store.clock import to_text
from hub.store.models import Membership, Person, Project, SeatRecord
from hub.store.names import PersonName, ProjectSlug, Seat


@dataclass(frozen=True)
class MemberRecord:
    """One membership. ``until`` is its real end: the planned one, or the moment it was ended."""

    person: PersonName
    project: ProjectSlug
    seat_number: int
    starts_at: datetime
    until: datetime

    @property
    def seat(self) -> Seat:
        """The seat this membership opens."""
        return Seat(self.person, self.project)


def add_member(
    session: Session,
    *,
    project: str,
    person: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> MemberRecord:
    """Make a person a member. The first time gives the seat a number of its own; later times find it again."""
    found = find_person(session, person)
    permissions.check_may_manage_members(permissions.load_actor(session, actor), about=found.name)
    target = find_project(session, project)
    if found.disabled_at is not None:
        raise NotNow("This person's account is closed.")
    project_policy.check_is_open(closed=target.closed_at is not None, ends_at=target.ends_at, now=now)
    seat = find_seat(session, found.name, target.slug)
    policy.check_can_add(
        Period(starts_at, ends_at),
        others=[] if seat is None else periods(seat),
        project_ends_at=target.ends_at,
        now=now,
    )
    if seat is None:
        number = (session.scalar(select(func.max(SeatRecord.number))) or 0) + 1
        seat = SeatRecord(number=number, person=found, project=target)
        session.add(seat)
        session.flush()
    membership = Membership(
        seat_number=seat.number, starts_at=starts_at, ends_at=ends_at, added_at=now, added_by=actor
    )
    session.add(membership)
    session.flush()
    append(
        session,
        EventKind.MEMBER_ADDED,
        actor=actor,
        project=target.slug,
        now=now,
        payload={
            "person": found.name,
            "seat_number": seat.number,
            "starts_at": to_text(starts_at),
            "ends_at": to_text(ends_at),
        },
    )
    return MemberRecord(PersonName(found.name), ProjectSlug(target.slug), seat.number, starts_at, ends_at)


def end_member(
    session: Session, *, project: str, person: str, reason: str, actor: str, now: datetime
) -> None:
    """End a person's membership now, present and future."""
    found = find_person(session, person)
    permissions.check_may_manage_members(permissions.load_actor(session, actor), about=found.name)
    target = find_project(session, project)
    seat = find_seat(session, found.name, target.slug)
    open_ones = [] if seat is None else [m for m in seat.memberships if _period(m).last > now]
    policy.check_can_end(_period(open_ones[0]) if open_ones else None)
    for membership in open_ones:
        membership.ended_at = now
        membership.ended_by = actor
    append(
        session,
        EventKind.MEMBER_ENDED,
        actor=actor,
        project=target.slug,
        now=now,
        payload={"person": found.name, "reason": one_line(reason, "A reason")},
    )


def list_members(session: Session, project: str) -> list[MemberRecord]:
    """All memberships of a project, past ones too, by person and start."""
    slug = find_project(session, project).slug
    return _members(session, Project.slug == slug)


def memberships_of(session: Session, person: str) -> list[MemberRecord]:
    """All memberships of a person, past ones too. Whether a seat opens now is ``admission``'s answer."""
    return _members(session, Person.name == person)


def periods(seat: SeatRecord) -> list[Period]:
    """The times of a seat's memberships."""
    return [_period(membership) for membership in seat.memberships]


def _members(session: Session, condition: object) -> list[MemberRecord]:
    rows = session.execute(
        select(Person.name, Project.slug, Membership)
        .select_from(Membership)
        .join(Membership.seat)
        .join(SeatRecord.person)
        .join(SeatRecord.project)
        .where(condition)  # type: ignore[arg-type]
        .order_by(Project.slug, Person.name, Membership.starts_at)
    )
    return [
        MemberRecord(PersonName(name), ProjectSlug(slug), m.seat_number, m.starts_at, _period(m).last)
        for name, slug, m in rows
    ]


def _period(membership: Membership) -> Period:
    return Period(membership.starts_at, membership.ends_at, membership.ended_at)
