"""Find random words again in what a browser received, also where they were escaped, encoded or cut up.

A word is 24 random letters. Any 12 letters of it in a row count as found, so a shortened name does not hide.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

LETTERS = 24
# Enough that chance finds nothing: the hub's pages hold long random tokens as well.
_PIECE = 12
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})")
_KEPT = re.compile(rb"[^a-z0-9]+")


@dataclass(frozen=True, order=True)
class Found:
    """A word that came through: the field in which it was planted, and the form in which it was seen."""

    field: str
    form: str


class Search:
    """Looks for ``words``, which map the name of a field to what was planted there."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._needles: dict[bytes, Found] = {}
        for field, word in words.items():
            for form, needle in forms(word).items():
                for start in range(len(needle) - _PIECE + 1):
                    self._needles.setdefault(needle[start : start + _PIECE], Found(field, form))

    def __call__(self, received: bytes) -> set[Found]:
        """What of the words is in ``received``: bytes as they came, or a body after its content encoding."""
        found = set()
        for text in _readings(received):
            for start in range(len(text) - _PIECE + 1):
                needle = self._needles.get(text[start : start + _PIECE])
                if needle is not None:
                    found.add(needle)
        return found


def forms(word: str) -> dict[str, bytes]:
    """The ways to write a word that survive :func:`_squeezed`, by name. UTF-16 becomes plain there."""
    plain = word.lower().encode("ascii")
    found = {
        "plain": plain,
        "backwards": plain[::-1],
        "hexadecimal": plain.hex().encode(),
        "character codes": "".join(str(code) for code in plain).encode(),
    }
    for cased, name in (
        (word.encode("ascii"), "base64"),
        (word.upper().encode("ascii"), "base64 of capitals"),
    ):
        for before in range(3):
            # What the neighbours decide is left out at both ends.
            written = base64.b64encode(b"\0" * before + cased)[(before * 4 + 2) // 3 : -4]
            found[f"{name} {before}"] = _squeezed(written)
    return found


def _readings(received: bytes) -> set[bytes]:
    """The bytes as they are, and as text with escapes undone and with markup gone."""
    text = unquote_to_bytes(received).decode("utf-8", errors="replace")
    for _ in range(2):  # what was escaped twice
        text = html.unescape(_ESCAPED.sub(_character, text))
    texts = (text, _TAG.sub("", text))
    return {_squeezed(received), *(_squeezed(t.encode("utf-8", errors="replace")) for t in texts)}


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code < 0x110000 else ""


def _squeezed(text: bytes) -> bytes:
    """Small letters and digits only: separators, invisible characters and zero bytes cut no word in two."""
    return _KEPT.sub(b"", text.lower())
