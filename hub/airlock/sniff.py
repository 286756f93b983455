"""What a file is, judged by its bytes: one of a fixed list of labels, whatever its name says.

The label is shown to the author's browser before release, so nothing in it may be chosen in the room.
"""

from __future__ import annotations

import csv
import io
from enum import Enum

SNIFFED_BYTES = 64 * 1024
_LINES = 50


class Kind(Enum):
    """A label for people, and the suffix under which the checker is shown our copy."""

    TABLE = ("table (CSV)", ".csv")
    EMPTY = ("empty file", ".bin")
    TEXT = ("text", ".txt")
    OTHER_TEXT = ("text (not UTF-8)", ".txt")
    JSON = ("text (JSON)", ".json")
    MARKUP = ("text (markup)", ".html")
    PICTURE = ("picture", ".png")
    PDF = ("PDF document", ".pdf")
    ARCHIVE = ("archive or office document", ".zip")
    PARQUET = ("table (Parquet)", ".parquet")
    BINARY = ("binary data", ".bin")

    def __init__(self, label: str, suffix: str) -> None:
        self.label = label
        self.suffix = suffix


SEVERAL = "several files"

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF8", Kind.PICTURE),
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", Kind.ARCHIVE),
    (b"PK\x05\x06", Kind.ARCHIVE),
    (b"\x1f\x8b", Kind.ARCHIVE),
    (b"\xd0\xcf\x11\xe0", Kind.ARCHIVE),
    (b"PAR1", Kind.PARQUET),
)


def sniff(head: bytes) -> Kind:
    """The kind of a file whose first ``SNIFFED_BYTES`` bytes (or all of it) are ``head``."""
    if not head:
        return Kind.EMPTY
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if b"\x00" in head:
        return Kind.BINARY
    try:
        # The cut may have gone through a character: forgive up to three bytes at the end.
        text = head.decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError as fault:
        if len(head) < SNIFFED_BYTES or fault.start < len(head) - 3:
            return Kind.OTHER_TEXT
        text = head[: fault.start].decode("utf-8-sig")
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        return Kind.JSON
    if start == "<":
        return Kind.MARKUP
    return Kind.TABLE if _is_table(text, cut=len(head) >= SNIFFED_BYTES) else Kind.TEXT


def _is_table(text: str, *, cut: bool) -> bool:
    """At least two lines with the same number of fields, two or more, under one separator."""
    for separator in ",;\t":
        rows = []
        try:
            for row in csv.reader(io.StringIO(text), delimiter=separator):
                rows.append(len(row))
                if len(rows) > _LINES:
                    break
        except csv.Error:
            continue
        if cut and len(rows) <= _LINES:
            rows = rows[:-1]
        filled = [n for n in rows if n]
        if len(filled) >= 2 and filled[0] >= 2 and len(set(filled)) == 1:
            return True
    return False


def checked_suffix(kind: Kind, declared_name: str) -> str:
    """The suffix under which the checker sees our copy.

    For text, the name's claim to be a table is passed on, so that the checker can say *why* it is not one
    (empty, wrong encoding, ragged). A claim can only choose how strictly the file is read; what
    cannot be read blocks.
    """
    if kind in {Kind.TEXT, Kind.OTHER_TEXT, Kind.EMPTY} and declared_name.lower().endswith(".csv"):
        return ".csv"
    return kind.suffix
