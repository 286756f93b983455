"""What the output checker said about the airlock's copy, read with as little trust as the files themselves.

The checker reads hostile files in a sandbox; a file that took it over could print anything. So the
report is parsed with caps, may only make matters worse, never better, and has to name our own hashes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from output_checker.staging.bundle import printable
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hub.airlock import careful_json
from hub.airlock.policies import Verdict

_MAX_DEPTH = 12
_MAX_FINDINGS = 20_000
KEPT_FINDINGS = 300


def _cut(limit: int) -> BeforeValidator:
    def cut(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        shown = printable(value, keep="\n")
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    return BeforeValidator(cut)


Short = Annotated[str, _cut(120)]
Long = Annotated[str, _cut(1000)]
Severity = Literal["block", "review", "info"]


class _Form(BaseModel):
    # Fields that a newer checker adds are not an error; they are not used either.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Statistic(_Form):
    """A kind of statistic that the checker recognised, and where."""

    statbarn: Short
    where: Short


class Finding(_Form):
    """One thing the checker says about one place."""

    rule: Short
    severity: Severity
    where: Short
    message: Long
    fix: Long | None = None


class FileReport(_Form):
    """What was said about one file."""

    path: Annotated[str, Field(max_length=4096)]
    sha256: Annotated[str, Field(max_length=64)]
    kind: Short
    statistics: Annotated[list[Statistic], Field(max_length=_MAX_FINDINGS)] = []
    findings: Annotated[list[Finding], Field(max_length=_MAX_FINDINGS)] = []
    verdict: Verdict


class CheckReport(_Form):
    """The checker's whole answer."""

    policy: Short
    files: Annotated[list[FileReport], Field(max_length=1000)]
    verdict: Verdict


class CheckedFile(_Form):
    """What is kept about one file of a request."""

    index: int
    findings: list[Finding] = []
    statistics: list[Statistic] = []


class Checked(_Form):
    """What is kept about a check of a request: by file, and about the check itself."""

    files: list[CheckedFile] = []
    findings: list[Finding] = []


_EXIT_VERDICTS: dict[int, Verdict] = {0: "clear", 1: "review", 2: "block"}
_WEIGHT: dict[str, int] = {"clear": 0, "info": 0, "review": 1, "block": 2}
_BY_WEIGHT: tuple[Verdict, ...] = ("clear", "review", "block")


def unfinished(message: str) -> tuple[Verdict, Checked]:
    """A check that did not finish is not a pass."""
    finding = Finding(
        rule="check-unfinished",
        severity="block",
        where="the whole request",
        message=message,
        fix="Stage it again; if it happens again, tell the people who run this service.",
    )
    return "block", Checked(findings=[finding])


def judge(
    raw: bytes, returncode: int | None, policy: str, expected: list[tuple[str, str]]
) -> tuple[Verdict, Checked]:
    """The verdict and what to keep, from the checker's output for ``expected`` (path, sha-256) files.

    Anything that does not fit together blocks: no JSON, another policy, a file left out or with other
    bytes, an exit code that disagrees with the text.
    """
    if returncode not in _EXIT_VERDICTS:
        return unfinished("The check ended before it had looked at everything.")
    try:
        report = CheckReport.model_validate(careful_json.parse(raw, max_depth=_MAX_DEPTH))
    except (careful_json.BadJson, ValidationError):
        return unfinished("The check gave no answer that can be read.")
    if report.policy != policy:
        return unfinished("The check used another policy than the project's.")
    by_path = {f.path: f for f in report.files}
    if len(by_path) != len(report.files) or set(by_path) != {path for path, _ in expected}:
        return unfinished("The check did not look at exactly the files of this request.")
    if any(by_path[path].sha256 != sha256 for path, sha256 in expected):
        return unfinished("The check looked at other bytes than the airlock holds.")
    weight = max(_WEIGHT[report.verdict], _WEIGHT[_EXIT_VERDICTS[returncode]])
    files = []
    for index, (path, _) in enumerate(expected):
        said = by_path[path]
        weight = max(weight, _WEIGHT[said.verdict], *(_WEIGHT[f.severity] for f in said.findings), 0)
        files.append(_kept(index, said))
    return _BY_WEIGHT[weight], Checked(files=files)


def _kept(index: int, said: FileReport) -> CheckedFile:
    worst_first = sorted(said.findings, key=lambda f: -_WEIGHT[f.severity])
    kept = worst_first[:KEPT_FINDINGS]
    if len(worst_first) > KEPT_FINDINGS:
        kept.append(
            Finding(
                rule="more",
                severity=worst_first[KEPT_FINDINGS].severity,
                where="the file",
                message=f"There are {len(worst_first) - KEPT_FINDINGS} more findings of the same weight or less.",
            )
        )
    return CheckedFile(index=index, findings=kept, statistics=said.statistics[:KEPT_FINDINGS])
