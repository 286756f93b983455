"""Which extract a project's rooms see at ``/data``: the data zone is known by its files alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict, ValidationError

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


@dataclass(frozen=True)
class ExtractSummary:
    """What a project's extract holds, without a value of it: rows of each table, and when it was made."""

    snapshot: str
    synthetic: bool
    made_at: datetime
    rows: dict[str, int]


def summary(extract: Path) -> ExtractSummary:
    """What the manifest of an extract says. Raises PlainError where it cannot be read."""
    try:
        manifest = _Manifest.model_validate_json((extract / "manifest.json").read_bytes())
    except (OSError, ValidationError):
        raise PlainError("The manifest of this extract cannot be read: make the extract again.") from None
    rows = {name: table.rows for name, table in manifest.tables.items()}
    return ExtractSummary(extract.name, manifest.synthetic, manifest.provenance.made_at, rows)


class _Part(BaseModel):
    # The data zone's manifests say much more; only this much is needed here.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Table(_Part):
    rows: int


class _Provenance(_Part):
    made_at: datetime


class _Manifest(_Part):
    synthetic: bool
    tables: dict[str, _Table]
    provenance: _Provenance
