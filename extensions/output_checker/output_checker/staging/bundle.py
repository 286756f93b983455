"""The bundle: the one form in which files reach the airlock.

    /outbox/<name>/bundle.json      what is in it
    /outbox/<name>/files/0          the first file's bytes
    /outbox/<name>/files/1          the second file's bytes, and so on

A name that begins with a full stop is still being written, and the airlock does not look at it.
Both sides use this description; the airlock believes nothing that is written in it.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
MANIFEST = "bundle.json"
FILES = "files"
# Temporary names: the airlock skips whatever begins with a full stop.
HIDDEN = ".staging-"

MAX_FILES = 50
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_BUNDLE_BYTES = 100 * 1024 * 1024
MAX_MANIFEST_BYTES = 64 * 1024
MAX_NAME_BYTES = 200
MAX_CONTEXT_CHARS = 4000

# Characters that make a name look like another one: format characters (bidirectional overrides,
# zero-width joiners), controls, surrogates, private use, and the line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def unseen(character: str) -> bool:
    """Whether a character is invisible or changes how its neighbours are drawn."""
    return unicodedata.category(character) in _UNSEEN


def printable(text: str, keep: str = "") -> str:
    """``text`` without characters that are invisible or change how others are drawn.

    ``keep`` lists exceptions, for instance a line break in a comment.
    """
    return "".join(c for c in text if c in keep or not unseen(c))


def name_problem(name: str) -> str | None:
    """Why ``name`` cannot be the name of a staged file, as the end of a sentence; None if it can.

    >>> name_problem("table1.csv")
    >>> name_problem("../table1.csv")
    'contains a slash'
    """
    if not name or name.strip() != name:
        return "is empty, or begins or ends with a space"
    if "/" in name or "\\" in name:
        return "contains a slash"
    if name in {".", ".."} or name.startswith("."):
        return "begins with a full stop"
    if any(unseen(c) for c in name):
        return "contains characters that cannot be seen"
    if unicodedata.normalize("NFC", name) != name:
        return "writes an accented letter as two characters"
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    return None


class BundledFile(BaseModel):
    """One file, as the room declares it. The airlock measures and hashes again."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    index: Annotated[int, Field(ge=0, lt=MAX_FILES)]
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME_BYTES)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Bundle(BaseModel):
    """``bundle.json``."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Literal[1]
    files: Annotated[list[BundledFile], Field(min_length=1, max_length=MAX_FILES)]
    context: Annotated[str, Field(max_length=MAX_CONTEXT_CHARS)] | None = None
