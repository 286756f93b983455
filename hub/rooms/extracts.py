"""Which extract a project's rooms see at ``/data``: the data zone is known by its files alone."""

from __future__ import annotations

import re
from pathlib import Path

from output_checker.errors import PlainError

_SNAPSHOT = re.compile(r"[0-9a-f]{64}")


def current_extract(state: Path, project: str) -> Path | None:
    """The folder of the project's newest extract, or ``None`` if none was made yet."""
    folder = state / "data" / "extracts" / project
    try:
        name = (folder / "current").read_text().strip()
    except FileNotFoundError:
        return None
    if not _SNAPSHOT.fullmatch(name) or not (folder / name / "manifest.json").is_file():
        raise PlainError(
            f"The extract of {project} is damaged: make it again with `lockedroom data extract {project}`."
        )
    return folder / name
