"""From findings to a verdict: the worst finding decides."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from output_checker.findings import Finding, Severity


class Verdict(StrEnum):
    """What happens with a file: it may go, a person must look, or it must stay."""

    CLEAR = "clear"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def exit_code(self) -> int:
        """The command line's exit code for this verdict: 0, 1 or 2."""
        return _ORDER.index(self)


_ORDER = (Verdict.CLEAR, Verdict.REVIEW, Verdict.BLOCK)
_OF_SEVERITY = {
    Severity.INFO: Verdict.CLEAR,
    Severity.REVIEW: Verdict.REVIEW,
    Severity.BLOCK: Verdict.BLOCK,
}


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The verdict on one file. No finding, or only information, is clear."""
    return worst(_OF_SEVERITY[finding.severity] for finding in findings)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on several files together: that of the worst one."""
    return max(verdicts, key=_ORDER.index, default=Verdict.CLEAR)
