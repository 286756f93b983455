"""One region made whole, and one around imported police records; made once and never changed by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.stats19 import import_stats19
from datasets.synthetic.region import find_police_snapshot, synthesise_region
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.region.tables import Region

PEOPLE = 12_000


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """A region of 12,000 people with its police records."""
    folder = tmp_path_factory.mktemp("region") / "made"
    return Region(synthesise_region(folder, seed=7, people=PEOPLE).folder)


@pytest.fixture(scope="session")
def police_zone(tmp_path_factory: pytest.TempPathFactory, synthetic_set: Path) -> DataZone:
    """A data zone with 400 synthetic collisions."""
    zone = DataZone(tmp_path_factory.mktemp("zone") / "data")
    import_stats19(zone, synthetic_set, now=NOW)
    return zone


@pytest.fixture(scope="session")
def around(police_zone: DataZone, tmp_path_factory: pytest.TempPathFactory) -> Region:
    """A region around those collisions."""
    snapshot = find_police_snapshot(police_zone, "current")
    folder = tmp_path_factory.mktemp("region") / "around"
    synthesise_region(folder, seed=7, people=None, snapshot=snapshot)
    return Region(folder, snapshot.folder)
