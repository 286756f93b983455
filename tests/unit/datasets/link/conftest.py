"""A small synthetic region, imported and linked once, and copies of it that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from datasets.link.make import LinkResult, link_sources
from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.stats19 import import_stats19
from datasets.synthetic.region import synthesise_region
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW

KEEPERS = ("population", "gp", "hospital", "ambulance")


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a region of 15,000 invented people; not to be changed."""
    return synthesise_region(tmp_path_factory.mktemp("region") / "files", seed=11, people=15_000).folder


@pytest.fixture(scope="session")
def imported(region: Path, tmp_path_factory: pytest.TempPathFactory) -> DataZone:
    """A zone with the region in it, nothing linked; not to be changed."""
    zone = DataZone(tmp_path_factory.mktemp("imported") / "data")
    take_list(zone, region / "opt-outs.txt", now=NOW)
    import_stats19(zone, region / "police", now=NOW)
    for keeper in KEEPERS:
        import_health(zone, keeper, region / keeper, now=NOW)
    return zone


@pytest.fixture(scope="session")
def linked(region: Path, imported: DataZone, tmp_path_factory: pytest.TempPathFactory) -> LinkResult:
    """The region linked and measured; not to be changed."""
    return link_sources(copy_of(imported, tmp_path_factory.mktemp("linked")), now=NOW, truth=region / "truth")


@pytest.fixture
def zone(imported: DataZone, tmp_path: Path) -> DataZone:
    """A copy of the zone, nothing linked, that a test may change."""
    return copy_of(imported, tmp_path / "copy")


def copy_of(zone: DataZone, folder: Path) -> DataZone:
    """A copy of a whole zone."""
    shutil.copytree(zone.root, folder / "data")
    return DataZone(folder / "data")
