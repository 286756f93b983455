"""Check files against a policy: take the bytes once, read them, recognise the statistics, ask every rule."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from output_checker import __version__
from output_checker.findings import Finding, Severity, Statistic
from output_checker.policy import Policy
from output_checker.readers import read
from output_checker.readers.intake import shown_path, take
from output_checker.report import FileReport, Report
from output_checker.rules import IS_IT_A_STATISTIC, RULES
from output_checker.statistics.recognise import recognise, statistics_in
from output_checker.verdict import verdict_of

#: So many findings of one rule and severity are listed singly; the rest is told in one more finding.
MOST_LISTED = 50


def check_files(paths: Sequence[Path], policy: Policy) -> Report:
    """Check files one by one under a policy.

    Raises :class:`output_checker.readers.intake.MissingPath` where a path does not exist. Everything else that can
    be wrong with a file is a finding of its report.
    """
    return Report(policy.name, tuple(check_file(path, policy) for path in paths))


def check_file(path: Path, policy: Policy) -> FileReport:
    """Check one file: its bytes are read once, and hash and verdict are of the same bytes."""
    taken = take(path, policy.limits.bytes)
    if taken.data is None:
        assert taken.finding is not None
        return _report(path, None, "unknown", [], [taken.finding])
    return check_bytes(taken.data, path, policy)


def check_bytes(data: bytes, path: Path, policy: Policy) -> FileReport:
    """Check a file's bytes; ``path`` only names the file and, by its ending, its type."""
    document = read(data, path, policy.limits)
    findings = list(document.findings)
    statistics: list[Statistic] = []
    for sheet in document.sheets:
        for rule in RULES:
            if rule.on_sheet is not None:
                findings += rule.on_sheet(sheet, policy)
    for table in document.tables:
        seen = recognise(table, policy)
        first = [f for rule in IS_IT_A_STATISTIC if rule.on_table for f in rule.on_table(seen, policy)]
        findings += first
        records = next((f for f in first if f.rule == "row_level" and f.severity is Severity.BLOCK), None)
        if records is not None:
            # Counting rules on records would only bury the one finding that matters.
            statistics.append(Statistic("microdata", records.where, "rows are records"))
            continue
        statistics += statistics_in(seen)
        for rule in RULES:
            if rule.on_table is not None and rule not in IS_IT_A_STATISTIC:
                findings += rule.on_table(seen, policy)
    return _report(path, hashlib.sha256(data).hexdigest(), document.kind, statistics, findings)


def _report(
    path: Path, sha256: str | None, kind: str, statistics: list[Statistic], findings: list[Finding]
) -> FileReport:
    ordered = _shortened(_in_order(findings))
    return FileReport(shown_path(path), sha256, kind, tuple(statistics), tuple(ordered), verdict_of(findings))


def _in_order(findings: list[Finding]) -> list[Finding]:
    """The gravest first, otherwise as the rules gave them; the same finding once."""
    rank = {Severity.BLOCK: 0, Severity.REVIEW: 1, Severity.INFO: 2}
    return sorted(dict.fromkeys(findings), key=lambda finding: rank[finding.severity])


def _shortened(findings: list[Finding]) -> list[Finding]:
    """At most so many findings of one rule and severity; the others are counted, never dropped in silence."""
    kept: list[Finding] = []
    over: dict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    listed: dict[tuple[str, Severity], int] = defaultdict(int)
    for finding in findings:
        key = (finding.rule, finding.severity)
        listed[key] += 1
        if listed[key] <= MOST_LISTED:
            kept.append(finding)
        else:
            over[key].append(finding)
    for (rule, severity), rest in over.items():
        where = rest[0].where if len(rest) == 1 else f"{rest[0].where} … {rest[-1].where}"
        message = f"{len(rest)} more findings of this rule, from {rest[0].where} to {rest[-1].where}, are not listed."
        kept.append(Finding(rule, severity, where, message, rest[0].fix))
    return _in_order(kept)


@cache
def checker_version() -> str:
    """The checker's version and a digest of its code, so that a decision can be bound to what decided it."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(root.rglob("*.py")):
        digest.update(source.relative_to(root).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:16]}"
