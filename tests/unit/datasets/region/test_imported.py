"""Every importer takes a region as its keeper's, and knows that it is synthetic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from datasets.manifest import OGL, SYNTHETIC_LICENCE
from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.health.schema import SOURCES
from datasets.sources.stats19 import import_stats19
from datasets.synthetic.region import find_police_snapshot, synthesise_region
from datasets.zone import DataZone
from tests.unit.datasets.region.tables import Region

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_each_keepers_folder_is_imported_without_whoever_opted_out(zone: DataZone, tmp_path: Path) -> None:
    region = Region(synthesise_region(tmp_path / "region", seed=5, people=1_500).folder)
    take_list(zone, region.folder / "opt-outs.txt", now=NOW)
    for name, source in SOURCES.items():
        manifest = import_health(zone, name, region.folder / name, now=NOW).manifest
        assert manifest.synthetic
        for table in source.tables:
            rows = manifest.rows[table.name]
            assert rows.read == region.table(table.name).height
            assert rows.kept + rows.opted_out == rows.read
            assert 0.02 < rows.opted_out / rows.read < 0.1


def test_around_real_records_the_licence_of_those_goes_along(
    files: Path, zone: DataZone, tmp_path: Path
) -> None:
    import_stats19(zone, files, now=NOW)
    snapshot = find_police_snapshot(zone, "current")
    assert not snapshot.synthetic
    folder = synthesise_region(tmp_path / "region", seed=3, people=None, snapshot=snapshot).folder
    take_list(zone, folder / "opt-outs.txt", now=NOW)
    manifest = import_health(zone, "ambulance", folder / "ambulance", now=NOW).manifest
    assert manifest.synthetic
    assert "around published police records" in manifest.licence
    assert OGL in manifest.licence
    assert OGL in (folder / "README.md").read_text()


def test_around_synthetic_records_there_is_no_such_licence(around: Region, zone: DataZone) -> None:
    take_list(zone, around.folder / "opt-outs.txt", now=NOW)
    manifest = import_health(zone, "ambulance", around.folder / "ambulance", now=NOW).manifest
    assert manifest.licence == SYNTHETIC_LICENCE
    assert OGL not in (around.folder / "README.md").read_text()
