"""Read the airlock's records: what the pure questions in ``permissions`` and ``policies`` are asked about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock.permissions import Actor, NotVisible
from hub.airlock.policies import Binding, Moment
from hub.airlock.preview import FileToShow
from hub.airlock.report import Checked
from hub.airlock.sniff import Kind
from hub.airlock.states import State
from hub.governance.admission import Admitted, admission
from hub.governance.lookup import find_seat
from hub.governance.permissions import active_roles
from hub.governance.tiers import load_tiers
from hub.store.models import AirlockDecision, AirlockRequest, IngressDecision, IngressRequest, Person
from hub.store.names import PersonName, ProjectSlug, Seat

Request = TypeVar("Request", AirlockRequest, IngressRequest)


def find_in(session: Session, table: type[Request], number: int) -> Request:
    """The request. For a number that was never given, the same sentence as for one that may not be seen."""
    request = session.get(table, number) if 0 < number < 2**31 else None
    if request is None:
        raise NotVisible("There is no such request among yours.")
    return request


def find(session: Session, number: int) -> AirlockRequest:
    """The request to release files. Raises NotVisible for a number that was never given."""
    return find_in(session, AirlockRequest, number)


def seat_of(request: AirlockRequest | IngressRequest) -> Seat:
    """Whose request it is, on the way out or in: the author and the project."""
    return Seat(PersonName(request.seat.person.name), ProjectSlug(request.seat.project.slug))


def author_of(request: AirlockRequest) -> str:
    """The author's name."""
    return request.seat.person.name


def actor_for(session: Session, person: str, project: str, now: datetime) -> Actor:
    """The person who asks, as the store knows them at ``now``, with regard to ``project``."""
    found = session.scalar(select(Person).where(Person.name == person))
    answer = admission(session, person=person, project=project, now=now)
    return Actor(
        person=person,
        enabled=found is not None and found.disabled_at is None,
        roles=frozenset(str(r) for r in active_roles(session, person)),
        admitted=isinstance(answer, Admitted),
        member=find_seat(session, person, project) is not None,
        not_admitted_because=None if isinstance(answer, Admitted) else answer.reason,
    )


def standing(request: AirlockRequest | IngressRequest) -> list[AirlockDecision | IngressDecision]:
    """Decisions that count: not void, and on exactly what the request is now."""
    return [d for d in request.decisions if d.void_at is None and d.binding == request.binding]


def approved_by(request: AirlockRequest | IngressRequest) -> frozenset[str]:
    """Whose approvals count."""
    return frozenset(d.person.name for d in standing(request) if d.decision == "approve")


def moment_of(request: AirlockRequest) -> Moment:
    """The request's state, as ``policies`` asks about it."""
    verdict = request.verdict
    assert verdict in {None, "clear", "review", "block"}
    needed = load_tiers().in_force(request.seat.project.tier).reviewers
    return Moment(State(request.state), verdict, needed, approved_by(request))  # type: ignore[arg-type]


def checked_of(request: AirlockRequest) -> Checked:
    """What the last check said; empty when there was none."""
    return Checked.model_validate_json(request.report) if request.report else Checked()


def files_to_show(request: AirlockRequest) -> list[FileToShow]:
    """The request's files, each with what the last check found in it, as ``preview`` wants them."""
    by_index = {f.index: tuple(f.findings) for f in checked_of(request).files}
    return [
        FileToShow(f.index, f.size, f.sha256, kind_of(f.kind), by_index.get(f.index, ()))
        for f in request.files
    ]


def kind_of(stored: str) -> Kind:
    """The kind of a file, from the name under which it is stored."""
    return Kind[stored]


def binding_digest(binding: Binding) -> str:
    """One sha-256 over everything a decision is bound to."""
    content = json.dumps([list(binding.files), binding.policy, binding.checker]).encode("ascii")
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class AuthorView:
    """All that the author's browser learns before release: nothing in it was chosen in the room but the size."""

    number: int
    taken_at: datetime
    bytes: int
    kind: str
    state: State


def author_view(request: AirlockRequest) -> AuthorView:
    """What the author sees of a request on the desk."""
    return AuthorView(request.number, request.taken_at, request.bytes, request.kind, State(request.state))
