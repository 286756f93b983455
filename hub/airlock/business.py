"""The only way to change a request. Each function changes and records in the caller's one transaction.

``session`` comes from ``Store.write()``, which excludes every other writer, so what is read here cannot
change before the commit: of two people who do the same thing at once, exactly one does it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from output_checker.errors import PlainError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.airlock import permissions, policies, records, tokens
from hub.airlock.case import Case
from hub.airlock.check import Outcome
from hub.airlock.locks import ReleaseLock
from hub.airlock.numbers import new_number
from hub.airlock.outbox import CopiedBundle, bundle_key, plain_name
from hub.airlock.preview import previews
from hub.airlock.quarantine import Quarantine
from hub.airlock.records import find
from hub.airlock.sniff import SEVERAL
from hub.airlock.states import Event, State, transition
from hub.ledger import EventKind
from hub.store.models import AirlockDecision, AirlockFile, AirlockRequest, Person, SeatRecord
from hub.store.names import Seat

LOOK_AGAIN = "The request was checked again since you opened this page: please look at it again."


class LookAgain(PlainError):
    """What the person decided on is no longer what lies there."""


class AlreadyDownloaded(PlainError):
    """The single use of a download is over."""


def take(
    session: Session,
    *,
    seat: Seat,
    seat_number: int,
    bundle: CopiedBundle,
    place: Callable[[int], None],
    now: datetime,
) -> int:
    """Record a copied bundle as a request and return its number; the number it has already if it was taken.

    ``place`` gives the copy its number on disk, durably; it runs before the commit, so that no request
    without a copy can exist.
    """
    known = _known(session, seat_number, bundle.name, bundle.digest)
    if known is not None:
        return known
    number = new_number(session, AirlockRequest)
    place(number)
    files = bundle.files
    case = Case.begin(
        session,
        AirlockRequest(
            number=number,
            seat_number=seat_number,
            bundle_key=bundle_key(bundle.name),
            bundle=plain_name(bundle.name),
            digest=bundle.digest,
            bytes=sum(f.size for f in files),
            kind=files[0].kind.label if len(files) == 1 else SEVERAL,
            context=bundle.context,
            files=[
                AirlockFile(index=f.index, name=f.name, size=f.size, sha256=f.sha256, kind=f.kind.name)
                for f in files
            ],
        ),
        seat,
        Event.TAKE,
        now,
    )
    case.record(
        EventKind.BUNDLE_TAKEN,
        seat=seat.id,
        bundle=number,
        sha256=[f.sha256 for f in files],
        bytes=sum(f.size for f in files),
    )
    return number


def refuse_bundle(
    session: Session, *, seat: Seat, seat_number: int, name: str, digest: str, because: str, now: datetime
) -> int:
    """Record that a bundle could not be taken, once for each name and ``digest``; return the number."""
    known = _known(session, seat_number, name, digest)
    if known is not None:
        return known
    number = new_number(session, AirlockRequest)
    request = AirlockRequest(
        number=number,
        seat_number=seat_number,
        bundle_key=bundle_key(name),
        bundle=plain_name(name),
        digest=digest,
        bytes=0,
        kind="not taken",
        refusal=because,
    )
    case = Case.begin(session, request, seat, Event.REFUSE, now)
    case.record(EventKind.BUNDLE_REFUSED, seat=seat.id, reason=because, bundle=number)
    return number


def taken_since(session: Session, seat_number: int, since: datetime) -> int:
    """How many bundles of a seat were taken or refused since a moment."""
    found = select(func.count()).where(
        AirlockRequest.seat_number == seat_number, AirlockRequest.taken_at > since
    )
    return session.scalar(found) or 0


def spoil(session: Session, number: int, *, because: str, now: datetime) -> None:
    """The airlock's own copy is not what it was: nothing of this request may leave any more."""
    case = Case.open(session, number, now)
    if transition(case.state, Event.REFUSE) is None:
        return
    case.void_decisions(because)
    case.request.refusal = because  # with the state, in one statement: the database wants both or neither
    case.move(Event.REFUSE)
    case.record(EventKind.BUNDLE_REFUSED, seat=case.seat.id, reason=because, bundle=number)


def record_check(session: Session, number: int, outcome: Outcome, now: datetime) -> State:
    """Write down a check. The first one decides between staged and blocked; a later one that was bound to
    something else, or that blocks, makes all decisions void. Returns the state that follows."""
    case = Case.open(session, number, now)
    request, state = case.request, case.state
    binding = records.binding_digest(outcome.binding)
    if state is State.TAKEN:
        event = Event.FAIL_CHECK if outcome.verdict == "block" else Event.PASS_CHECK
    elif transition(state, Event.VOID) is None:
        return state
    elif outcome.verdict == "block":
        event = Event.FAIL_CHECK
    elif binding != request.binding:
        event = Event.VOID
    else:
        return state
    if state is not State.TAKEN:
        changed = (
            "Checked once more, it may not leave."
            if event is Event.FAIL_CHECK
            else _changed(request, outcome)
        )
        if case.void_decisions(changed):
            case.record(EventKind.REVIEWS_VOIDED, request=number, reason=changed)
    request.checked_at = now
    request.verdict = outcome.verdict
    request.report = outcome.checked.model_dump_json()
    request.policy = outcome.policy
    request.policy_digest = outcome.binding.policy.rsplit(" ", 1)[-1]
    request.checker = outcome.binding.checker
    request.isolation = outcome.isolation
    request.binding = binding
    case.move(event)
    case.record(
        EventKind.BUNDLE_CHECKED,
        bundle=number,
        verdict=outcome.verdict,
        policy=outcome.policy,
        binds=binding,
        policy_sha256=request.policy_digest,
        checker=outcome.binding.checker,
        isolation=outcome.isolation,
    )
    return case.state


def ask_for_more(session: Session, number: int, now: datetime) -> State:
    """Send an approved request back to the output checkers, where fewer approvals count than its tier asks for by now.

    Returns the state that follows.
    """
    case = Case.open(session, number, now)
    if case.state is not State.APPROVED or not policies.too_few(case.moment, case.author):
        return case.state
    because = "Fewer approvals count now than the project's tier asks for."
    if case.void_decisions(because):
        case.record(EventKind.REVIEWS_VOIDED, request=number, reason=because)
    case.move(Event.VOID)
    return case.state


def submit(session: Session, number: int, *, person: str, now: datetime) -> None:
    """The author asks for release."""
    case = Case.open(session, number, now)
    permissions.check_submit(case.actor(person), case.author)
    policies.check_submit(case.moment)
    case.request.submitted_at = now
    case.move(Event.SUBMIT)
    hashes = [f.sha256 for f in case.request.files]
    case.record(EventKind.REQUEST_SUBMITTED, person, request=number, bundle=number, sha256=hashes)


def withdraw(session: Session, number: int, *, person: str, now: datetime) -> None:
    """The author takes a request back."""
    case = Case.open(session, number, now)
    permissions.check_withdraw(case.actor(person), case.author)
    policies.check_withdraw(case.moment)
    case.move(Event.WITHDRAW)
    case.record(EventKind.REQUEST_WITHDRAWN, person, request=number)


def approve(
    session: Session,
    number: int,
    *,
    person: str,
    seen: str,
    comment: str | None,
    quarantine: Quarantine,
    now: datetime,
) -> State:
    """An output checker approves what they saw: ``seen`` is the binding of the page they read.

    Whether they could see all of it is found out here again, from the bytes in ``quarantine``.
    """
    case = Case.open(session, number, now)
    permissions.check_decide(case.actor(person), case.author)
    policies.check_comment(comment)
    moment = case.moment
    complete = all(p.complete for p in previews(quarantine, number, records.files_to_show(case.request)))
    policies.check_approve(moment, person, complete=complete)
    event = policies.approval_event(moment, person)
    _decide(case, person, "approve", comment, seen)
    case.move(event)
    if event is Event.APPROVE_LAST:
        tier, needed = case.request.seat.project.tier, moment.approvals_needed
        case.record(EventKind.REQUEST_APPROVED, request=number, tier=tier, approvals=needed)
    return case.state


def reject(
    session: Session, number: int, *, person: str, seen: str, comment: str | None, now: datetime
) -> None:
    """An output checker says no, and why."""
    case = Case.open(session, number, now)
    permissions.check_decide(case.actor(person), case.author)
    policies.check_comment(comment)
    policies.check_reject(case.moment, comment)
    _decide(case, person, "reject", comment, seen)
    case.move(Event.REJECT)
    case.record(EventKind.REQUEST_REJECTED, request=number)


def release(
    session: Session, number: int, *, lock: ReleaseLock, binding: str, key: bytes, now: datetime
) -> None:
    """Let go what was approved: the lock still held, the binding still that of every approval.

    ``binding`` is that of the check which was just made on freshly hashed bytes.
    """
    lock.check_held(session, now)
    case = Case.open(session, number, now)
    request = case.request
    policies.check_release(case.moment, case.author)
    if binding != request.binding:
        raise LookAgain("The request changed while it was being released: it is checked again.")
    for file in request.files:
        file.token_digest = tokens.digest(tokens.make(key, number, file.index, file.sha256))
    case.move(Event.RELEASE)
    hashes = [f.sha256 for f in request.files]
    case.record(EventKind.OUTPUT_RELEASED, request=number, sha256=hashes, binds=binding)


def may_fetch(
    session: Session, number: int, index: int, *, person: str, token: str, now: datetime
) -> AirlockFile:
    """The file that ``token`` is good for now. Raises a sentence otherwise; AlreadyDownloaded for a second use."""
    case = Case.open(session, number, now)
    permissions.check_download(case.actor(person), case.author)
    policies.check_download(case.moment)
    file = next((f for f in case.request.files if f.index == index), None)
    if file is None or not tokens.matches(token, file.token_digest):
        raise permissions.NotVisible("There is no such file to download.")
    if file.downloaded_at is not None:
        raise AlreadyDownloaded(
            "This file was downloaded already, and each file can be downloaded once: "
            "stage it again in the room if you need it again."
        )
    return file


def download(session: Session, number: int, index: int, *, person: str, token: str, now: datetime) -> None:
    """Use up the single download of one file."""
    file = may_fetch(session, number, index, person=person, token=token, now=now)
    case = Case.open(session, number, now)
    file.downloaded_at = now
    file.downloaded_by = person
    last = all(f.downloaded_at is not None for f in case.request.files)
    case.move(Event.DOWNLOAD_LAST if last else Event.DOWNLOAD)
    case.record(EventKind.OUTPUT_DOWNLOADED, person, request=number, sha256=file.sha256, file=index)


def seat_number(session: Session, seat: Seat) -> int | None:
    """The number of a seat that the store knows, or None."""
    return session.scalar(
        select(SeatRecord.number)
        .join(SeatRecord.person)
        .where(Person.name == seat.person, SeatRecord.project.has(slug=seat.project))
    )


def mark_replied(session: Session, number: int, revision: int) -> None:
    """Remember that the room was told everything up to ``revision``."""
    request = find(session, number)
    request.replied_revision = max(request.replied_revision, revision)


def _known(session: Session, seat_number: int, name: str, digest: str) -> int | None:
    return session.scalar(
        select(AirlockRequest.number).where(
            AirlockRequest.seat_number == seat_number,
            AirlockRequest.bundle_key == bundle_key(name),
            AirlockRequest.digest == digest,
        )
    )


def _decide(case: Case, person: str, decision: str, comment: str | None, seen: str) -> None:
    """Record a decision on what the person saw. Raises LookAgain where that is not what lies there now."""
    binding = case.request.binding
    if seen != binding:
        raise LookAgain(LOOK_AGAIN)
    assert binding is not None
    found = case.session.scalars(select(Person).where(Person.name == person)).one()
    said = (comment or "").strip() or None
    case.request.decisions.append(
        AirlockDecision(person=found, decision=decision, comment=said, binding=binding, decided_at=case.now)
    )
    case.session.flush()
    case.record(
        EventKind.REVIEW_RECORDED, person, request=case.request.number, decision=decision, binds=binding
    )


def _changed(request: AirlockRequest, outcome: Outcome) -> str:
    if request.policy_digest != outcome.binding.policy.rsplit(" ", 1)[-1] or request.policy != outcome.policy:
        return "The disclosure policy changed."
    if request.checker != outcome.binding.checker:
        return "The output checker changed."
    return "The files changed."


def an_hour_before(now: datetime) -> datetime:
    """The start of the hour in which a seat's bundles are counted."""
    return now - timedelta(hours=1)
