"""One pass over a CSV file before anything is made of it: its hash, its encoding, its shape.

The fast CSV reader that follows fills short rows with missing values without a word, so a download that broke
off would lose its end unseen. This pass is slower and strict, and names the line.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

from datasets.progress import Progress, silent

_CHUNK = 1 << 20


@dataclass(frozen=True)
class CheckedFile:
    """A CSV file that was read once from beginning to end."""

    path: Path
    sha256: str
    bytes: int
    rows: int
    headings: list[str]


def check_csv(path: Path, progress: Progress = silent) -> CheckedFile:
    """Read the whole file once; memory does not grow with it.

    Raises PlainError, naming file and line, when it is empty, is not UTF-8 text, is not CSV with one heading
    per field, or has no row.
    """
    digest = hashlib.sha256()
    size = path.stat().st_size
    if size == 0:
        raise PlainError(f"{path.name} is empty: get it again.")
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                digest.update(line)
                read += len(line)
                if len(line) > _CHUNK:
                    raise PlainError(
                        f"{path.name} is not a CSV file: line {number} is longer than a million bytes."
                    )
                if number % 50_000 == 0:
                    progress(f"reading {path.name}", read, size)
                yield _text(path, number, line)

    reader = csv.reader(lines(), strict=True)
    rows = 0
    try:
        headings = next(reader, [])
        if len(headings) < 2:
            raise PlainError(
                f"{path.name} is not a CSV file: its first line holds no headings separated by commas."
            )
        for row in reader:
            if len(row) != len(headings):
                if not row and read >= size:
                    continue
                raise PlainError(
                    f"{path.name}, line {reader.line_num}: {len(row)} fields where the heading has "
                    f"{len(headings)}; "
                    "the file is damaged or was cut off."
                )
            rows += 1
    except csv.Error as error:
        raise PlainError(
            f"{path.name}, line {reader.line_num}: not CSV; its quotes or line ends are not where they belong."
        ) from error
    if rows == 0:
        raise PlainError(f"{path.name} has headings but no rows.")
    progress(f"reading {path.name}", size, size)
    return CheckedFile(path, digest.hexdigest(), read, rows, headings)


def _text(path: Path, number: int, line: bytes) -> str:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise PlainError(
            f"{path.name}, line {number}: byte 0x{line[error.start]:02x} is not UTF-8 text "
            "(is the file in Latin-1?); save it as UTF-8."
        ) from error
    if "\0" in text:
        raise PlainError(f"{path.name} is not a CSV file: line {number} holds a null byte.")
    return text


def read_small_csv(path: Path) -> tuple[CheckedFile, list[list[str]]]:
    """A small CSV file with its rows below the headings; the same refusals as ``check_csv``."""
    checked = check_csv(path)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    return checked, [row for row in rows[1:] if row]
