"""What is in the zone: for each source, the snapshot in use and whether it is still good to use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from datasets import optout
from datasets.manifest import (
    HealthManifest,
    LinkedManifest,
    LinkedProvenance,
    SourceManifest,
    read_manifest_as,
)
from datasets.optout import OptOut
from datasets.snapshot import current_name
from datasets.sources.health.schema import SOURCES
from datasets.zone import DataZone

_KINDS: dict[str, type[SourceManifest | HealthManifest | LinkedManifest]] = {
    "stats19": SourceManifest,
    **dict.fromkeys(SOURCES, HealthManifest),
    "linked": LinkedManifest,
}


@dataclass(frozen=True)
class SourceState:
    """One source's snapshot in use.

    ``optout_sha256`` is the list whose persons were left out, None where the source is not about patients.
    Linked records have in ``imported_at`` when they were linked.
    ``out_of_date`` says that another list is in force now.
    """

    source: str
    sha256: str
    rows: dict[str, int]
    synthetic: bool
    imported_at: datetime
    optout_sha256: str | None
    out_of_date: bool


def opt_out_in_force(zone: DataZone) -> OptOut | None:
    """The opt-out list in force; None if none was ever given. Raises PlainError when it is damaged."""
    return None if current_name(zone.optout) is None else optout.current(zone)


def source_states(zone: DataZone) -> list[SourceState]:
    """Every source that was imported, and linked records.

    Raises PlainError when a snapshot or the opt-out list is damaged.
    """
    return list(_states(zone, opt_out_in_force(zone)))


def _states(zone: DataZone, in_force: OptOut | None) -> Iterator[SourceState]:
    for source in _KINDS:
        name = current_name(zone.sources(source))
        if name is None:
            continue
        manifest = read_manifest_as(zone.sources(source) / name, _KINDS[source])
        left_out = None if isinstance(manifest, SourceManifest) else manifest.optout_sha256
        made = manifest.provenance
        at = made.linked_at if isinstance(made, LinkedProvenance) else made.imported_at
        yield SourceState(
            source=source,
            sha256=name,
            rows={table: one.rows for table, one in manifest.tables.items()},
            synthetic=manifest.synthetic,
            imported_at=at,
            optout_sha256=left_out,
            out_of_date=left_out is not None and (in_force is None or in_force.sha256 != left_out),
        )
