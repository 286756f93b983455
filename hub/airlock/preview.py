"""A file for the output checker's eyes: a table as text, with the cells marked that findings name.

Content of the airlock's own copy, capped in every direction. Row-level content is described, not shown.
What nobody could read must not be approved: each preview says whether it is the whole file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from output_checker.staging.bundle import printable

from hub.airlock.quarantine import CopyChanged, Quarantine
from hub.airlock.report import Finding
from hub.airlock.sniff import Kind

# What is shown of one file. Cells are counted as they are drawn, with those that fill up short rows.
ROWS, COLUMNS, CELLS, CELL_CHARS, TEXT_CHARS = 2_000, 100, 20_000, 500, 50_000
FILE_BYTES = 2 * 1024 * 1024
# What is shown of all files of a request together: one page has to be drawn, and read.
REQUEST_CELLS, REQUEST_BYTES = 60_000, 4 * 1024 * 1024
# Cells that all findings of one file together may mark: a thousand findings can each name the whole table.
_MARKED = 20_000
# A rule whose finding says that the file holds one row a person: then the reviewer needs no rows.
ROW_LEVEL_RULE = "row_level"
_CELL = r"([A-Z]{1,3})([1-9][0-9]{0,6})"
_PLACE = re.compile(rf"\b{_CELL}(?::{_CELL})?\b", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """One cell of a preview; ``marks`` are the places in the list of findings (from 0) of those that name it."""

    text: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A table (``columns`` are letters), or text, or neither; ``note`` is always a sentence.

    ``complete`` is true only if every character of the file is on the page. ``firsts`` has for each finding
    the first of the cells shown that it names (row and column, both from 0), or None; empty without a table.
    """

    note: str
    complete: bool = False
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    text: str | None = None
    firsts: tuple[tuple[int, int] | None, ...] = ()


def letters(index: int) -> str:
    """The letters of a column, counted from 0: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


Flags = dict[tuple[int, int], tuple[int, ...]]


def flagged(
    findings: Sequence[Finding], rows: int, columns: int
) -> tuple[Flags, tuple[tuple[int, int] | None, ...]]:
    """Which of the cells shown (row, column, both from 0) the findings name, with the findings' places in the
    list; and for each finding the first cell marked for it, or None."""
    found: dict[tuple[int, int], list[int]] = {}
    firsts: list[tuple[int, int] | None] = [None] * len(findings)
    shown = [_cells(finding.where, rows, columns) for finding in findings]
    left_to_mark = _MARKED
    # Those that name few cells come first: what names the whole table says least about each cell.
    for index in sorted(range(len(findings)), key=lambda i: sum(len(r) * len(c) for r, c in shown[i])):
        for some_rows, some_columns in shown[index]:
            for place in product(some_rows, some_columns):
                if left_to_mark == 0:
                    break
                left_to_mark -= 1
                marks = found.setdefault(place, [])
                if index not in marks[-1:]:
                    marks.append(index)
                firsts[index] = firsts[index] or place
    return {place: tuple(sorted(marks)) for place, marks in found.items()}, tuple(firsts)


def _cells(where: str, rows: int, columns: int) -> list[tuple[range, range]]:
    """Rows and columns of each place that a text names, as far as they are shown: a million rows cost nothing."""
    found = []
    for place in _PLACE.findall(where):
        top, left = _position(place[0], place[1])
        bottom, right = _position(place[2], place[3]) if place[2] else (top, left)
        found.append(
            (
                range(min(top, bottom), min(max(top, bottom) + 1, rows)),
                range(min(left, right), min(max(left, right) + 1, columns)),
            )
        )
    return found


def _position(column_name: str, row_name: str) -> tuple[int, int]:
    column = 0
    for letter in column_name:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(row_name) - 1, column - 1


@dataclass(frozen=True)
class FileToShow:
    """One file of a request: its place and hash, its kind, and what the checker found in it."""

    index: int
    size: int
    sha256: str
    kind: Kind
    findings: Sequence[Finding]


def previews(quarantine: Quarantine, number: int, files: Sequence[FileToShow]) -> list[Preview]:
    """What the reviewer is shown of each file of a request, from the airlock's own copies as they lie there."""
    shown: list[Preview] = []
    cells = size = 0
    for file in files:
        if cells >= REQUEST_CELLS or size + file.size > REQUEST_BYTES:
            shown.append(Preview("This file is not shown: the request is too large for one page."))
            continue
        try:
            content = quarantine.read(number, file.index, file.sha256)
        except CopyChanged as fault:
            shown.append(Preview(fault.sentence))
            continue
        made = preview(content, file.kind, file.findings)
        size += file.size
        cells += len(made.rows) * len(made.columns)
        shown.append(made)
    return shown


def preview(content: bytes, kind: Kind, findings: Sequence[Finding]) -> Preview:
    """What the reviewer is shown of ``content``."""
    if any(f.rule == ROW_LEVEL_RULE for f in findings):
        lines = content.count(b"\n")
        return Preview(f"Row-level content is not shown: about {lines} lines, {len(content)} bytes.")
    if kind is Kind.EMPTY and not content:
        return Preview("The file is empty.", complete=True)
    if kind not in {Kind.TABLE, Kind.TEXT}:
        return Preview(f"This kind of file is not shown here ({kind.label}, {len(content)} bytes).")
    if len(content) > FILE_BYTES:
        return Preview(
            f"This file is not shown: it has {len(content)} bytes, and the desk shows {FILE_BYTES}."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Preview("The file is not UTF-8 text, so it is not shown.")
    return _text(text) if kind is Kind.TEXT else _table(text, findings)


def _text(text: str) -> Preview:
    lines = text.replace("\r\n", "\n")
    shown = printable(lines[:TEXT_CHARS], keep="\n\t")
    cut = []
    if len(lines) > TEXT_CHARS:
        cut.append(f"only the first {TEXT_CHARS} characters are shown")
    if len(shown) < min(len(lines), TEXT_CHARS):
        cut.append(_UNSEEN)
    return Preview(f"Text of {len(lines)} characters{_cut(cut)}", complete=not cut, text=shown)


_UNSEEN = "characters that cannot be seen are left out"


def _cut(parts: Sequence[str]) -> str:
    return f". Not everything is shown: {'; '.join(parts)}." if parts else ", all of them shown."


def _table(text: str, findings: Sequence[Finding]) -> Preview:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    shown: list[list[str]] = []
    cut: dict[str, None] = {}
    width = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            wider = max(width, min(len(row), COLUMNS))
            if len(shown) == ROWS:
                cut[f"only the first {ROWS} rows"] = None
                break
            if (len(shown) + 1) * wider > CELLS:
                cut[f"only the first {CELLS} cells"] = None
                break
            if len(row) > COLUMNS:
                cut[f"only the first {COLUMNS} columns"] = None
            width = wider
            cells = []
            for value in row[:COLUMNS]:
                cell = printable(value[:CELL_CHARS])
                if len(value) > CELL_CHARS:
                    cut[f"only the first {CELL_CHARS} characters of a cell, then …"] = None
                    cells.append(cell + "…")
                else:
                    cells.append(cell)
                if len(cell) < min(len(value), CELL_CHARS):
                    cut[_UNSEEN] = None
            shown.append(cells)
    except csv.Error:
        return Preview("The file cannot be read as a table, so it is not shown.")
    marks, firsts = flagged(findings, len(shown), width)
    nothing = Cell("")
    rows = tuple(
        (*(Cell(v, marks.get((r, c), ())) for c, v in enumerate(values)), *[nothing] * (width - len(values)))
        for r, values in enumerate(shown)
    )
    note = f"Rows 1 to {len(rows)}, numbered as in a spreadsheet{_cut(list(cut))}"
    return Preview(note, not cut, tuple(letters(c) for c in range(width)), rows, firsts=firsts)
