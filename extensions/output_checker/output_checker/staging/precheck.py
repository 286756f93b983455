"""The look before staging: information for the person, without any weight.

Code in the room can forge what is printed here; the airlock checks its own copy. The checker runs in a
process of its own, so that a file which exhausts it does not take the notebook's kernel along.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from output_checker.staging.bundle import printable

DEFAULT_POLICY = "sacro"
TIMEOUT_S = 60
_MOST_LINES = 20


def lines_about(paths: Sequence[str | Path], timeout_s: float = TIMEOUT_S) -> list[str]:
    """What the output checker says about ``paths``, as sentences. Never raises for what it finds."""
    present = [str(p) for p in paths if Path(p).is_file()]
    if not present:
        return []
    policy = os.environ.get("LOCKEDROOM_POLICY", DEFAULT_POLICY)
    command = [sys.executable, "-m", "output_checker.cli", "check", *present, "--policy", policy, "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
        report = json.loads(done.stdout)
        lines = _lines(report)
    except subprocess.TimeoutExpired:
        return [
            f"The pre-check did not finish within {timeout_s:g} seconds; the airlock will check in any case."
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return ["The pre-check could not be run here; the airlock will check in any case."]
    return [printable(line) for line in lines]


def _lines(report: dict[str, object]) -> list[str]:
    lines = []
    files = report["files"]
    if not isinstance(files, list):
        raise TypeError("files is not a list")
    for file in files:
        name = Path(str(file["path"])).name
        for finding in file["findings"]:
            fix = f" {finding['fix']}" if finding.get("fix") else ""
            lines.append(f"[{finding['severity']}] {name}, {finding['where']}: {finding['message']}{fix}")
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more findings."]
    meaning = {
        "clear": "Pre-check: nothing was found.",
        "review": "Pre-check: output checkers will look at the points above.",
        "block": "Pre-check: the airlock will not let this be submitted as it is.",
    }
    return [*lines, meaning[str(report["verdict"])]]
