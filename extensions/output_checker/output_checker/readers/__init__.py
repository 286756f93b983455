"""Readers: from a file's bytes to sheets, tables and places that a person can find."""

from __future__ import annotations

from pathlib import Path

from output_checker.findings import Finding, Severity
from output_checker.policy import Limits
from output_checker.readers.delimited import read_delimited
from output_checker.readers.table import Document

#: File name endings this checker reads, with the delimiter they promise (None: found out).
DELIMITED_SUFFIXES: dict[str, str | None] = {".csv": None, ".tsv": "\t", ".tab": "\t"}


def read(data: bytes, path: Path, limits: Limits) -> Document:
    """Read a file's bytes by its name's ending. A type nobody here understands is a finding that blocks."""
    suffix = path.suffix.lower()
    if suffix in DELIMITED_SUFFIXES:
        return read_delimited(data, limits, DELIMITED_SUFFIXES[suffix])
    shown = "".join(ch for ch in suffix if ch.isalnum() or ch == ".")[:12]
    message = (
        f"Files of type '{shown}' are not understood by this checker."
        if shown
        else "The file's name has no ending, so its type is unknown."
    )
    known = ", ".join(DELIMITED_SUFFIXES)
    return Document(
        "unknown",
        findings=[
            Finding("file_type", Severity.BLOCK, "file", message, f"Save the table as one of: {known}.")
        ],
    )
