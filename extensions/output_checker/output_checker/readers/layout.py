"""Where the tables are in a sheet: titles and notes around them, header rows above, body below.

What is set aside as a title, a note or a header is said in a finding, so that nothing goes unread in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from output_checker.findings import Finding, Severity
from output_checker.readers.cells import BLANK, Content, Kind
from output_checker.readers.table import Sheet, Table

_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_. ][a-z0-9]+)*|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+")
_UNIT_WORDS = {
    "n",
    "%",
    "(n)",
    "(%)",
    "n (%)",
    "count",
    "counts",
    "percent",
    "per cent",
    "mean",
    "sd",
    "mean (sd)",
}
_MOST_HEADER_ROWS = 6

PLAIN_FIX = "Save one plain table per file: one header row, then the rows."


@dataclass
class Layout:
    """The tables of a sheet and what was noticed while finding them."""

    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def find_tables(sheet: Sheet) -> Layout:
    """Split a sheet at its blank rows and read each part as a table, a title or a note."""
    layout = Layout()
    blocks = _blocks(sheet)
    widest = max((_width(sheet.rows[r]) for block in blocks for r in block), default=0)
    if widest == 0:
        layout.findings.append(Finding("empty", Severity.BLOCK, "file", "The table holds no values.", None))
        return layout
    waiting: list[int] = []
    for block in blocks:
        if waiting and _starts_without_header(sheet, block, waiting):
            waiting += block
            continue
        _read_block(sheet, waiting, widest, layout)
        waiting = list(block)
    _read_block(sheet, waiting, widest, layout)
    if not layout.tables:
        layout.findings.append(
            Finding(
                "layout",
                Severity.REVIEW,
                "file",
                "No table was found in the file, only lines of text.",
                PLAIN_FIX,
            )
        )
    return layout


def _blocks(sheet: Sheet) -> list[list[int]]:
    blocks: list[list[int]] = []
    fresh = True
    for r, row in enumerate(sheet.rows):
        if _width(row) == 0:
            fresh = True
        elif fresh:
            blocks.append([r])
            fresh = False
        else:
            blocks[-1].append(r)
    return blocks


def _width(row: list[Content]) -> int:
    """The number of cells up to the last one that is not blank."""
    for c in range(len(row) - 1, -1, -1):
        if row[c].kind is not Kind.BLANK:
            return c + 1
    return 0


def _filled(row: list[Content]) -> int:
    return sum(content.kind is not Kind.BLANK for content in row)


def _starts_without_header(sheet: Sheet, block: list[int], before: list[int]) -> bool:
    """Whether a block goes on with the table above a blank row instead of starting a new one."""
    width = max(_width(sheet.rows[r]) for r in block)
    above = max(_width(sheet.rows[r]) for r in before)
    if width != above or width < 2:
        return False
    return any(content.is_numeric or content.kind is Kind.MARK for content in sheet.rows[block[0]][1:]) and (
        not _is_header(sheet.rows[block[0]], [sheet.rows[r] for r in block[1:]])
    )


def _read_block(sheet: Sheet, rows: list[int], widest: int, layout: Layout) -> None:
    if not rows:
        return
    rows = _without_titles(sheet, rows, widest, layout)
    if not rows:
        return
    width = max(_width(sheet.rows[r]) for r in rows)
    body = [(sheet.rows[r] + [BLANK] * width)[:width] for r in rows]
    depth, findings = _header_depth(sheet, rows, body)
    layout.findings += findings
    header = _header(body[:depth], width)
    if not body[depth:]:
        message = f"Row {rows[0] + 1} is a header without any rows below it."
        layout.findings.append(
            Finding("layout", Severity.REVIEW, sheet.where(rows[0], 0), message, PLAIN_FIX)
        )
        return
    layout.findings += _ragged(sheet, rows)
    layout.findings += _repeated(sheet, header, rows)
    header_row = rows[depth - 1] if depth else None
    layout.tables.append(Table(sheet, header, body[depth:], rows[depth:], header_row))


def _without_titles(sheet: Sheet, rows: list[int], widest: int, layout: Layout) -> list[int]:
    """Take off lines of one cell above and below a table of several columns; each is named in a finding."""
    if widest < 2:
        return rows
    start, end = 0, len(rows)
    while start < end and _filled(sheet.rows[rows[start]]) == 1 and _is_words(sheet.rows[rows[start]][0:1]):
        start += 1
    while end > start and _filled(sheet.rows[rows[end - 1]]) == 1 and _is_note(sheet.rows[rows[end - 1]]):
        end -= 1
    for r in rows[:start] + rows[end:]:
        message = f"Row {r + 1} was taken as a title or note, not as part of the table."
        layout.findings.append(Finding("layout", Severity.INFO, sheet.where(r, 0), message, None))
    return rows[start:end]


def _is_words(cells: list[Content]) -> bool:
    return all(content.kind in (Kind.TEXT, Kind.FORMULA) for content in cells)


def _is_note(row: list[Content]) -> bool:
    """A last line is a note if it reads like one; a bare label may be a row whose values are missing."""
    text = row[0].text if row and row[0].kind in (Kind.TEXT, Kind.FORMULA, Kind.MARK) else ""
    lowered = text.lower()
    starts = ("note", "source", "*", "†", "‡", "#", "[", "(", "data", "footnote", "n =", "counts", "suppress")
    return bool(text) and (lowered.startswith(starts) or len(text.split()) >= 5)


def _header_depth(sheet: Sheet, rows: list[int], body: list[list[Content]]) -> tuple[int, list[Finding]]:
    """How many rows at the top are headers, and what is uncertain about it."""
    first, rest = body[0], body[1:]
    if not rest and not any(content.is_numeric for content in first):
        return 1, []
    if not _is_header(first, rest):
        message = (
            f"Row {rows[0] + 1} looks like values, not like column names: it was checked as values, "
            "and what the columns mean is unknown."
        )
        return 0, [Finding("layout", Severity.REVIEW, sheet.where(rows[0], 0), message, "Add a header row.")]
    depth = 1
    index_name = _index_name_row(body)
    if index_name is not None:
        depth = index_name + 1
    elif len(body) > 2 and _goes_on_with_header(first, body[1], body[2:]):
        depth = 2
    if depth == 1 and _header_could_be_values(first, rest):
        message = (
            f"Row {rows[0] + 1} was taken as the header, but its numbers could also be values of a table "
            "without a header."
        )
        fix = "Name the columns in words, for example 'year 2014' or 'severity 1'."
        return 1, [Finding("layout", Severity.REVIEW, sheet.where(rows[0], 0), message, fix)]
    return depth, []


def _is_header(row: list[Content], below: list[list[Content]]) -> bool:
    """Whether a first row names columns: words above numbers, or numbers that only names can be."""
    numeric = [content for content in row if content.is_numeric]
    if not numeric:
        return True
    for c, content in enumerate(row):
        if content.kind in (Kind.TEXT, Kind.DATE, Kind.MARK) and _mostly_values(below, c):
            return True
    if any(content.kind is Kind.PERCENT or not content.is_whole for content in numeric):
        return False
    values = [content.value for content in row[1:] if isinstance(content.value, int)]
    if row[0].is_numeric or not values:
        return False
    return _are_labels(values)


def _mostly_values(rows: list[list[Content]], column: int) -> bool:
    kinds = [row[column] for row in rows if column < len(row) and row[column].kind is not Kind.BLANK]
    return sum(content.is_numeric for content in kinds) * 2 > len(kinds) > 0


def _are_labels(values: list[int]) -> bool:
    if all(1900 <= value <= 2100 for value in values) or values == [0]:
        return True
    if len(values) < 2 or len(set(values)) < len(values):
        return False
    if values != sorted(values):  # codes kept as text are in the order of text: 10 before 9
        return values == sorted(values, key=str) and max(values) <= 120
    steps = {b - a for a, b in pairwise(values)}
    return steps == {1} or (len(steps) == 1 and len(values) >= 3) or max(values) <= 120


def _header_could_be_values(row: list[Content], below: list[list[Content]]) -> bool:
    """Numbers for names are taken without a word only where something shows that they are names."""
    values = [content.value for content in row[1:] if isinstance(content.value, int)]
    if not values or any(content.kind in (Kind.TEXT, Kind.DATE) for content in row[1:]):
        return False
    if all(1900 <= value <= 2100 for value in values):
        return False
    name = row[0].text if row else ""
    words_above_numbers = row[0].kind is Kind.TEXT and _mostly_values(below, 0)
    return not (not name or words_above_numbers or _VARIABLE_NAME.fullmatch(name))


def _index_name_row(body: list[list[Content]]) -> int | None:
    """The row that only names the row labels, below header rows of several levels (as pandas writes them)."""
    for r in range(1, min(_MOST_HEADER_ROWS, len(body) - 1)):
        row = body[r]
        named = [c for c, content in enumerate(row) if content.kind is not Kind.BLANK]
        if not named or len(row) < 2 or named != list(range(len(named))) or len(named) >= len(row):
            continue
        lead = len(named)
        above_full = all(
            content.kind is not Kind.BLANK and not (content.is_numeric and not content.is_whole)
            for upper in body[:r]
            for content in upper[lead:]
        )
        words = all(row[c].kind is Kind.TEXT for c in named)
        if (
            words
            and above_full
            and _repeats(body[0][lead:])
            and any(x.is_numeric for x in body[r + 1][lead:])
        ):
            return r
    return None


def _repeats(cells: list[Content]) -> bool:
    texts = [content.text for content in cells]
    return len(set(texts)) < len(texts) or len(texts) == 1


def _goes_on_with_header(first: list[Content], second: list[Content], below: list[list[Content]]) -> bool:
    """Whether a second row of words is a second header level, not a row of values nobody understands."""
    if any(content.is_numeric for content in second):
        return False
    named = [content for content in second[1:] if content.kind is not Kind.BLANK]
    if not named or not any(_mostly_values(below, c) for c in range(1, len(second))):
        return False
    units = all(content.text.lower() in _UNIT_WORDS for content in named)
    upper = [content.text for content in first[1:]]
    merged = len(set(upper)) < len(upper)
    words = sum(content.kind is Kind.TEXT for content in named) * 2 > len(named)
    return units or (merged and words)


def _header(rows: list[list[Content]], width: int) -> list[tuple[str, ...]]:
    """Header texts by column; a blank below a merged upper level takes the text to its left."""
    levels: list[list[str]] = []
    for level, row in enumerate(rows):
        texts = [content.text for content in row]
        if level < len(rows) - 1 and any(not text for text in texts[1:]):
            for c in range(2, width):
                texts[c] = texts[c] or texts[c - 1]
        levels.append(texts)
    return [tuple(level[c] for level in levels) for c in range(width)] if levels else [("",)] * width


def _ragged(sheet: Sheet, rows: list[int]) -> list[Finding]:
    lengths = Counter(len(sheet.rows[r]) for r in rows)
    usual = lengths.most_common(1)[0][0]
    odd = [
        r
        for r in rows
        if len(sheet.rows[r]) != usual and (_width(sheet.rows[r]) > usual or len(sheet.rows[r]) < usual)
    ]
    if not odd:
        return []
    message = f"Row {odd[0] + 1} has {len(sheet.rows[odd[0]])} cells where most rows have {usual}"
    message += f", and so do {len(odd) - 1} more rows." if len(odd) > 1 else "."
    return [Finding("layout", Severity.REVIEW, sheet.where(odd[0], 0), message, PLAIN_FIX)]


def _repeated(sheet: Sheet, header: list[tuple[str, ...]], rows: list[int]) -> list[Finding]:
    named = Counter(level for level in header if any(level))
    twice = next((c for c, level in enumerate(header) if named[level] > 1), None)
    if twice is None:
        return []
    message = "Two columns have the same name, so nobody can tell them apart."
    return [
        Finding(
            "layout", Severity.REVIEW, sheet.where(rows[0], twice), message, "Give each column its own name."
        )
    ]
