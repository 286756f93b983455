"""Check a table written in a test, and pick findings out of the report."""

from __future__ import annotations

from pathlib import Path

from output_checker.check import check_bytes
from output_checker.findings import Finding
from output_checker.policy import load_policy
from output_checker.report import FileReport


def check_text(
    text: str, policy: str = "sacro", name: str = "table.csv", encoding: str = "utf-8"
) -> FileReport:
    """The report on a table with this text."""
    return check_bytes(text.encode(encoding), Path(name), load_policy(policy))


def found(report: FileReport, rule: str | None = None, severity: str | None = None) -> list[Finding]:
    """The findings of a rule and severity."""
    return [
        f
        for f in report.findings
        if (rule is None or f.rule == rule) and (severity is None or f.severity.value == severity)
    ]


def places(report: FileReport, rule: str | None = None, severity: str | None = None) -> set[str]:
    """Where the findings of a rule and severity are."""
    return {f.where for f in found(report, rule, severity)}
