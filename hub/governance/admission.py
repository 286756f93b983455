"""Admission: may this person open this project now, on what terms, and if not, why not.

Loading facts and deciding are apart: ``decide_admission`` is pure. It is asked when a seat opens and
again every few seconds while it is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.governance.held_records import held_sources
from hub.governance.lookup import find_seat
from hub.governance.members import periods
from hub.governance.policies.members import Period
from hub.governance.policies.tiers import policy_in_force, too_low
from hub.governance.tiers import DoorKind, Tier, load_tiers
from hub.store.models import Person
from hub.store.names import PersonName, ProjectSlug, Seat, SeatId, WrongName, parse_person, parse_project


@dataclass(frozen=True)
class Terms:
    """On which a seat opens. Everything about the room comes from here, nothing from the request."""

    person: PersonName
    project: ProjectSlug
    seat: SeatId
    seat_number: int
    project_number: int
    tier: Tier
    policy: str
    ends_at: datetime

    @property
    def door(self) -> DoorKind:
        """The way in. Whoever opens a seat starts this kind of door, or none."""
        return self.tier.door


@dataclass(frozen=True)
class Admitted:
    """Yes, on these terms, until ``terms.ends_at`` at the latest."""

    terms: Terms


@dataclass(frozen=True)
class Refused:
    """No. ``reason`` is one sentence for the person."""

    reason: str


@dataclass(frozen=True)
class ProjectFacts:
    """What admission needs to know of a project in which the person has, or had, a seat.

    ``tier`` is None where the installation has no tier of the name that was recorded; ``needed`` is the lowest tier
    for the data that it was given, None where these are allowed in none.
    """

    slug: ProjectSlug
    number: int
    tier: Tier | None
    needed: Tier | None
    policy: str
    starts_at: datetime
    ends_at: datetime
    closed: bool


@dataclass(frozen=True)
class Facts:
    """What is known. ``project`` is None for a project that does not exist *or* never had this member:
    the two must read the same, or names of projects could be found out by asking."""

    person: PersonName
    known: bool
    disabled: bool
    project: ProjectFacts | None = None
    seat_number: int | None = None
    periods: tuple[Period, ...] = ()


NOT_A_MEMBER = (
    "You are not a member of a project of this name: check the name, or ask the data manager to add you."
)
NO_ACCOUNT = "Your account is closed: ask an administrator if you think this is wrong."


def decide_admission(facts: Facts, now: datetime) -> Admitted | Refused:
    """The decision alone. A period holds from its first moment to just before its end."""
    if not facts.known or facts.disabled:
        return Refused(NO_ACCOUNT)
    project = facts.project
    if project is None or facts.seat_number is None or not facts.periods:
        return Refused(NOT_A_MEMBER)
    if project.closed:
        return Refused(
            f"The project {project.slug} is closed: ask the data manager if you still need something."
        )
    if now >= project.ends_at:
        return Refused(
            f"The project {project.slug} ended on {_day(project.ends_at)}: ask for an extension if you need one."
        )
    if now < project.starts_at:
        return Refused(f"The project {project.slug} begins on {_day(project.starts_at)}: come back then.")
    current = next((period for period in facts.periods if period.holds(now)), None)
    if current is None:
        ahead = [period.starts_at for period in facts.periods if now < period.starts_at < period.last]
        if ahead:
            return Refused(f"Your membership of {project.slug} begins on {_day(min(ahead))}: come back then.")
        ended = max(period.last for period in facts.periods)
        return Refused(
            f"Your membership of {project.slug} ended on {_day(ended)}: ask the data manager to renew it."
        )
    if project.tier is None:
        return Refused(
            f"The tier of {project.slug} is not among those of this installation: ask the data manager."
        )
    hours = project.tier.hours
    if hours is not None and not hours.open_at(now):
        return Refused(f"Rooms of {project.slug} are open on {hours}: come back then.")
    unfit = too_low(project.slug, project.tier, project.needed)
    if unfit is not None:
        return Refused(unfit)
    return Admitted(
        Terms(
            person=facts.person,
            project=project.slug,
            seat=Seat(facts.person, project.slug).id,
            seat_number=facts.seat_number,
            project_number=project.number,
            tier=project.tier,
            policy=policy_in_force(project.tier, project.policy),
            ends_at=min(current.last, project.ends_at),
        )
    )


def admission(session: Session, *, person: str, project: str, now: datetime) -> Admitted | Refused:
    """May this person open this project now? Never raises for a name, whatever it is."""
    try:
        person_name = parse_person(person)
    except WrongName:
        return Refused(NO_ACCOUNT)
    return decide_admission(load_facts(session, person_name, project), now)


def load_facts(session: Session, person: PersonName, project: str) -> Facts:
    """What the store knows that bears on admission."""
    found = session.scalar(select(Person).where(Person.name == person))
    if found is None:
        return Facts(person, known=False, disabled=False)
    disabled = found.disabled_at is not None
    try:
        seat = find_seat(session, person, parse_project(project))
    except WrongName:
        seat = None
    if seat is None:
        return Facts(person, known=True, disabled=disabled)
    target, tiers = seat.project, load_tiers()
    return Facts(
        person,
        known=True,
        disabled=disabled,
        project=ProjectFacts(
            slug=ProjectSlug(target.slug),
            number=target.number,
            tier=tiers.get(target.tier),
            needed=tiers.needed_for(held_sources(session, target.number)),
            policy=target.policy,
            starts_at=target.starts_at,
            ends_at=target.ends_at,
            closed=target.closed_at is not None,
        ),
        seat_number=seat.number,
        periods=tuple(periods(seat)),
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
