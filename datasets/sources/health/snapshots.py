"""Which snapshot of a health source is in use, and where its identifiers lie."""

from __future__ import annotations

from pathlib import Path

from output_checker.errors import PlainError

from datasets.manifest import HealthManifest, IdentifiersManifest, read_manifest_as
from datasets.snapshot import content_hash, current_name, verify_files
from datasets.zone import DataZone


def current(zone: DataZone, name: str) -> tuple[Path, HealthManifest]:
    """The snapshot of a source (``gp``, …) imported last: its folder and manifest.

    Raises PlainError when nothing was imported or the snapshot is not there. Its files are not verified here.
    """
    sha256 = current_name(zone.sources(name))
    if sha256 is None:
        raise PlainError(f"No {name} data have been imported: run `lockedroom data import {name} DIR` first.")
    folder = zone.sources(name) / sha256
    manifest = read_manifest_as(folder, HealthManifest)
    if manifest.sha256 != sha256 or manifest.source != name:
        raise PlainError(f"{folder} is not an imported snapshot: move it away and import again.")
    return folder, manifest


def identifiers(zone: DataZone, manifest: HealthManifest) -> tuple[Path, IdentifiersManifest]:
    """What was split off from a snapshot: the folder, and its manifest, its files verified.

    Raises PlainError when it is not there or is not what was split off.
    """
    folder = zone.identifiers(manifest.source) / manifest.sha256
    split = read_manifest_as(folder, IdentifiersManifest)
    if split.source != manifest.source or split.sha256 != manifest.identifiers_sha256:
        raise PlainError(f"{folder} was not split off from its source: move it away and import again.")
    verify_files(folder, split.tables)
    return folder, split


def verify_identifiers(zone: DataZone, manifest: HealthManifest) -> None:
    """Raise PlainError unless what was split off from a snapshot still says what it said then."""
    folder, split = identifiers(zone, manifest)
    paths = {name: folder / table.file for name, table in split.tables.items()}
    if content_hash(split.header(), paths) != split.sha256:
        raise PlainError(f"{folder} is not what its manifest says: move it away and import again.")
