"""Read the records of ingress: what the pure questions are asked about."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hub.airlock.ingress.examine import Report
from hub.airlock.ingress.moments import UNDECIDED, Moment, copy_is_over
from hub.airlock.ingress.policy import IngressPolicy, Retention, Type
from hub.airlock.ingress.scan import Result
from hub.airlock.ingress.states import State
from hub.airlock.records import approved_by, find_in
from hub.store.models import IngressRequest, Person, SeatRecord


def find(session: Session, number: int) -> IngressRequest:
    """The request to bring a file in. Raises NotVisible for a number that was never given."""
    return find_in(session, IngressRequest, number)


def moment_of(request: IngressRequest, policy: IngressPolicy) -> Moment:
    """The request's state, as ``moments`` asks about it. What no policy allows needs more approvals than there are."""
    rule = policy.rule(Type(request.type))
    return Moment(State(request.state), rule.approvals if rule else 2**31, approved_by(request))


def approvers_of(request: IngressRequest, policy: IngressPolicy) -> frozenset[str]:
    """The roles whose holders decide on this request; none where the policy does not name its type any more."""
    rule = policy.rule(Type(request.type))
    return frozenset(rule.approvers) if rule else frozenset()


def report_of(request: IngressRequest) -> Report:
    """What was found inside at the last look."""
    return Report.model_validate_json(request.report) if request.report else Report()


def waiting_of(session: Session, person: str) -> tuple[int, int]:
    """How many files of a person, and how many bytes, nobody has decided on, in all their projects."""
    count, size = session.execute(
        select(func.count(), func.sum(IngressRequest.bytes))
        .join(IngressRequest.seat)
        .join(SeatRecord.person)
        .where(Person.name == person, IngressRequest.state.in_(UNDECIDED))
    ).one()
    return count, int(size or 0)


def bytes_held(session: Session, person: str, retention: Retention, now: datetime) -> int:
    """How many bytes of a person's files, in all their projects, the airlock keeps copies of, decided on or not."""
    longest = timedelta(days=max(retention.copy_days, retention.infected_days))
    rows = session.execute(
        select(IngressRequest.state, IngressRequest.scan, IngressRequest.changed_at, IngressRequest.bytes)
        .join(IngressRequest.seat)
        .join(SeatRecord.person)
        .where(
            Person.name == person,
            or_(IngressRequest.state.in_(UNDECIDED), IngressRequest.changed_at > now - longest),
        )
    )
    return sum(
        size
        for state, scan, changed, size in rows
        if not copy_is_over(
            State(state), infected=scan == Result.INFECTED, changed=changed, now=now, retention=retention
        )
    )


def uploaded_within_an_hour(session: Session, person: str, now: datetime) -> int:
    """How many files a person uploaded within the hour before ``now``."""
    found = (
        select(func.count())
        .select_from(IngressRequest)
        .join(IngressRequest.seat)
        .join(SeatRecord.person)
        .where(Person.name == person, IngressRequest.received_at > now - timedelta(hours=1))
    )
    return session.scalar(found) or 0
