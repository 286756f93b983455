"""The look before staging: information for the person, without any weight.

Code in the room can forge what is shown here; the airlock checks its own copy. The checker runs in a
process of its own, so that a file which exhausts it does not take the notebook's kernel along.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from output_checker.staging.bundle import printable
from output_checker.staging.reply import ReplyFinding, Verdict

DEFAULT_POLICY = "sacro"
TIMEOUT_S = 60
_MOST_LINES = 20

_MEANING: dict[Verdict, str] = {
    "clear": "Pre-check: nothing was found.",
    "review": "Pre-check: output checkers will look at the points above.",
    "block": "Pre-check: the airlock will not let this be submitted as it is.",
}


class PreCheckedFile(BaseModel):
    """What the checker says about one file; ``name`` is the file's name without its folders."""

    model_config = ConfigDict(frozen=True)

    name: str
    verdict: Verdict
    findings: list[ReplyFinding]


class PreCheck(BaseModel):
    """What the checker says about all files. ``verdict`` is None where it did not come to an end.

    ``sentence`` says what that means, or why there is no verdict.
    """

    model_config = ConfigDict(frozen=True)

    verdict: Verdict | None = None
    sentence: str
    files: list[PreCheckedFile] = []


class _File(BaseModel):
    verdict: Verdict
    findings: list[ReplyFinding]


class _Report(BaseModel):
    """The part of the checker's JSON that is shown."""

    verdict: Verdict
    files: list[_File]


def pre_check(paths: Sequence[str | Path], timeout_s: float = TIMEOUT_S) -> PreCheck:
    """Ask the output checker about ``paths``, all of them files. Never raises for what it finds.

    The policy is the one in ``LOCKEDROOM_POLICY``, which a room has from its project.
    """
    policy = os.environ.get("LOCKEDROOM_POLICY", DEFAULT_POLICY)
    files = [str(Path(path).absolute()) for path in paths]
    command = [sys.executable, "-m", "output_checker.cli", "check", *files, "--policy", policy, "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
        report = _Report.model_validate_json(done.stdout)
        said = [
            PreCheckedFile(name=Path(path).name, verdict=file.verdict, findings=file.findings)
            for path, file in zip(files, report.files, strict=True)
        ]
    except subprocess.TimeoutExpired:
        sentence = (
            f"The pre-check did not finish within {timeout_s:g} seconds; the airlock will check in any case."
        )
        return PreCheck(sentence=sentence)
    except (OSError, ValueError):
        return PreCheck(sentence="The pre-check could not be run here; the airlock will check in any case.")
    return PreCheck(verdict=report.verdict, sentence=_MEANING[report.verdict], files=said)


def lines_about(paths: Sequence[str | Path], timeout_s: float = TIMEOUT_S) -> list[str]:
    """The same as lines for a terminal or a notebook; a path that is no file is left to the staging."""
    present = [path for path in paths if Path(path).is_file()]
    if not present:
        return []
    said = pre_check(present, timeout_s)
    lines = []
    for file in said.files:
        for finding in file.findings:
            fix = f" {finding.fix}" if finding.fix else ""
            lines.append(f"[{finding.severity}] {file.name}, {finding.where}: {finding.message}{fix}")
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more findings."]
    return [printable(line) for line in [*lines, said.sentence]]
