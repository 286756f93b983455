"""The airlock's replies, as the room reads them in ``/inbox/.airlock``.

The airlock writes ``<number>.json`` (this form) and ``<number>.md`` (the same for reading). The room
can read them and not change them.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from output_checker.errors import PlainError
from output_checker.staging.bundle import printable

INBOX = Path("/inbox")
REPLIES = ".airlock"
_MAX_REPLY_BYTES = 4 * 1024 * 1024

Verdict = Literal["clear", "review", "block"]


class ReplyFinding(BaseModel):
    """One thing the output checker found in one file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: str
    severity: Literal["block", "review", "info"]
    where: str
    message: str
    fix: str | None = None


class ReplyFile(BaseModel):
    """One file of the request, as the airlock measured it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    index: int
    name: str
    kind: str
    size: int
    sha256: str
    findings: list[ReplyFinding] = []


class ReplyComment(BaseModel):
    """What an output checker or the author said."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    when: datetime
    who: str
    text: str


class Reply(BaseModel):
    """What the airlock says about one request."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    state: str
    sentence: str
    updated: datetime
    bundle: str | None = None
    verdict: Verdict | None = None
    files: list[ReplyFile] = []
    findings: list[ReplyFinding] = []
    comments: list[ReplyComment] = []


def replies(inbox: str | Path = INBOX) -> list[Reply]:
    """All replies in ``inbox``, newest first. Raises PlainError when there is no inbox."""
    folder = Path(inbox)
    if not folder.is_dir():
        raise PlainError(f"There is no inbox at {folder}: replies can be read inside a locked room only.")
    found = []
    for path in (folder / REPLIES).glob("*.json"):
        if path.stat().st_size > _MAX_REPLY_BYTES:
            continue
        try:
            found.append(Reply.model_validate_json(path.read_bytes()))
        except ValidationError:
            # A reply of a newer airlock than this room knows: the .md beside it is for reading.
            continue
    return sorted(found, key=lambda r: r.updated, reverse=True)


def as_text(reply: Reply) -> str:
    """One reply as plain lines for a terminal or a notebook."""
    lines = [f"Request {reply.number}: {reply.state}. {reply.sentence}"]
    for finding in reply.findings:
        lines.append(_finding_line(finding))
    for file in reply.files:
        lines.append(f"  {file.name} ({file.kind}, {file.size} bytes)")
        lines.extend("  " + _finding_line(f) for f in file.findings)
    lines.extend(f"  {c.who} said: {c.text}" for c in reply.comments)
    return "\n".join(printable(line, keep="\n\t") for line in lines)


def _finding_line(finding: ReplyFinding) -> str:
    fix = f" {finding.fix}" if finding.fix else ""
    return f"  [{finding.severity}] {finding.where}: {finding.message}{fix}"
