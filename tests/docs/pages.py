"""The pages, taken apart: links, headings, fenced blocks, words in backquotes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Fence:
    """One fenced block: its language and its lines."""

    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """As people name it: relative to the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @cached_property
    def fences(self) -> list[Fence]:
        """Its fenced blocks."""
        return [Fence(language, text) for language, text in _FENCE.findall(self.text)]

    @cached_property
    def prose(self) -> str:
        """What stands outside fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return _LINK.findall(self.prose)

    @property
    def inline(self) -> list[str]:
        """What stands in backquotes."""
        return _INLINE.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as the usual renderers make them."""
        return {anchor(heading) for heading in _HEADING.findall(self.prose)}


def anchor(heading: str) -> str:
    """A heading's anchor: lower case, without punctuation, hyphens for spaces."""
    plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return plain.replace(" ", "-")


PAGES = [Page(ROOT / "README.md"), *(Page(path) for path in sorted(DOCS.rglob("*.md")))]


def named(page: Page) -> str:
    """For a test's name."""
    return page.name
