"""The porter carries files in: looks into what was uploaded, places what was approved, ends what is over.

One pass does whatever is due and can be interrupted anywhere: what was left undone is found again by its
state in the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

from output_checker.errors import PlainError
from sqlalchemy import select

from hub.airlock.inbox import InboxUnusable
from hub.airlock.ingress import business, examine, moments, placing, records
from hub.airlock.ingress.moments import UNDECIDED
from hub.airlock.ingress.policy import Loaded, PolicyFile, Type
from hub.airlock.ingress.scan import Result, Scanner
from hub.airlock.ingress.states import State
from hub.airlock.permissions import NotAllowed
from hub.airlock.policies import WrongMoment
from hub.airlock.quarantine import CopyChanged, Quarantine
from hub.airlock.records import seat_of
from hub.store import Store
from hub.store.models import IngressRequest
from hub.store.names import Seat

log = logging.getLogger("lockedroom.ingress")

# After a failure on our side, or while a room has never been opened, a request waits this long.
RETRY = timedelta(seconds=30)
CLEAN_EVERY = timedelta(hours=1)
# An upload that has not moved for so long has ended without saying so.
DEAD_UPLOAD = timedelta(hours=1)


@dataclass
class Porter:
    """The parts, and what has to wait. ``copies`` is the airlock's own directory for what comes in."""

    store: Store
    copies: Quarantine
    seats: Path
    policy: PolicyFile
    scanner: Scanner
    clock: Callable[[], datetime]
    _wait: dict[object, datetime] = field(default_factory=dict)
    _clean_at: datetime | None = None

    def start(self) -> None:
        """Remove what a crash left. Only while holding ``Quarantine.only_intake`` of ``copies``."""
        with self.store.read() as session:
            rows = session.scalars(select(IngressRequest)).all()
            placed: dict[Seat, set[str]] = {}
            for request in rows:
                folders = placed.setdefault(seat_of(request), set())
                if request.placed_as:
                    folders.add(request.placed_as)
        for seat, names in placed.items():
            self._guarded(("inbox", seat), partial(self._tidy_inbox, seat, names))

    def watch(self, every_s: float) -> NoReturn:
        """Go on for ever. A pass that fails is logged, and tried again after a while."""
        while True:
            self._guarded("pass", self.once)
            time.sleep(every_s)

    def once(self) -> int:
        """Do what is due: place, then look into one file, then end what is over. Returns how many requests moved."""
        loaded = self.policy.now()
        moved = 0
        for number, state, digest in self._due():
            if state is not State.RECEIVED and digest != loaded.digest:
                moved += self._guarded(number, partial(self._void, number, loaded))
            elif state is State.APPROVED:
                moved += self._guarded(number, partial(self._place, number, loaded))
        # One at a time: a scan may take minutes, and what was approved meanwhile does not wait for all of them.
        now = self.clock()
        received = [
            n for n, state, _ in self._due() if state is State.RECEIVED and self._wait.get(n, now) <= now
        ]
        for number in received[:1]:
            moved += self._guarded(number, partial(self._examine, number, loaded))
        if self._clean_at is None or now >= self._clean_at:
            self._clean_at = now + CLEAN_EVERY
            moved += self._guarded("clean", partial(self._clean, loaded))
        return moved

    def _guarded(self, key: object, work: Callable[[], int]) -> int:
        """Run one piece of work; a failure there must not stop the others."""
        now = self.clock()
        if self._wait.get(key, now) > now:
            return 0
        self._wait.pop(key, None)
        try:
            return work()
        except WrongMoment:
            return 0  # somebody was faster
        except (InboxUnusable, NotAllowed) as fault:
            log.info(
                "%s: %s", key, fault.sentence
            )  # the room was never opened, or the project is not open now
        except PlainError as fault:
            log.warning("%s: %s", key, fault.sentence)
        except Exception:
            log.exception("%s: failed and is tried again in %s s", key, RETRY.total_seconds())
        self._wait[key] = now + RETRY
        return 0

    def _due(self) -> list[tuple[int, State, str | None]]:
        """Requests that nobody has ended, the oldest change first."""
        with self.store.read() as session:
            rows = session.execute(
                select(IngressRequest.number, IngressRequest.state, IngressRequest.policy_digest)
                .where(IngressRequest.state.in_(UNDECIDED))
                .order_by(IngressRequest.changed_at, IngressRequest.number)
            ).all()
        return [(number, State(state), digest) for number, state, digest in rows]

    def _examine(self, number: int, loaded: Loaded) -> int:
        with self.store.read() as session:
            request = records.find(session, number)
            name, size, sha256, kind = request.name, request.bytes, request.sha256, Type(request.type)
        try:
            if self.copies.digest(number, 0) != sha256:
                raise CopyChanged("The airlock's copy is no longer what was uploaded.")
        except CopyChanged as fault:
            return self._spoil(number, fault)
        path = self.copies.path(number, 0)
        examined = examine.examine(path, name=name, size=size, kind=kind, loaded=loaded, scanner=self.scanner)
        with self.store.write() as session:
            state = business.record_examination(session, number, examined, self.clock())
        log.info("looked into ingress %s: %s, %s", number, state, examined.scan.result)
        return 1

    def _place(self, number: int, loaded: Loaded) -> int:
        with self.store.read() as session:
            request = records.find(session, number)
            name, sha256, seat = request.name, request.sha256, seat_of(request)
            assert request.approved_at is not None
            folder = placing.folder_name(number, request.approved_at)
        copy = self.copies.path(number, 0)
        try:
            with (
                placing.prepared(
                    self.seats, seat.id, copy, number=number, name=name, sha256=sha256, folder=folder
                ) as ready,
                self.store.write() as session,
            ):
                business.place(session, number, loaded=loaded, folder=folder, put=ready.put, now=self.clock())
        except CopyChanged as fault:
            return self._spoil(number, fault)
        log.info("placed ingress %s in the inbox of %s", number, seat.id)
        return 1

    def _spoil(self, number: int, fault: CopyChanged) -> int:
        with self.store.write() as session:
            business.spoil(session, number, because=fault.sentence, now=self.clock())
        log.warning("ingress %s: %s", number, fault.sentence)
        return 1

    def _void(self, number: int, loaded: Loaded) -> int:
        with self.store.write() as session:
            business.void(session, number, loaded=loaded, now=self.clock())
        return 1

    def _clean(self, loaded: Loaded) -> int:
        """End requests whose time is over, and remove copies that are no longer needed or belong to nothing."""
        retention, now = loaded.policy.retention, self.clock()
        over: list[int] = []
        with self.store.read() as session:
            for request in session.scalars(select(IngressRequest).where(IngressRequest.state.in_(UNDECIDED))):
                moment = records.moment_of(request, loaded.policy)
                if moments.is_over(moment, request.received_at, now, retention):
                    over.append(request.number)
        for number in over:
            with self.store.write() as session:
                business.expire(session, number, policy=loaded.policy, now=now)
        with self.store.read() as session:
            for request in session.scalars(
                select(IngressRequest).where(IngressRequest.state.not_in(UNDECIDED))
            ):
                if moments.copy_is_over(
                    State(request.state),
                    infected=request.scan == Result.INFECTED,
                    changed=request.changed_at,
                    now=now,
                    retention=retention,
                ) and self.copies.remove(request.number):
                    log.info("removed the copy of ingress %s; its record stays", request.number)
        # The desk gives copies their numbers inside a write transaction: while we hold one, none is on its way.
        with self.store.write() as session:
            known = set(session.scalars(select(IngressRequest.number)))
            self.copies.sweep(known, dead_after=DEAD_UPLOAD)
        return len(over)

    def _tidy_inbox(self, seat: Seat, recorded: set[str]) -> int:
        return placing.remove_unrecorded(self.seats, seat.id, frozenset(recorded))
