"""What the desk shows of files that should come in, read in one moment and checked for who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from output_checker.staging.bundle import printable
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock import preview
from hub.airlock.ingress import moments, permissions, records
from hub.airlock.ingress.policy import IngressPolicy, Loaded, Type
from hub.airlock.ingress.scan import Result
from hub.airlock.ingress.states import State
from hub.airlock.permissions import Actor
from hub.airlock.preview import Preview
from hub.airlock.quarantine import CopyChanged, Quarantine
from hub.airlock.records import actor_for, seat_of
from hub.airlock.sniff import SNIFFED_BYTES, Kind, sniff
from hub.governance.admission import Admitted, admission
from hub.governance.members import memberships_of
from hub.governance.permissions import active_roles
from hub.governance.projects import get_project
from hub.pages.desk.review import Said
from hub.pages.desk.views import person_of
from hub.store.models import IngressRequest

_OWN_SHOWN = 100
_QUEUE_SHOWN = 200
_ENTRIES_SHOWN = 1000


@dataclass(frozen=True)
class OpenProject:
    """A project that is open to the person now."""

    slug: str
    title: str


@dataclass(frozen=True)
class OwnIngress:
    """A line of the author's page. ``where`` is the path in the room; ``said`` are comments of a rejection."""

    number: int
    name: str
    project: str
    type: Type
    bytes: int
    received_at: datetime
    state: State
    told: str
    where: str | None
    said: tuple[str, ...]
    can_withdraw: bool


@dataclass(frozen=True)
class IngressLine:
    """A line of the approvers' queue."""

    number: int
    author: str
    project: str
    type: Type
    bytes: int
    scan: Result
    waiting: timedelta
    approvals: int
    needed: int
    decided: bool


@dataclass(frozen=True)
class IngressHome:
    """The part of a person's page that is about files coming in."""

    own: tuple[OwnIngress, ...]
    may_upload: bool
    is_approver: bool
    queue: tuple[IngressLine, ...]


@dataclass(frozen=True)
class Entry:
    """One file in an archive or a wheel."""

    name: str
    size: int


@dataclass(frozen=True)
class PackedText:
    """The beginning of a text in an archive or a wheel."""

    name: str
    text: str


@dataclass(frozen=True)
class IngressReview:
    """A request, for somebody who decides on it. ``entries_left_out`` are not on the page."""

    number: int
    name: str
    author: str
    author_name: str
    project: str
    project_title: str
    why: str
    type: Type
    bytes: int
    sha256: str
    received_at: datetime
    state: State
    scan: Result
    scan_said: str | None
    scanner: str | None
    notes: tuple[str, ...]
    entries: tuple[Entry, ...]
    entries_left_out: int
    texts: tuple[PackedText, ...]
    preview: Preview | None
    isolation: str
    binding: str
    approvals: int
    needed: int
    said: tuple[Said, ...]
    can_approve: bool
    can_reject: bool
    has_approved: bool


def open_projects(session: Session, name: str, now: datetime) -> tuple[OpenProject, ...]:
    """The projects for which ``name`` may upload now."""
    slugs = sorted({membership.project for membership in memberships_of(session, name)})
    return tuple(
        OpenProject(slug, get_project(session, slug).title)
        for slug in slugs
        if isinstance(admission(session, person=name, project=slug, now=now), Admitted)
    )


def ingress_home(session: Session, name: str, policy: IngressPolicy, now: datetime) -> IngressHome:
    """The files that ``name`` wants to bring in, and those that they may decide on."""
    actors: dict[str, Actor] = {}

    def about(project: str) -> Actor:
        if project not in actors:
            actors[project] = actor_for(session, name, project, now)
        return actors[project]

    own = session.scalars(
        select(IngressRequest)
        .join(IngressRequest.seat)
        .where(IngressRequest.seat.has(person_id=person_of(session, name).id))
        .order_by(IngressRequest.received_at.desc())
        .limit(_OWN_SHOWN)
    )
    roles = {str(role) for role in active_roles(session, name)}
    is_approver = any(roles & set(rule.approvers) for rule in policy.types.values())
    return IngressHome(
        own=tuple(_own(request, about(seat_of(request).project), policy) for request in own),
        may_upload=bool(open_projects(session, name, now)),
        is_approver=is_approver,
        queue=_queue(session, name, policy, about, now) if is_approver else (),
    )


def _own(request: IngressRequest, actor: Actor, policy: IngressPolicy) -> OwnIngress:
    seat = seat_of(request)
    permissions.check_sees_as_author(actor, seat.person)
    moment = records.moment_of(request, policy)
    rejected = moment.state is State.REJECTED
    return OwnIngress(
        number=request.number,
        name=printable(request.name),
        project=seat.project,
        type=Type(request.type),
        bytes=request.bytes,
        received_at=request.received_at,
        state=moment.state,
        told=request.refusal or moment.state.meaning,
        where=f"/inbox/{request.placed_as}/{printable(request.name)}" if request.placed_as else None,
        said=tuple(
            printable(d.comment, keep="\n")
            for d in request.decisions
            if rejected and d.void_at is None and d.comment
        ),
        can_withdraw=permissions.may_withdraw(actor, seat.person) and moments.can_withdraw(moment),
    )


def _queue(
    session: Session, name: str, policy: IngressPolicy, about: Callable[[str], Actor], now: datetime
) -> tuple[IngressLine, ...]:
    waiting = session.scalars(
        select(IngressRequest)
        .where(IngressRequest.state.in_([State.WAITING, State.APPROVED]))
        .order_by(IngressRequest.received_at, IngressRequest.number)
    )
    lines: list[IngressLine] = []
    for request in waiting:
        seat = seat_of(request)
        approvers = records.approvers_of(request, policy)
        if not permissions.may_review(about(seat.project), seat.person, approvers):
            continue
        if len(lines) == _QUEUE_SHOWN:
            break
        moment = records.moment_of(request, policy)
        lines.append(
            IngressLine(
                number=request.number,
                author=seat.person,
                project=seat.project,
                type=Type(request.type),
                bytes=request.bytes,
                scan=Result(request.scan or Result.NOT_SCANNED),
                waiting=now - request.received_at,
                approvals=len(moment.approved_by),
                needed=moment.approvals_needed,
                decided=name in moment.approved_by,
            )
        )
    return tuple(lines)


def ingress_review(
    session: Session, name: str, number: int, copies: Quarantine, loaded: Loaded, now: datetime
) -> IngressReview:
    """A request for somebody who decides on it. Raises a sentence for anybody who may not see it."""
    person_of(session, name)
    request = records.find(session, number)
    seat = seat_of(request)
    approvers = records.approvers_of(request, loaded.policy)
    permissions.check_review(actor_for(session, name, seat.project, now), seat.person, approvers)
    moment = records.moment_of(request, loaded.policy)
    moments.check_review(moment)
    kind = Type(request.type)
    report = records.report_of(request)
    decided = moment.state is not State.WAITING or name in moment.approved_by
    return IngressReview(
        number=number,
        name=printable(request.name),
        author=seat.person,
        author_name=request.seat.person.full_name,
        project=seat.project,
        project_title=request.seat.project.title,
        why=printable(request.why, keep="\n"),
        type=kind,
        bytes=request.bytes,
        sha256=request.sha256,
        received_at=request.received_at,
        state=moment.state,
        scan=Result(request.scan or Result.NOT_SCANNED),
        scan_said=request.scan_said,
        scanner=request.scanner,
        notes=tuple(report.notes),
        entries=tuple(Entry(entry, size) for entry, size in report.entries[:_ENTRIES_SHOWN]),
        entries_left_out=max(0, len(report.entries) - _ENTRIES_SHOWN),
        texts=tuple(PackedText(packed, text) for packed, text in report.texts),
        preview=None if kind.packed else _preview(request, copies),
        isolation=request.isolation or "",
        binding=request.binding or "",
        approvals=len(moment.approved_by),
        needed=moment.approvals_needed,
        said=tuple(
            Said(d.person.full_name, d.decision, d.decided_at, d.comment or "", d.void_because)
            for d in request.decisions
            # Each decides for themselves: others' comments are shown afterwards.
            if decided or d.person.name == name or d.void_at is not None
        ),
        can_approve=moments.can_approve(moment, name),
        can_reject=moments.can_reject(moment),
        has_approved=name in moment.approved_by,
    )


def _preview(request: IngressRequest, copies: Quarantine) -> Preview:
    """The beginning of a text, from the airlock's own copy as it lies there."""
    try:
        content = copies.read(request.number, 0, request.sha256)
    except CopyChanged:
        return Preview("The airlock does not hold its copy any more.")
    is_table = request.type == Type.TABLE and sniff(content[:SNIFFED_BYTES]) is Kind.TABLE
    return preview.preview(content, Kind.TABLE if is_table else Kind.TEXT, ())
