"""Take bundles out of the outboxes, check them, release what was approved, and answer into the rooms.

One pass does whatever is due and can be interrupted anywhere: what was left undone is found again by its
state in the database or by still lying in the outbox.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from output_checker.errors import PlainError
from sqlalchemy import select

from hub.airlock import business, held, outbox, release, replies
from hub.airlock.inbox import InboxUnusable, write_reply
from hub.airlock.locks import Busy
from hub.airlock.outbox import BundleRefused, Limits, OutboxUnusable
from hub.airlock.policies import WrongMoment
from hub.airlock.records import find, seat_of
from hub.airlock.release import Airlock
from hub.airlock.states import State
from hub.governance.projects import policy_of
from hub.store.models import AirlockRequest, Project, SeatRecord
from hub.store.names import Seat, WrongName, parse_seat

log = logging.getLogger("lockedroom.airlock")

# After a failure on our side (a full disk, a locked database) a seat or a request waits this long.
RETRY_S = 30
# How often copies that are no longer needed are looked for.
CLEAN_EVERY = timedelta(hours=1)


@dataclass
class Intake:
    """The state of one running intake: limits, and what has to wait."""

    airlock: Airlock
    seats: Path
    limits: Limits = field(default_factory=Limits)
    _wait: dict[object, datetime] = field(default_factory=dict)
    _stuck: dict[tuple[Seat, str], tuple[int, int]] = field(default_factory=dict)
    _seat_numbers: dict[Seat, int] = field(default_factory=dict)
    _tried: dict[Seat, list[datetime]] = field(default_factory=dict)
    _clean_at: datetime | None = None

    def start(self) -> None:
        """Remove what a crash left in the quarantine. Only while holding ``Quarantine.only_intake``."""
        with self.airlock.store.read() as session:
            known = set(session.scalars(select(AirlockRequest.number)))
        self.airlock.quarantine.sweep(known)
        for seat in self._seats():
            self._guarded(("removals", seat), lambda seat=seat: self._finish_removals(seat))

    def once(self) -> int:
        """Do what is due, so that no seat has to wait for another's: releases first, then takes, then
        one check for each seat. Returns how many bundles and requests were moved."""
        moved = self._release_due()
        for seat in self._seats():
            moved += self._guarded(seat, lambda seat=seat: self._take_from(seat))
        for number in self._first_of_each_seat(State.TAKEN, State.SUBMITTED):
            moved += self._guarded(number, lambda n=number: self._check(n))
            # A check may take minutes: what was approved meanwhile does not wait for those of all seats.
            moved += self._release_due()
        for number in self._unanswered():
            self._guarded(("reply", number), lambda n=number: self._answer(n))
        now = self.airlock.clock()
        if self._clean_at is None or now >= self._clean_at:
            self._clean_at = now + CLEAN_EVERY
            self._guarded("clean", self._remove_old_copies)
        return moved

    def _release_due(self) -> int:
        moved = 0
        for number in self._first_of_each_seat(State.APPROVED):
            moved += self._guarded(number, lambda n=number: self._release(n))
        return moved

    def _first_of_each_seat(self, *states: State) -> list[int]:
        """One request of each seat with which something is to be done in these states, oldest change first."""
        now = self.airlock.clock()
        first: dict[int, int] = {}
        for number, state, seat_number in self._due():
            if state in states and self._wait.get(number, now) <= now:
                first.setdefault(seat_number, number)
        return list(first.values())

    def _guarded(self, key: object, work: object) -> int:
        """Run one piece of work; a failure there must not stop the others."""
        now = self.airlock.clock()
        if self._wait.get(key, now) > now:
            return 0
        self._wait.pop(key, None)
        try:
            return int(work())  # type: ignore[operator]
        except (Busy, WrongMoment):
            return 0  # somebody else was faster, or it is not time yet
        except (OutboxUnusable, InboxUnusable, PlainError) as fault:
            log.warning("%s: %s", key, fault.sentence)
        except Exception:
            log.exception("%s: failed and is tried again in %s s", key, RETRY_S)
        self._wait[key] = now + timedelta(seconds=RETRY_S)
        return 0

    def _seats(self) -> list[Seat]:
        found = []
        try:
            with os.scandir(self.seats) as entries:
                for entry in entries:
                    try:
                        found.append(parse_seat(entry.name))
                    except WrongName:
                        continue  # not a seat's directory
        except FileNotFoundError:
            return []
        return sorted(found)

    def _take_from(self, seat: Seat) -> int:
        taken = 0
        with outbox.open_outbox(self.seats, seat.id) as box:
            for name in outbox.waiting(box, self.limits.bundles_at_once):
                if self._is_stuck(box, seat, name):
                    continue
                number = self._number_of(seat)
                if number is None or not self._has_room(seat, number):
                    return taken
                taken += self._guarded(
                    (seat, name), lambda name=name, number=number: self._take(box, seat, number, name)
                )
        return taken

    def _has_room(self, seat: Seat, number: int) -> bool:
        """Whether another bundle of a seat may be taken now."""
        now, limits = self.airlock.clock(), self.limits
        with self.airlock.store.read() as session:
            if held.unchecked(session, number) >= limits.bundles_unchecked:
                return False
            recorded = business.taken_since(session, number, business.an_hour_before(now))
            size = held.held_bytes(session, number, now)
        # What was copied and turned out to be known already has no record, and cost as much.
        tried = [t for t in self._tried.get(seat, []) if t > business.an_hour_before(now)]
        self._tried[seat] = tried
        if max(recorded, len(tried)) >= limits.bundles_an_hour:
            log.warning("%s staged too much within an hour: the rest waits", seat.id)
        elif size + limits.bundle_bytes > limits.held_bytes:
            log.warning(
                "%s has %s bytes in the airlock: the rest waits until something is decided, or %s days old",
                seat.id,
                size,
                held.RETENTION.days,
            )
        else:
            return True
        self._wait[seat] = now + timedelta(seconds=RETRY_S)
        return False

    def _remove_old_copies(self) -> int:
        with self.airlock.store.read() as session:
            numbers = held.no_longer_needed(session, self.airlock.clock())
        for number in numbers:
            if self.airlock.quarantine.remove(number):
                log.info("removed the copy of request %s: it can never leave, and its record stays", number)
        return 0

    def _finish_removals(self, seat: Seat) -> int:
        with outbox.open_outbox(self.seats, seat.id) as box:
            outbox.finish_removals(box)
        return 0

    def _number_of(self, seat: Seat) -> int | None:
        if seat not in self._seat_numbers:
            with self.airlock.store.read() as session:
                number = business.seat_number(session, seat)
            if number is None:
                return None
            self._seat_numbers[seat] = number
        return self._seat_numbers[seat]

    def _take(self, box: int, seat: Seat, seat_number: int, name: str) -> int:
        """One bundle: copy, record, and only then remove. A crash between any two steps repeats safely."""
        quarantine = self.airlock.quarantine
        self._tried.setdefault(seat, []).append(self.airlock.clock())
        incoming = quarantine.new_incoming()
        try:
            bundle = outbox.copy_bundle(box, name, incoming, self.limits)
            with self.airlock.store.write() as session:
                number = business.take(
                    session,
                    seat=seat,
                    seat_number=seat_number,
                    bundle=bundle,
                    place=lambda n: quarantine.place(incoming, n),
                    now=self.airlock.clock(),
                )
            outbox.remove_taken(box, name)
            log.info("took a bundle of %s as request %s", seat.id, number)
        except BundleRefused as fault:
            digest = hashlib.sha256(f"refused: {fault.sentence}".encode()).hexdigest()
            with self.airlock.store.write() as session:
                number = business.refuse_bundle(
                    session,
                    seat=seat,
                    seat_number=seat_number,
                    name=name,
                    digest=digest,
                    because=fault.sentence,
                    now=self.airlock.clock(),
                )
            log.info("refused a bundle of %s as request %s: %s", seat.id, number, fault.sentence)
            outbox.set_aside(box, name, "refused")
        finally:
            quarantine.discard(incoming)
        # What could be neither removed nor renamed is not looked at again until it changes.
        stamp = outbox.stamp(box, name)
        if stamp is not None:
            self._stuck[seat, name] = stamp
        return 1

    def _is_stuck(self, box: int, seat: Seat, name: str) -> bool:
        return (seat, name) in self._stuck and self._stuck[seat, name] == outbox.stamp(box, name)

    def _due(self) -> list[tuple[int, State, int]]:
        """Requests (number, state, number of the seat) with which the airlock has something to do, oldest change first.

        Waiting for output checkers is not something to do, unless policy or checker changed meanwhile.
        """
        states = [State.TAKEN, State.SUBMITTED, State.APPROVED]
        due = []
        with self.airlock.store.read() as session:
            rows = session.execute(
                select(
                    AirlockRequest.number,
                    AirlockRequest.state,
                    AirlockRequest.seat_number,
                    AirlockRequest.policy,
                    AirlockRequest.policy_digest,
                    AirlockRequest.checker,
                    Project,
                )
                .join(AirlockRequest.seat)
                .join(SeatRecord.project)
                .where(AirlockRequest.state.in_(states))
                .order_by(AirlockRequest.changed_at)
            ).all()
            for number, state, seat_number, policy, digest, checker, project in rows:
                if state == State.SUBMITTED and policy == policy_of(project):
                    now = self.airlock.checker.binding([], policy)
                    if (digest, checker) == (now.policy.rsplit(" ", 1)[-1], now.checker):
                        continue
                due.append((number, State(state), seat_number))
        return due

    def _release(self, number: int) -> int:
        release.release(self.airlock, number)
        return 1

    def _check(self, number: int) -> int:
        release.check_request(self.airlock, number)
        return 1

    def _unanswered(self) -> list[int]:
        with self.airlock.store.read() as session:
            return list(
                session.scalars(
                    select(AirlockRequest.number).where(
                        AirlockRequest.replied_revision < AirlockRequest.revision
                    )
                )
            )

    def _answer(self, number: int) -> int:
        now = self.airlock.clock()
        with self.airlock.store.read() as session:
            request = find(session, number)
            reply, seat, revision = replies.compose(request, now), seat_of(request), request.revision
        write_reply(self.seats, seat.id, reply)
        with self.airlock.store.write() as session:
            business.mark_replied(session, number, revision)
        return 1
