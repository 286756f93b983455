"""One small synthetic set and its import, made once and never changed by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, SHARED, as_if_real


@pytest.fixture(scope="session")
def synthetic_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 synthetic collisions; not to be changed."""
    return synthesise(tmp_path_factory.mktemp("set") / "files", seed=11, collisions=400).folder


@pytest.fixture
def files(synthetic_set: Path, tmp_path: Path) -> Path:
    """A copy of the set, unmarked, that a test may damage."""
    return as_if_real(synthetic_set, tmp_path / "files")


@pytest.fixture
def zone(tmp_path: Path) -> DataZone:
    """An empty data zone."""
    return DataZone(tmp_path / "var" / "data")


@pytest.fixture
def filled(zone: DataZone, synthetic_set: Path) -> DataZone:
    """A data zone with the synthetic set imported."""
    import_stats19(zone, synthetic_set, now=NOW)
    return zone


@pytest.fixture(scope="session")
def police_files() -> Path:
    """The real sample kept beside the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"no police files beside the repository ({SHARED})")
    return SHARED
