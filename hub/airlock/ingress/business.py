"""The only way to change a request to bring a file in: change and ledger entry in the caller's one transaction.

``session`` comes from ``Store.write()``, which excludes every other writer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock.business import LookAgain
from hub.airlock.ingress import moments, permissions, records
from hub.airlock.ingress.case import Case
from hub.airlock.ingress.examine import Examined
from hub.airlock.ingress.policy import IngressPolicy, Loaded
from hub.airlock.ingress.scan import Result
from hub.airlock.ingress.states import Event, State, transition
from hub.airlock.ingress.upload import CannotComeIn, Uploaded, check_why
from hub.airlock.numbers import new_number
from hub.airlock.policies import check_comment
from hub.airlock.records import actor_for
from hub.governance.lookup import find_seat
from hub.ledger import EventKind
from hub.store.models import IngressDecision, IngressRequest, Person
from hub.store.names import PersonName, ProjectSlug, Seat

LOOK_AGAIN = "The request was looked into again since you opened this page: please look at it again."


def check_may_upload(
    session: Session, *, person: str, project: str, size: int, policy: IngressPolicy, now: datetime
) -> None:
    """Raise a sentence unless ``person`` may upload a file of ``size`` bytes for ``project`` now."""
    permissions.check_ask(actor_for(session, person, project, now))
    files, bytes_ = records.waiting_of(session, person)
    moments.check_upload(
        policy.waiting,
        files=files + 1,
        size=bytes_ + size,
        held=records.bytes_held(session, person, policy.retention, now) + size,
        uploads=records.uploaded_within_an_hour(session, person, now) + 1,
    )


def receive(
    session: Session,
    *,
    person: str,
    project: str,
    upload_key: str,
    uploaded: Uploaded,
    why: str,
    policy: IngressPolicy,
    place: Callable[[int], None],
    now: datetime,
) -> int:
    """Record an upload as a request and return its number; the number it has already if the form came twice.

    ``place`` gives the copy its number on disk, durably; it runs before the commit, so that no request
    without a copy can exist.
    """
    said = check_why(why)
    permissions.check_ask(actor_for(session, person, project, now))
    seat = find_seat(session, person, project)
    assert seat is not None  # whoever is admitted has one
    known = session.scalar(
        select(IngressRequest).where(
            IngressRequest.seat_number == seat.number, IngressRequest.upload_key == upload_key
        )
    )
    if known is not None:
        if (known.sha256, known.name) != (uploaded.sha256, uploaded.name):
            raise CannotComeIn("This form was sent already with another file: open it again for this one.")
        return known.number
    check_may_upload(session, person=person, project=project, size=uploaded.size, policy=policy, now=now)
    number = new_number(session, IngressRequest)
    place(number)
    request = IngressRequest(
        number=number,
        seat_number=seat.number,
        upload_key=upload_key,
        name=uploaded.name,
        type=uploaded.type,
        bytes=uploaded.size,
        sha256=uploaded.sha256,
        why=said,
        received_at=now,
        changed_at=now,
        state=State.RECEIVED,
    )
    session.add(request)
    session.flush()
    case = Case(session, request, Seat(PersonName(person), ProjectSlug(project)), now)
    case.record(
        EventKind.INGRESS_RECEIVED,
        person,
        seat=case.seat.id,
        type=uploaded.type,
        bytes=uploaded.size,
        sha256=uploaded.sha256,
    )
    return number


def record_examination(session: Session, number: int, examined: Examined, now: datetime) -> State:
    """Write down what the airlock found: the file is refused, or waits for people. Returns the state that follows."""
    case = Case.open(session, number, now)
    request = case.request
    if case.state is not State.RECEIVED:
        return case.state  # withdrawn meanwhile
    request.examined_at = now
    request.scan, request.scan_said = examined.scan.result, examined.scan.said
    request.scanner, request.isolation = examined.scan.scanner, examined.isolation
    request.report, request.policy_digest = examined.report.model_dump_json(), examined.policy_digest
    request.binding = examined.binding(request.sha256)
    if examined.refusal is not None:
        _refuse(case, examined.refusal, examined.scan.result)
        return case.state
    case.move(Event.PASS)
    case.record(
        EventKind.INGRESS_EXAMINED,
        scan=examined.scan.result,
        scanner=examined.scan.scanner,
        binds=request.binding,
        policy_sha256=examined.policy_digest,
        isolation=examined.isolation,
    )
    return case.state


def spoil(session: Session, number: int, *, because: str, now: datetime) -> None:
    """The airlock's own copy is not what it was: it may not come in any more."""
    case = Case.open(session, number, now)
    if transition(case.state, Event.REFUSE) is not None:
        case.void_decisions(because)
        _refuse(case, because, None)


def withdraw(session: Session, number: int, *, person: str, policy: IngressPolicy, now: datetime) -> None:
    """The author takes a request back."""
    case = Case.open(session, number, now)
    permissions.check_withdraw(case.actor(person), case.author)
    moments.check_withdraw(records.moment_of(case.request, policy))
    case.move(Event.WITHDRAW)
    case.record(EventKind.INGRESS_WITHDRAWN, person)


def approve(
    session: Session,
    number: int,
    *,
    person: str,
    seen: str,
    comment: str | None,
    loaded: Loaded,
    now: datetime,
) -> State:
    """Somebody from outside the project approves what they saw: ``seen`` is the binding of the page they read."""
    case = Case.open(session, number, now)
    approvers = records.approvers_of(case.request, loaded.policy)
    permissions.check_decide(case.actor(person), case.author, approvers)
    check_comment(comment)
    moment = records.moment_of(case.request, loaded.policy)
    moments.check_approve(moment, person)
    event = moments.approval_event(moment, person)
    _decide(case, person, "approve", comment, seen, loaded)
    case.move(event)
    if event is Event.APPROVE_LAST:
        case.request.approved_at = now
        case.record(EventKind.INGRESS_APPROVED)
    return case.state


def reject(
    session: Session,
    number: int,
    *,
    person: str,
    seen: str,
    comment: str | None,
    loaded: Loaded,
    now: datetime,
) -> None:
    """Somebody from outside the project says no, and why."""
    case = Case.open(session, number, now)
    approvers = records.approvers_of(case.request, loaded.policy)
    permissions.check_decide(case.actor(person), case.author, approvers)
    check_comment(comment)
    moments.check_reject(records.moment_of(case.request, loaded.policy), comment)
    _decide(case, person, "reject", comment, seen, loaded)
    case.move(Event.REJECT)
    case.record(EventKind.INGRESS_REJECTED)


def void(session: Session, number: int, *, loaded: Loaded, now: datetime) -> None:
    """The policy is another one: what was decided no longer counts, and the file is looked into again."""
    case = Case.open(session, number, now)
    if case.request.policy_digest == loaded.digest or transition(case.state, Event.VOID) is None:
        return
    because = "The policy for what comes in changed."
    if case.void_decisions(because):
        case.record(EventKind.INGRESS_VOIDED, reason=because)
    case.request.approved_at = None
    case.move(Event.VOID)


def expire(session: Session, number: int, *, policy: IngressPolicy, now: datetime) -> None:
    """End a request whose time is over."""
    case = Case.open(session, number, now)
    moment = records.moment_of(case.request, policy)
    if moments.is_over(moment, case.request.received_at, now, policy.retention):
        case.move(Event.EXPIRE)
        case.record(EventKind.INGRESS_EXPIRED)


def place(
    session: Session, number: int, *, loaded: Loaded, folder: str, put: Callable[[], None], now: datetime
) -> None:
    """Write down that an approved file lies in the inbox as ``folder``; ``put`` moves it there, last of all.

    Asked once more: enough people, the policy they decided by, and whether the project is open to the author.
    """
    case = Case.open(session, number, now)
    request = case.request
    moments.check_place(records.moment_of(request, loaded.policy), case.author)
    if request.policy_digest != loaded.digest:
        raise LookAgain(LOOK_AGAIN)
    permissions.check_ask(case.actor(case.author))
    request.placed_as = folder  # with the state, in one statement: the database wants both or neither
    case.move(Event.PLACE)
    case.record(
        EventKind.INGRESS_PLACED,
        seat=case.seat.id,
        sha256=request.sha256,
        binds=request.binding,
        folder=folder,
    )
    session.flush()
    put()


def _refuse(case: Case, because: str, scan: Result | None) -> None:
    case.request.refusal = because
    case.move(Event.REFUSE)
    case.record(EventKind.INGRESS_REFUSED, reason=because, sha256=case.request.sha256, scan=scan)


def _decide(case: Case, person: str, decision: str, comment: str | None, seen: str, loaded: Loaded) -> None:
    """Record a decision on what the person saw. Raises LookAgain where that is not what lies there now."""
    binding = case.request.binding
    if seen != binding or case.request.policy_digest != loaded.digest:
        raise LookAgain(LOOK_AGAIN)
    assert binding is not None
    found = case.session.scalars(select(Person).where(Person.name == person)).one()
    said = (comment or "").strip() or None
    case.request.decisions.append(
        IngressDecision(person=found, decision=decision, comment=said, binding=binding, decided_at=case.now)
    )
    case.session.flush()
    case.record(EventKind.INGRESS_REVIEWED, person, decision=decision, binds=binding)
