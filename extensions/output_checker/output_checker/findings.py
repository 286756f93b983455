"""What a check says: findings about places in a file, and the statistics it recognised there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    INFO = "info"  #: worth knowing; does not hold the file back
    REVIEW = "review"  #: a person has to look: the checker could not prove it safe
    BLOCK = "block"  #: must not leave as it is


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found.

    ``where`` is a place that a person can find in a spreadsheet program (``B3``, ``B3:D9``, ``file``);
    ``message`` is one plain sentence; ``fix`` says what to do, or is None where nothing can be done.
    """

    rule: str
    severity: Severity
    where: str
    message: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic the checker recognised: its kind ("statbarn"), its place, and why it thinks so."""

    statbarn: str
    where: str
    why: str = ""
