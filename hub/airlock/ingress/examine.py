"""Scan the airlock's own copy and look into it, both in isolation, and say what came of it."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from output_checker.isolation import Bind, run_isolated
from output_checker.isolation.sandbox import MIB
from output_checker.staging.bundle import printable
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.airlock import careful_json
from hub.airlock.ingress import look_inside
from hub.airlock.ingress.policy import IngressPolicy, Loaded, Type
from hub.airlock.ingress.scan import Result, Scan, Scanner

_FILE, _PROGRAM = Path("/airlock/file"), Path("/airlock/look_inside.py")
_TIMEOUT_S, _MEMORY, _OUTPUT = 120, 768 * MIB, 8 * MIB
_UNFINISHED = "Looking into the file did not finish, so it stays outside."

Line = Annotated[str, Field(max_length=1000)]


class Report(BaseModel):
    """What was found inside: why the file stays outside, what approvers should know, and what is packed in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    problems: Annotated[list[Line], Field(max_length=100)] = []
    notes: Annotated[list[Line], Field(max_length=100)] = []
    entries: Annotated[list[tuple[str, int]], Field(max_length=100_000)] = []
    texts: Annotated[list[tuple[str, str]], Field(max_length=100_000)] = []


@dataclass(frozen=True)
class Examined:
    """A finished examination; ``refusal`` is why the file stays outside, or None."""

    scan: Scan
    report: Report
    isolation: str
    policy_digest: str
    refusal: str | None

    def binding(self, sha256: str) -> str:
        """One sha-256 over everything a decision is bound to."""
        content = [sha256, self.policy_digest, self.scan.result, self.scan.scanner, self.report.model_dump()]
        return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


def examine(path: Path, *, name: str, size: int, kind: Type, loaded: Loaded, scanner: Scanner) -> Examined:
    """Scan and look into a copy whose hash was just compared."""
    policy = loaded.policy
    rule = policy.rule(kind)
    if rule is None or size > rule.most_bytes or policy.type_of(name) is not kind:
        refusal = f"By the policy of today a {kind.words} of this name and size may not come in."
        return Examined(Scan(Result.NOT_SCANNED), Report(), "none", loaded.digest, refusal)
    scan = scanner.scan(path)
    if scan.result is Result.INFECTED:
        refusal = f"The malware scan found something in it: {scan.said}."
        return Examined(scan, Report(), "none", loaded.digest, refusal)
    report, isolation = _look(path, name, kind, loaded)
    return Examined(scan, report, isolation, loaded.digest, _refusal(report, scan, policy))


def _refusal(report: Report, scan: Scan, policy: IngressPolicy) -> str | None:
    if report.problems:
        return " ".join(report.problems)
    if scan.result is Result.NOT_SCANNED and policy.malware_scan == "required":
        return f"It was not scanned for malware ({scan.said}), and the policy asks for a scan."
    return None


def _look(path: Path, name: str, kind: Type, loaded: Loaded) -> tuple[Report, str]:
    unpacked = loaded.policy.unpacked
    allowed = {
        "entries": unpacked.most_entries,
        "bytes": unpacked.most_bytes,
        "suffixes": loaded.policy.text_suffixes,
    }
    python, base = Path(sys.executable).resolve(), Path(sys.base_prefix).resolve()
    readable: list[Path | Bind] = [
        Bind(source=path, target=_FILE),
        Bind(source=Path(look_inside.__file__), target=_PROGRAM),
    ]
    if not base.is_relative_to("/usr"):
        readable.append(base)
    try:
        done = run_isolated(
            [str(python), "-I", "-S", str(_PROGRAM), str(_FILE), name, kind, json.dumps(allowed)],
            readable=readable,
            timeout_s=_TIMEOUT_S,
            memory_bytes=_MEMORY,
            output_bytes=_OUTPUT,
        )
        if done.timed_out or done.truncated or done.returncode != 0:
            return Report(problems=[_UNFINISHED]), done.isolation
        report = Report.model_validate(careful_json.parse(done.stdout, max_depth=5))
    except (OSError, careful_json.BadJson, ValidationError):
        return Report(problems=[_UNFINISHED]), "none"
    return _shown(report), done.isolation


def _shown(report: Report) -> Report:
    """The same without characters that cannot be seen: names in it were chosen by whoever packed the file."""
    return Report(
        problems=[printable(line) for line in report.problems],
        notes=[printable(line) for line in report.notes],
        entries=[(printable(name), size) for name, size in report.entries],
        texts=[(printable(name), printable(text, keep="\n\t")) for name, text in report.texts],
    )
