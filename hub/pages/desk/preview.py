"""A file for the output checker's eyes: a table as text, with the cells marked that findings name.

Content of the airlock's own copy, capped in every direction. Row-level content is described, not shown.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from output_checker.staging.bundle import printable

from hub.airlock.report import Finding
from hub.airlock.sniff import Kind

ROWS, COLUMNS, CELL_CHARS, TEXT_CHARS = 200, 40, 120, 20_000
# A rule whose finding says that the file holds one row a person: then the reviewer needs no rows.
ROW_LEVEL_RULE = "row_level"
_CELL = r"([A-Z]{1,3})([1-9][0-9]{0,6})"
_PLACE = re.compile(rf"\b{_CELL}(?::{_CELL})?\b", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """One cell of a preview; ``marks`` are the rules that named it."""

    text: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A table (``columns`` are letters), or text, or neither; ``note`` is always a sentence."""

    note: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    text: str | None = None


def letters(index: int) -> str:
    """The letters of a column, counted from 0: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def flagged(findings: Sequence[Finding]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Which cells (row, column, both from 0) the findings name, with the rules that do."""
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for finding in findings:
        for place in _PLACE.findall(finding.where):
            top, left = _position(place[0], place[1])
            bottom, right = _position(place[2], place[3]) if place[2] else (top, left)
            # What is not shown need not be marked: a range of a million rows costs nothing.
            for row in range(top, min(bottom, ROWS) + 1):
                for column in range(left, min(right, COLUMNS) + 1):
                    if finding.rule not in found.get((row, column), ()):
                        found[row, column] = (*found.get((row, column), ()), finding.rule)
    return found


def _position(column_name: str, row_name: str) -> tuple[int, int]:
    column = 0
    for letter in column_name:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(row_name) - 1, column - 1


def preview(content: bytes, kind: Kind, findings: Sequence[Finding]) -> Preview:
    """What the reviewer is shown of ``content``."""
    if any(f.rule == ROW_LEVEL_RULE for f in findings):
        lines = content.count(b"\n")
        return Preview(f"Row-level content is not shown: about {lines} lines, {len(content)} bytes.")
    if kind not in {Kind.TABLE, Kind.TEXT}:
        return Preview(f"This kind of file is not shown here ({kind.label}, {len(content)} bytes).")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Preview("The file is not UTF-8 text, so it is not shown.")
    if kind is Kind.TEXT:
        shown = printable(text[:TEXT_CHARS], keep="\n\t")
        cut = " The beginning only." if len(text) > TEXT_CHARS else ""
        return Preview(f"Text of {len(text)} characters.{cut}", text=shown)
    return _table(text, findings)


def _table(text: str, findings: Sequence[Finding]) -> Preview:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    marks = flagged(findings)
    rows: list[tuple[Cell, ...]] = []
    more_rows = more_columns = False
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if number == ROWS:
                more_rows = True
                break
            more_columns = more_columns or len(row) > COLUMNS
            rows.append(
                tuple(
                    Cell(_short(value), marks.get((number, c), ())) for c, value in enumerate(row[:COLUMNS])
                )
            )
    except csv.Error:
        return Preview("The file cannot be read as a table, so it is not shown.")
    width = max((len(r) for r in rows), default=0)
    padded = tuple(r + (Cell(""),) * (width - len(r)) for r in rows)
    cut = " Only its beginning is shown." if more_rows or more_columns else ""
    note = f"Rows 1 to {len(rows)}, numbered as in a spreadsheet.{cut}"
    return Preview(note, tuple(letters(c) for c in range(width)), padded)


def _short(value: str) -> str:
    shown = printable(value)
    return shown if len(shown) <= CELL_CHARS else shown[: CELL_CHARS - 1] + "…"
