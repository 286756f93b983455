"""Release: under a lock, the bytes hashed again, checked again in isolation, and only then let go."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock import business, policies, records
from hub.airlock.check import Checker, FileToCheck, Outcome
from hub.airlock.locks import release_lock
from hub.airlock.quarantine import CopyChanged, Quarantine
from hub.airlock.states import State
from hub.governance.approvals import parse_extract
from hub.governance.projects import policy_of
from hub.store import Store
from hub.store.models import Approval
from hub.store.names import ProjectSlug

# A check may take its whole time; hashing and two short transactions need little besides.
_LOCK_MARGIN_S = 60


@dataclass(frozen=True)
class ToCheck:
    """What has to be known outside a transaction to check a request."""

    number: int
    project: ProjectSlug
    policy: str
    files: tuple[FileToCheck, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Airlock:
    """The parts that intake, checks and release work with. ``key`` makes download tokens."""

    store: Store
    quarantine: Quarantine
    checker: Checker
    key: bytes
    clock: Callable[[], datetime]


def to_check(airlock: Airlock, number: int) -> ToCheck:
    """Read what a check of ``number`` needs: its files, and the policy that its project has now."""
    with airlock.store.read() as session:
        request = records.find(session, number)
        files = tuple(
            FileToCheck(airlock.quarantine.path(number, f.index), f.sha256, records.kind_of(f.kind), f.name)
            for f in request.files
        )
        project = request.seat.project
        return ToCheck(
            number, ProjectSlug(project.slug), policy_of(project), files, _sources(session, project.number)
        )


def _sources(session: Session, project_number: int) -> tuple[str, ...]:
    """Every data source for which a project was ever approved: its releases could be compared with others'."""
    approved = session.scalars(select(Approval.extract).where(Approval.project_number == project_number))
    return tuple(sorted({parse_extract(json.loads(extract)).source for extract in approved}))


def check_request(airlock: Airlock, number: int) -> State:
    """Hash and check the airlock's copy and write down what came of it. Returns the state that follows."""
    outcome = _look_again(airlock, to_check(airlock, number))
    with airlock.store.write() as session:
        if isinstance(outcome, Outcome):
            return business.record_check(session, number, outcome, airlock.clock())
        business.spoil(session, number, because=outcome, now=airlock.clock())
        return State(records.find(session, number).state)


def _look_again(airlock: Airlock, wanted: ToCheck) -> Outcome | str:
    """A fresh check of freshly hashed bytes, or the sentence that says why the copy cannot be used."""
    try:
        for index, file in enumerate(wanted.files):
            if airlock.quarantine.digest(wanted.number, index) != file.sha256:
                raise CopyChanged(f"The airlock's copy of file {index} is no longer what was taken.")
    except CopyChanged as fault:
        return fault.sentence
    return airlock.checker.check(wanted.files, wanted.policy, airlock.clock())


def release(airlock: Airlock, number: int) -> State:
    """Release an approved request, or find out that it may not be. Returns the state that follows.

    Exactly one caller releases: others get Busy or WrongMoment. When anything that was decided on changed,
    the decisions become void and the request goes back to the output checkers, or is blocked.
    """
    wanted = to_check(airlock, number)
    seconds = airlock.checker.timeout_s + _LOCK_MARGIN_S
    scopes = [f"project:{wanted.project}", *(f"source:{source}" for source in wanted.sources)]
    with release_lock(airlock.store, scopes, seconds=seconds, clock=airlock.clock) as lock:
        with airlock.store.read() as session:
            request = records.find(session, number)
            moment, author = records.moment_of(request), records.author_of(request)
        if moment.state is State.APPROVED and policies.too_few(moment, author):
            with airlock.store.write() as session:
                return business.ask_for_more(session, number, airlock.clock())
        policies.check_release(moment, author)
        outcome = _look_again(airlock, wanted)
        with airlock.store.write() as session:
            now = airlock.clock()
            if not isinstance(outcome, Outcome):
                business.spoil(session, number, because=outcome, now=now)
                return State(records.find(session, number).state)
            binding = records.binding_digest(outcome.binding)
            if outcome.verdict == "block" or binding != records.find(session, number).binding:
                return business.record_check(session, number, outcome, now)
            business.release(session, number, lock=lock, binding=binding, key=airlock.key, now=now)
            return State.RELEASED
