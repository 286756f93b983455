"""Every importer takes a region as its keeper's, and knows that it is synthetic."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.health.schema import SOURCES
from datasets.zone import DataZone
from tests.unit.datasets.region.tables import Region

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("which", ["made", "around"])
def test_each_keepers_folder_is_imported_without_whoever_opted_out(
    which: str, zone: DataZone, request: pytest.FixtureRequest
) -> None:
    region: Region = request.getfixturevalue(which)
    take_list(zone, region.folder / "opt-outs.txt", now=NOW)
    for name, source in SOURCES.items():
        manifest = import_health(zone, name, region.folder / name, now=NOW).manifest
        assert manifest.synthetic
        for table in source.tables:
            rows = manifest.rows[table.name]
            assert rows.read == region.table(table.name).height
            assert rows.kept + rows.opted_out == rows.read
            assert 0.03 < rows.opted_out / rows.read < 0.08
