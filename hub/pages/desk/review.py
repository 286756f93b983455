"""What an output checker is shown of one request, read in one moment and checked for who asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from output_checker.staging.bundle import printable
from sqlalchemy.orm import Session

from hub.airlock import permissions, policies, records
from hub.airlock.preview import FileToShow, Preview, letters, previews
from hub.airlock.quarantine import Quarantine
from hub.airlock.report import Finding
from hub.airlock.states import State
from hub.pages.desk.views import person_of
from hub.store.models import AirlockFile


@dataclass(frozen=True)
class Numbered:
    """A finding under the number that it has on the page; ``cell`` is the first shown cell that it names."""

    number: int
    finding: Finding
    cell: str | None = None


@dataclass(frozen=True)
class ReviewFile:
    """One file of a request. ``findings`` are in the page's order, ``numbers`` in that of the preview's marks."""

    index: int
    name: str
    kind: str
    size: int
    sha256: str
    findings: tuple[Numbered, ...]
    numbers: tuple[int, ...]
    preview: Preview


@dataclass(frozen=True)
class Said:
    """A decision that somebody made, and their comment."""

    who: str
    decision: str
    when: datetime
    comment: str
    void_because: str | None


@dataclass(frozen=True)
class Review:
    """A request, for an output checker. ``severities`` counts all findings by their severity."""

    number: int
    author: str
    author_name: str
    project: str
    project_title: str
    tier: str
    state: State
    taken_at: datetime
    context: str
    verdict: str
    policy: str
    checker: str
    isolation: str
    checked_at: datetime
    binding: str
    severities: Mapping[str, int]
    findings: tuple[Numbered, ...]
    files: tuple[ReviewFile, ...]
    approvals: int
    approvals_needed: int
    said: tuple[Said, ...]
    complete: bool
    can_approve: bool
    can_reject: bool
    has_approved: bool


def review(session: Session, name: str, number: int, quarantine: Quarantine, now: datetime) -> Review:
    """A request for the output checker ``name``. Raises a sentence for anybody who may not see it."""
    person_of(session, name)
    request = records.find(session, number)
    seat = records.seat_of(request)
    permissions.check_review(records.actor_for(session, name, seat.project, now), seat.person)
    moment = records.moment_of(request)
    policies.check_review(moment)
    checked = records.checked_of(request)
    to_show = records.files_to_show(request)
    shown = previews(quarantine, number, to_show)
    complete = all(p.complete for p in shown)
    decided = (
        any(d.person.name == name for d in records.standing(request)) or moment.state is not State.SUBMITTED
    )
    everything = [*checked.findings, *(f for file in to_show for f in file.findings)]
    numbers = count(1)
    assert request.checked_at is not None
    assert request.binding is not None
    return Review(
        number=number,
        author=seat.person,
        author_name=request.seat.person.full_name,
        project=seat.project,
        project_title=request.seat.project.title,
        tier=request.seat.project.tier,
        state=moment.state,
        taken_at=request.taken_at,
        context=printable(request.context or "", keep="\n"),
        verdict=moment.verdict or "block",
        policy=request.policy or "",
        checker=request.checker or "",
        isolation=request.isolation or "",
        checked_at=request.checked_at,
        binding=request.binding,
        severities=Counter(f.severity for f in everything),
        findings=tuple(Numbered(next(numbers), f) for f in checked.findings),
        files=tuple(
            _file(f, file, preview, numbers)
            for f, file, preview in zip(request.files, to_show, shown, strict=True)
        ),
        approvals=len(moment.approved_by),
        approvals_needed=moment.approvals_needed,
        said=tuple(
            Said(d.person.full_name, d.decision, d.decided_at, d.comment or "", d.void_because)
            for d in request.decisions
            # Each decides for themselves: others' comments are shown afterwards.
            if decided or d.person.name == name or d.void_at is not None
        ),
        complete=complete,
        can_approve=policies.can_approve(moment, name, complete=complete),
        can_reject=policies.can_reject(moment),
        has_approved=name in moment.approved_by,
    )


def _file(stored: AirlockFile, file: FileToShow, preview: Preview, numbers: Iterator[int]) -> ReviewFile:
    """What is about cells comes first, in the order of severity that the check gave."""
    cells = [None if first is None else letters(first[1]) + str(first[0] + 1) for first in preview.firsts]
    cells += [None] * (len(file.findings) - len(cells))
    order = sorted(range(len(cells)), key=lambda index: cells[index] is None)
    number_of = {index: next(numbers) for index in order}
    return ReviewFile(
        index=stored.index,
        name=printable(stored.name),
        kind=file.kind.label,
        size=stored.size,
        sha256=stored.sha256,
        findings=tuple(Numbered(number_of[index], file.findings[index], cells[index]) for index in order),
        numbers=tuple(number_of[index] for index in range(len(cells))),
        preview=preview,
    )
