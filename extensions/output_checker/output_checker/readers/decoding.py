"""From bytes to text: which encoding a file is in, or a plain finding that says how to save it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

from output_checker.findings import Finding, Severity

SAVE_AS_UTF8 = (
    "Save the file as CSV in UTF-8 (in Excel: 'CSV UTF-8'; in pandas: to_csv(path, encoding='utf-8'))."
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Office file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"$FL2", "an SPSS file"),
    (b"\x7fELF", "a program"),
    (b"\x80\x04\x95", "a Python pickle"),
)

# Control characters that no spreadsheet program writes into a CSV file.
_CONTROL = {chr(code) for code in range(32)} - {"\t", "\n", "\r"} | {chr(code) for code in range(0x7F, 0xA0)}


@dataclass(frozen=True)
class Decoded:
    """The text of a file (None where it has none) and what was noticed on the way."""

    text: str | None
    findings: list[Finding] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Read bytes as UTF-8, UTF-16 with a byte order mark, or Windows-1252, in this order.

    UTF-8 is proof by itself: other encodings hardly ever happen to be valid UTF-8. Windows-1252 (and Latin-1,
    its subset in print) is a guess, because any bytes can be read so; digits and commas are the same in all
    encodings of this family, names may not be. The guess is therefore a finding for review, not a pass.
    """
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return Decoded(None, [_binary(f"The file's name says CSV, but its content is {what}.")])
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            return Decoded(None, [_undecodable(f"its UTF-16 breaks off at byte {error.start}")])
        return _without_controls(text, [])
    if b"\x00" in data:
        return Decoded(None, [_binary("The file holds zero bytes: it is binary, or UTF-16 without a mark.")])
    try:
        return _without_controls(data.decode("utf-8-sig"), [])
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        broken = f"byte {error.start} (line {line}) is not valid UTF-8"
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return Decoded(None, [_undecodable(f"{broken}, and it is not Windows-1252 either")])
    guess = Finding(
        "encoding",
        Severity.REVIEW,
        "file",
        f"The file is not UTF-8: {broken}. It was read as Windows-1252 (Latin-1), which is a guess: "
        "numbers are safe from it, names with accents may be wrong.",
        SAVE_AS_UTF8,
    )
    return _without_controls(text, [guess])


def _without_controls(text: str, findings: list[Finding]) -> Decoded:
    found = next((ch for ch in text if ch in _CONTROL), None) if _has_control(text) else None
    if found is None:
        return Decoded(text, findings)
    line = text.count("\n", 0, text.index(found)) + 1
    return Decoded(
        None, [_binary(f"Line {line} holds the control character U+{ord(found):04X}: not a text table.")]
    )


def _has_control(text: str) -> bool:
    return not _CONTROL.isdisjoint(text)


def _binary(message: str) -> Finding:
    return Finding("encoding", Severity.BLOCK, "file", message, SAVE_AS_UTF8)


def _undecodable(what: str) -> Finding:
    message = f"The file cannot be read as text: {what}."
    return Finding("encoding", Severity.BLOCK, "file", message, SAVE_AS_UTF8)
