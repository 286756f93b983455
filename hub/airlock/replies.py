"""What the airlock tells the room about a request: findings and comments, in the room only."""

from __future__ import annotations

from datetime import datetime

from output_checker.staging.reply import Reply, ReplyComment, ReplyFile, ReplyFinding

from hub.airlock.records import checked_of, kind_of
from hub.airlock.report import Finding
from hub.airlock.states import State
from hub.store.models import AirlockRequest

_WHAT_NEXT = {
    State.STAGED: "On the desk, submit it under this number.",
    State.BLOCKED: "Change the output as the findings say, then stage it again.",
    State.REJECTED: "Change the output as the comment says, then stage it again.",
    State.RELEASED: "On the desk, download it under this number.",
}
# While others are still deciding, their comments are not shown: each decides for themselves.
_UNDECIDED = {State.SUBMITTED}


def compose(request: AirlockRequest, now: datetime) -> Reply:
    """The reply about ``request`` as it stands."""
    state = State(request.state)
    checked = checked_of(request)
    by_index = {f.index: f.findings for f in checked.files}
    said = [d for d in request.decisions if d.comment and state not in _UNDECIDED]
    sentence = " ".join(s for s in (request.refusal or state.meaning, _WHAT_NEXT.get(state)) if s)
    return Reply(
        number=request.number,
        state=state,
        sentence=sentence,
        updated=now,
        bundle=request.bundle,
        verdict=request.verdict,
        files=[
            ReplyFile(
                index=f.index,
                name=f.name,
                kind=kind_of(f.kind).label,
                size=f.size,
                sha256=f.sha256,
                findings=[_finding(x) for x in by_index.get(f.index, [])],
            )
            for f in request.files
        ],
        findings=[_finding(x) for x in checked.findings],
        comments=[
            ReplyComment(when=d.decided_at, who="An output checker", text=d.comment or "") for d in said
        ],
    )


def _finding(finding: Finding) -> ReplyFinding:
    return ReplyFinding(
        rule=finding.rule,
        severity=finding.severity,
        where=finding.where,
        message=finding.message,
        fix=finding.fix,
    )
