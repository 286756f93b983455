"""The report of a check: its JSON form, which other programs read, and its form for people."""

from __future__ import annotations

import json
from dataclasses import dataclass

from output_checker.findings import Finding, Severity, Statistic
from output_checker.verdict import Verdict, worst


@dataclass(frozen=True)
class FileReport:
    """What the check says about one file. ``sha256`` is None where the file was not read."""

    path: str
    sha256: str | None
    kind: str
    statistics: tuple[Statistic, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict


@dataclass(frozen=True)
class Report:
    """What the check says about all files, under one policy."""

    policy: str
    files: tuple[FileReport, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict of the worst file."""
        return worst(file.verdict for file in self.files)

    def to_json(self) -> str:
        """The report as JSON text, ASCII only, in the fixed form."""
        return json.dumps(
            {
                "policy": self.policy,
                "files": [
                    {
                        "path": file.path,
                        "sha256": file.sha256,
                        "kind": file.kind,
                        "statistics": [{"statbarn": s.statbarn, "where": s.where} for s in file.statistics],
                        "findings": [
                            {
                                "rule": f.rule,
                                "severity": f.severity.value,
                                "where": f.where,
                                "message": f.message,
                                "fix": f.fix,
                            }
                            for f in file.findings
                        ],
                        "verdict": file.verdict.value,
                    }
                    for file in self.files
                ],
                "verdict": self.verdict.value,
            },
            indent=2,
        )

    def to_text(self) -> str:
        """The report as lines for people: the verdict first, then every finding with its place and its fix."""
        lines: list[str] = []
        for file in self.files:
            lines.append(f"{file.path}: {file.verdict.value.upper()}  (policy {self.policy})")
            for statistic in file.statistics:
                why = f": {statistic.why}" if statistic.why else ""
                lines.append(f"  seen    {statistic.where}  {statistic.statbarn}{why}")
            for finding in file.findings:
                lines.append(
                    f"  {finding.severity.value:<7} {finding.where}  [{finding.rule}] {finding.message}"
                )
                if finding.fix and finding.severity is not Severity.INFO:
                    lines.append(f"          fix: {finding.fix}")
            if not file.findings:
                lines.append("  nothing found")
        if len(self.files) > 1:
            lines.append(f"All {len(self.files)} files together: {self.verdict.value.upper()}")
        return "\n".join(lines)
