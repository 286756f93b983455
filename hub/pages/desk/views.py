"""What a person's own page shows, read from the store in one moment and checked for who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from output_checker.errors import PlainError
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock import permissions, policies, records, tokens
from hub.airlock.permissions import Actor
from hub.airlock.records import AuthorView
from hub.airlock.states import State
from hub.store.models import AirlockRequest, Person

_OWN_SHOWN = 200
_QUEUE_SHOWN = 200


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
    """A line of the output checker's queue."""

    number: int
    author: str
    project: str
    kind: str
    bytes: int
    submitted: datetime
    approvals: int
    decided: bool


@dataclass(frozen=True)
class Home:
    """A person's page."""

    person: str
    full_name: str
    is_checker: bool
    own: tuple[OwnRequest, ...]
    queue: tuple[QueueLine, ...]


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


def home(session: Session, name: str, key: bytes, now: datetime) -> Home:
    """The page of ``name``: their own requests, and the queue if they check outputs."""
    person = person_of(session, name)
    own = session.scalars(
        select(AirlockRequest)
        .join(AirlockRequest.seat)
        .where(AirlockRequest.seat.has(person_id=person.id))
        .order_by(AirlockRequest.taken_at.desc())
        .limit(_OWN_SHOWN)
    )
    lines = tuple(_own(session, request, name, key, now) for request in own)
    actor = records.actor_for(session, name, "", now)
    is_checker = permissions.OUTPUT_CHECKER in actor.roles
    queue = _queue(session, name, now) if is_checker else ()
    return Home(name, person.full_name, is_checker, lines, queue)


def _own(session: Session, request: AirlockRequest, name: str, key: bytes, now: datetime) -> OwnRequest:
    author = records.author_of(request)
    actor = records.actor_for(session, name, records.seat_of(request).project, now)
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


def _queue(session: Session, name: str, now: datetime) -> tuple[QueueLine, ...]:
    waiting = session.scalars(
        select(AirlockRequest)
        .where(AirlockRequest.state.in_([State.SUBMITTED, State.APPROVED]))
        .order_by(AirlockRequest.changed_at)
        .limit(_QUEUE_SHOWN)
    )
    actors: dict[str, Actor] = {}
    lines = []
    for request in waiting:
        seat = records.seat_of(request)
        if seat.project not in actors:
            actors[seat.project] = records.actor_for(session, name, seat.project, now)
        if not permissions.may_review(actors[seat.project], seat.person):
            continue
        moment = records.moment_of(request)
        lines.append(
            QueueLine(
                request.number,
                seat.person,
                seat.project,
                request.kind,
                request.bytes,
                request.changed_at,
                len(moment.approved_by),
                name in moment.approved_by,
            )
        )
    return tuple(lines)
