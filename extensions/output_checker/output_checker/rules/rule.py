"""What a rule is, and the words that rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from output_checker.findings import Finding
from output_checker.policy import Policy
from output_checker.readers.table import Sheet
from output_checker.rules.patterns import mask_identifiers
from output_checker.statistics.recognise import Recognised

TableCheck = Callable[[Recognised, Policy], Iterable[Finding]]
SheetCheck = Callable[[Sheet, Policy], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule as the reference shows it: its name in findings, what it proves, and where it comes from.

    Exactly one of ``on_table`` and ``on_sheet`` is set; rules of the readers (can the file be read at all) have
    neither, because the reader itself reports them.
    """

    name: str
    proves: str
    source: str
    on_table: TableCheck | None = None
    on_sheet: SheetCheck | None = None


def words(text: str, most: int = 40) -> str:
    """A text from a file for use in a message: printable, short, identifiers masked."""
    plain = "".join(ch if ch.isprintable() else " " for ch in mask_identifiers(text[:200]))
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def cell_in_words(seen: Recognised, row: int, column: int) -> str:
    """``C2 (Fatal, 2015)``: the place of a body cell with the names of its row and column."""
    names = [words(label) for label in seen.row_labels(row) if label][:3]
    title = words(seen.table.title(column))
    if title:
        names.append(title)
    place = seen.table.where(row, column)
    return f"{place} ({', '.join(names)})" if names else place
