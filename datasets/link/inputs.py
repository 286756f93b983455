"""What is linked: the snapshots in use, without anybody who is on the opt-out list now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets import optout
from datasets.manifest import HealthManifest, LinkedInput, SourceManifest, read_manifest_as
from datasets.optout import OptOut
from datasets.snapshot import current_name, verify_files
from datasets.sources.health import current
from datasets.sources.health.schema import SOURCES
from datasets.zone import DataZone

POLICE = "stats19"
AMBULANCE = "ambulance"
HOSPITAL = "hospital"


@dataclass(frozen=True)
class Input:
    """One snapshot."""

    folder: Path
    manifest: SourceManifest | HealthManifest

    def scan(self, table: str) -> pl.LazyFrame:
        """A table as it was imported."""
        return pl.scan_parquet(self.folder / self.manifest.tables[table].file, glob=False)

    def described(self) -> LinkedInput:
        """What a manifest says of it."""
        return LinkedInput(
            sha256=self.manifest.sha256,
            synthetic=self.manifest.synthetic,
            licence=self.manifest.licence,
            files=self.manifest.provenance.files,
        )


@dataclass(frozen=True)
class Inputs:
    """The snapshots that are there, by source, and the opt-out list in force."""

    snapshots: dict[str, Input]
    left_out: OptOut

    def frame(self, source: str, table: str) -> pl.LazyFrame:
        """A table without persons who have opted out; the police's, to which the opt-out does not apply, whole."""
        rows = self.snapshots[source].scan(table)
        if source == POLICE:
            return rows
        if "person" in rows.collect_schema():
            people = pl.scan_parquet(self.left_out.people_path, glob=False)
            return rows.join(people, on="person", how="anti", maintain_order="left")
        if (source, table) == (AMBULANCE, "incidents"):
            return rows.join(self._emptied(), on="incident_id", how="anti", maintain_order="left")
        return rows

    def _emptied(self) -> pl.LazyFrame:
        """Incidents all of whose patients have opted out: they tell about nobody else."""
        before = self.snapshots[AMBULANCE].scan("patient_records").select("incident_id").unique()
        after = self.frame(AMBULANCE, "patient_records").select("incident_id").unique()
        return before.join(after, on="incident_id", how="anti")

    def left_out_rows(self, source: str, table: str) -> int:
        """Rows of a table that the opt-out left out, at the import and now."""
        manifest = self.snapshots[source].manifest
        assert isinstance(manifest, HealthManifest)
        now = int(self.frame(source, table).select(pl.len()).collect(engine="streaming").item())
        return manifest.rows[table].opted_out + manifest.tables[table].rows - now


def read_inputs(zone: DataZone) -> Inputs:
    """The snapshots in use, their files verified.

    Police and ambulance have to be there; hospital, general practice and population are linked where they are.
    Raises PlainError when something is missing or damaged, or when persons have pseudonyms of different keys.
    """
    left_out = optout.current(zone)
    name = current_name(zone.sources(POLICE))
    if name is None:
        raise PlainError(
            f"No {POLICE} data have been imported: run `lockedroom data import {POLICE} DIR` first."
        )
    folder = zone.sources(POLICE) / name
    snapshots = {POLICE: Input(folder, read_manifest_as(folder, SourceManifest))}
    for source in SOURCES:
        if source == AMBULANCE or current_name(zone.sources(source)) is not None:
            snapshots[source] = Input(*current(zone, source))
    refuse_different_keys(
        left_out.linkage_key,
        {
            source: one.manifest.linkage_key
            for source, one in snapshots.items()
            if isinstance(one.manifest, HealthManifest)
        },
    )
    for one in snapshots.values():
        verify_files(one.folder, one.manifest.tables)
    return Inputs(snapshots, left_out)


def refuse_different_keys(of_the_list: str, of_sources: dict[str, str]) -> None:
    """Raise PlainError unless the opt-out list and every source have the same linkage key (fingerprints)."""
    others = [source for source, key in of_sources.items() if key != of_the_list]
    if others:
        raise PlainError(
            f"The persons in {', '.join(others)} have pseudonyms of another linkage key than the opt-out list: give "
            "the list again and import these sources again, with the one key."
        )
