"""CSV, TSV and their relatives: which sign parts the cells, how decimals are written, all within limits."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from output_checker.findings import Finding, Severity
from output_checker.policy import Limits
from output_checker.readers.cells import read_cell
from output_checker.readers.decoding import decode
from output_checker.readers.layout import find_tables
from output_checker.readers.places import column_name
from output_checker.readers.table import Document, Sheet

_DELIMITERS = (",", ";", "\t", "|")
_RECORDS_LOOKED_AT = 200
_ROWS_KEPT_BEYOND_A_LIMIT = 5_000  # the file is refused; these tell its sender more

_COMMA_SURELY_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]+,[0-9]{1,2}|[0-9]+,[0-9]{4,}|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+)%?"
)
_POINT_SURELY_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]*\.[0-9]{1,2}|[0-9]*\.[0-9]{4,}|0?\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+)%?"
)
_READS_TWO_WAYS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}%?")


@dataclass(frozen=True)
class _Records:
    rows: list[list[str]]
    findings: list[Finding]


def read_delimited(data: bytes, limits: Limits, delimiter_hint: str | None = None) -> Document:
    """A document of one sheet from the bytes of a CSV or TSV file; what went wrong is in its findings."""
    document = Document("csv")
    decoded = decode(data)
    document.findings += decoded.findings
    if decoded.text is None:
        return document
    if not decoded.text.strip(" \t\r\n\ufeff,;|"):
        document.findings.append(
            Finding("empty", Severity.BLOCK, "file", "The file is empty: there is nothing to check.", None)
        )
        return document
    delimiter, unsure = choose_delimiter(decoded.text, delimiter_hint)
    document.findings += unsure
    records = _records(decoded.text, delimiter, limits)
    document.findings += records.findings
    decimal_comma, ambiguous = decimal_style(records.rows, delimiter)
    document.findings += ambiguous
    sheet = Sheet([[read_cell(text, decimal_comma) for text in row] for row in records.rows])
    document.sheets.append(sheet)
    layout = find_tables(sheet)
    document.tables += layout.tables
    document.findings += layout.findings
    return document


def choose_delimiter(text: str, hint: str | None = None) -> tuple[str, list[Finding]]:
    """The sign that parts the cells: the one by which most records have the same, largest number of cells."""
    head = text[:200_000]
    scores: dict[str, tuple[float, int]] = {}
    for delimiter in _DELIMITERS:
        if delimiter not in head:
            continue
        widths = _widths(head, delimiter)
        if not widths:
            continue
        width, times = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
        if width >= 2:
            scores[delimiter] = (times / len(widths), width)
        elif max(widths) >= 2:
            scores[delimiter] = (sum(w >= 2 for w in widths) / len(widths) / 2, max(widths))
    if not scores:
        return hint or ",", []
    if hint in scores and scores[hint][0] >= 0.5:
        return hint, []
    best = max(scores, key=lambda d: scores[d])
    rivals = [
        d for d, (share, _) in scores.items() if d != best and share >= 0.999 and scores[best][0] >= 0.999
    ]
    if not rivals:
        return best, []
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    message = f"The cells can be parted by {names[best]} or by {names[rivals[0]]}; {names[best]} were taken."
    return best, [
        Finding("layout", Severity.REVIEW, "file", message, "Save the table with one kind of separator.")
    ]


def _widths(head: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for record in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in record):
                widths.append(len(record))
            if len(widths) >= _RECORDS_LOOKED_AT:
                break
    except csv.Error:
        return widths
    return widths


def _records(text: str, delimiter: str, limits: Limits) -> _Records:
    rows: list[list[str]] = []
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            rows.append(record)
            cells += len(record)
            too_much = _beyond(rows, record, cells, limits)
            if too_much is not None:
                return _Records(rows[:_ROWS_KEPT_BEYOND_A_LIMIT], [too_much])
    except csv.Error as error:
        message = (
            f"Line {reader.line_num} cannot be read as CSV ({error}): programs will read it differently."
        )
        fix = "Write the file again with a CSV writer, and close every quotation mark."
        return _Records(rows, [Finding("layout", Severity.BLOCK, f"A{len(rows) + 1}", message, fix)])
    return _Records(rows, [])


def _beyond(rows: list[list[str]], record: list[str], cells: int, limits: Limits) -> Finding | None:
    """The limit that the latest record breaks, if any."""
    where = f"A{len(rows)}"
    fix = "Send aggregated results in several smaller files."
    if len(rows) > limits.rows:
        return Finding("size", Severity.BLOCK, where, f"The table has more than {limits.rows:,} rows.", fix)
    if len(record) > limits.columns:
        return Finding(
            "size", Severity.BLOCK, where, f"Row {len(rows)} has more than {limits.columns:,} columns.", fix
        )
    if cells > limits.cells:
        return Finding("size", Severity.BLOCK, where, f"The file has more than {limits.cells:,} cells.", fix)
    for column, text in enumerate(record):
        if len(text) > limits.cell_characters:
            message = f"The cell holds {len(text):,} characters; at most {limits.cell_characters:,} are read."
            where = f"{column_name(column)}{len(rows)}"
            return Finding(
                "size", Severity.BLOCK, where, message, "Take long texts out: they are not statistics."
            )
    return None


def decimal_style(rows: list[list[str]], delimiter: str) -> tuple[bool, list[Finding]]:
    """Whether a comma is the decimal sign in this file; a finding where the file itself leaves it open."""
    comma = point = two_ways = 0
    first_two_ways = ""
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if "," not in text and "." not in text:
                continue
            stripped = text.strip()
            if _COMMA_SURELY_DECIMAL.fullmatch(stripped):
                comma += 1
            elif _POINT_SURELY_DECIMAL.fullmatch(stripped):
                point += 1
            elif _READS_TWO_WAYS.fullmatch(stripped) and (delimiter != "," or "," in stripped):
                two_ways += 1
                first_two_ways = first_two_ways or f"{column_name(c)}{r + 1}"
    if comma and point:
        return comma > point, [
            _unclear("file", "Some numbers have a decimal comma and others a decimal point.")
        ]
    if two_ways and not comma and not point and delimiter != ",":
        message = (
            "Numbers such as this one read two ways, with a thousands separator or with three decimals, "
            "and nothing in the file decides it."
        )
        return False, [_unclear(first_two_ways, message)]
    return comma > 0, []


def _unclear(where: str, message: str) -> Finding:
    fix = "Write numbers with a decimal point and without thousands separators."
    return Finding("number_format", Severity.REVIEW, where, message, fix)
