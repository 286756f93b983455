"""The few forms of Markdown that the generated pages use. Same values in, same text out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Generated from the code by docs/generate.py: do not edit; run `make docs`. -->"


def page(title: str, *parts: str) -> str:
    """A whole page: the line that says where it comes from, the title, the parts."""
    return "\n\n".join([GENERATED, f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; ``None`` is an empty cell."""
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def code(value: object) -> str:
    """A value as it is typed."""
    return f"`{value}`"


def listed(items: Iterable[str]) -> str:
    """A bullet list."""
    return "\n".join(f"- {item}" for item in items)


def prose(documented: object) -> str:
    """The docstring of a function or class as Markdown: its paragraphs, each on one line."""
    text = inspect.getdoc(documented) or ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(markdown(paragraph) for paragraph in paragraphs)


def markdown(text: str) -> str:
    """A docstring's way of writing code (two backquotes, roles) as Markdown's."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text.replace("``", "`"))


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return " ".join(text.replace("|", "\\|").split())
