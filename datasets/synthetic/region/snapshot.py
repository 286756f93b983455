"""The imported STATS19 snapshot around which a region is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

from datasets.manifest import SourceManifest, read_manifest_as
from datasets.snapshot import current_name, verify_files
from datasets.zone import DataZone

_LEAST = 8
_PREFIX = re.compile(rf"[0-9a-f]{{{_LEAST},64}}")


@dataclass(frozen=True)
class PoliceSnapshot:
    """A verified snapshot: where it lies, its hash, and whether it is synthetic itself."""

    folder: Path
    sha256: str
    synthetic: bool


def find(zone: DataZone, named: str) -> PoliceSnapshot:
    """The snapshot with this hash or beginning of a hash, or the ``current`` one; its files are verified.

    Raises PlainError where there is none, or more than one, or it was damaged.
    """
    place = zone.sources("stats19")
    sha256 = current_name(place) if named == "current" else _by_prefix(place, named)
    if sha256 is None:
        raise PlainError(
            "No police records have been imported: run `lockedroom data import stats19 DIR` first."
        )
    manifest = read_manifest_as(place / sha256, SourceManifest)
    verify_files(place / sha256, manifest.tables)
    return PoliceSnapshot(place / sha256, sha256, manifest.synthetic)


def _by_prefix(place: Path, named: str) -> str:
    if not _PREFIX.fullmatch(named):
        raise PlainError(
            f"--police wants the hash of an imported STATS19 snapshot (at least its first {_LEAST} characters) "
            "or the word current."
        )
    found = sorted(path.name for path in place.glob(f"{named}*") if path.is_dir())
    if not found:
        raise PlainError(
            f"No imported STATS19 snapshot begins with {named}: `lockedroom data import stats19 DIR` says the "
            "hash of what it imports."
        )
    if len(found) > 1:
        raise PlainError(
            f"{len(found)} imported STATS19 snapshots begin with {named}: give more of the hash."
        )
    return found[0]
