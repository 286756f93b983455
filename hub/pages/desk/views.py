"""What a person's own page shows, read from the store in one moment and checked for who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from output_checker.errors import PlainError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.airlock import permissions, policies, records, tokens
from hub.airlock.permissions import Actor
from hub.airlock.records import AuthorView
from hub.airlock.states import State
from hub.governance.permissions import load_actor
from hub.governance.roles import Role
from hub.pages.desk.overview import Overview, overview_for
from hub.store.models import AirlockDecision, AirlockRequest, Person, SeatRecord

_OWN_SHOWN = 200
_QUEUE_SHOWN = 200
_DECISIONS_SHOWN = 10


class Unknown(PlainError):
    """Signed in at the hub, but not a person of this store, or switched off."""


@dataclass(frozen=True)
class Download:
    """One released file of the author: its place and its single-use token."""

    index: int
    token: str
    used: bool


@dataclass(frozen=True)
class OwnRequest:
    """A line of the author's page."""

    view: AuthorView
    can_submit: bool
    can_withdraw: bool
    downloads: tuple[Download, ...]


@dataclass(frozen=True)
class QueueLine:
    """A line of the output checker's queue; ``waiting`` is the time since the author submitted."""

    number: int
    author: str
    project: str
    kind: str
    bytes: int
    verdict: str
    waiting: timedelta
    approvals: int
    approvals_needed: int
    decided: bool


@dataclass(frozen=True)
class DecidedLine:
    """A decision that an output checker made, and where its request stands now."""

    number: int
    decision: str
    decided: datetime
    state: State


@dataclass(frozen=True)
class Home:
    """A person's page. ``roles`` are those besides being a researcher, which membership of a project says."""

    person: str
    full_name: str
    roles: tuple[Role, ...]
    is_researcher: bool
    is_checker: bool
    own: tuple[OwnRequest, ...]
    queue: tuple[QueueLine, ...]
    decided: tuple[DecidedLine, ...]
    overview: Overview


def person_of(session: Session, name: str) -> Person:
    """The person who is signed in. Raises Unknown."""
    person = session.scalar(select(Person).where(Person.name == name))
    if person is None:
        raise Unknown(
            "You are signed in, but this service has no account for you: please speak to the people who run it."
        )
    if person.disabled_at is not None:
        raise Unknown("Your account is switched off: please speak to the people who run this service.")
    return person


def home(session: Session, name: str, key: bytes, state: Path, now: datetime) -> Home:
    """The page of ``name``: their own requests, the queue if they check outputs, and what their roles may see.

    ``state`` is the directory in which the data zone's extracts lie.
    """
    person = person_of(session, name)
    own = session.scalars(
        select(AirlockRequest)
        .join(AirlockRequest.seat)
        .where(AirlockRequest.seat.has(person_id=person.id))
        .order_by(AirlockRequest.taken_at.desc())
        .limit(_OWN_SHOWN)
    )
    actors = _Actors(session, name, now)
    lines = tuple(_own(request, actors, key) for request in own)
    seats = session.scalar(select(func.count()).where(SeatRecord.person_id == person.id)) or 0
    actor = load_actor(session, name)
    is_checker = actor.holds(Role.OUTPUT_CHECKER)
    return Home(
        person=name,
        full_name=person.full_name,
        roles=tuple(role for role in Role if role in actor.roles),
        is_researcher=seats > 0,
        is_checker=is_checker,
        own=lines,
        queue=_queue(session, actors, now) if is_checker else (),
        decided=_decided(session, actors) if is_checker else (),
        overview=overview_for(session, actor, state, now),
    )


class _Actors:
    """What the store says about one person with regard to each project, asked once a project."""

    def __init__(self, session: Session, name: str, now: datetime) -> None:
        self.name = name
        self._session, self._now = session, now
        self._known: dict[str, Actor] = {}

    def about(self, project: str) -> Actor:
        """The person as the airlock's permissions ask about them."""
        if project not in self._known:
            self._known[project] = records.actor_for(self._session, self.name, project, self._now)
        return self._known[project]


def _own(request: AirlockRequest, actors: _Actors, key: bytes) -> OwnRequest:
    author = records.author_of(request)
    actor = actors.about(records.seat_of(request).project)
    permissions.check_sees_as_author(actor, author)
    moment = records.moment_of(request)
    state = moment.state
    released = state in {State.RELEASED, State.DOWNLOADED} and permissions.may_download(actor, author)
    return OwnRequest(
        view=records.author_view(request),
        can_submit=permissions.may_submit(actor, author) and policies.can_submit(moment),
        can_withdraw=permissions.may_withdraw(actor, author) and policies.can_withdraw(moment),
        downloads=tuple(
            Download(
                f.index, tokens.make(key, request.number, f.index, f.sha256), f.downloaded_at is not None
            )
            for f in request.files
            if released
        ),
    )


def _queue(session: Session, actors: _Actors, now: datetime) -> tuple[QueueLine, ...]:
    waiting = session.scalars(
        select(AirlockRequest)
        .where(AirlockRequest.state.in_([State.SUBMITTED, State.APPROVED]))
        .order_by(AirlockRequest.submitted_at, AirlockRequest.number)
    )
    lines: list[QueueLine] = []
    for request in waiting:
        seat = records.seat_of(request)
        if not permissions.may_review(actors.about(seat.project), seat.person):
            continue
        if len(lines) == _QUEUE_SHOWN:
            break
        moment = records.moment_of(request)
        lines.append(
            QueueLine(
                number=request.number,
                author=seat.person,
                project=seat.project,
                kind=request.kind,
                bytes=request.bytes,
                verdict=moment.verdict or "block",
                waiting=now - (request.submitted_at or request.changed_at),
                approvals=len(moment.approved_by),
                approvals_needed=moment.approvals_needed,
                decided=actors.name in moment.approved_by,
            )
        )
    return tuple(lines)


def _decided(session: Session, actors: _Actors) -> tuple[DecidedLine, ...]:
    """The last decisions of a person, of requests that they may still see."""
    last = session.scalars(
        select(AirlockDecision)
        .join(AirlockDecision.person)
        .where(Person.name == actors.name)
        .order_by(AirlockDecision.id.desc())
        .limit(_DECISIONS_SHOWN)
    )
    lines = []
    for decision in last:
        request = decision.request
        seat = records.seat_of(request)
        if permissions.may_review(actors.about(seat.project), seat.person):
            state = State(request.state)
            lines.append(DecidedLine(request.number, decision.decision, decision.decided_at, state))
    return tuple(lines)
