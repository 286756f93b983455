"""Processes that are killed anywhere, and many that run at once, leave whole snapshots or none."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.extract import make_extract
from datasets.snapshot import verify_snapshot
from datasets.sources.stats19 import import_stats19
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.test_extract import approved

pytestmark = pytest.mark.slow

HOUSE = Path(__file__).parents[3]


def start(what: str, zone: DataZone, folder: Path, at: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.datasets.killed", what, str(zone.root), str(folder), str(at)]
    return subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_whole(place: Path) -> None:
    """Every snapshot in a place is whole, and ``current`` names one or is not there yet."""
    if not place.exists():
        return
    named = [entry for entry in place.iterdir() if not entry.name.startswith(".") and entry.name != "current"]
    for folder in named:
        verify_snapshot(folder)
    pointer = place / "current"
    if pointer.exists():
        assert pointer.read_text().strip() in {folder.name for folder in named}


def killing_points(events: list[str]) -> list[int]:
    """In the middle, and before and after everything that gets its name: there things come into place."""
    named = [number for number, event in enumerate(events, start=1) if event in ("os.rename", "os.link")]
    return sorted(
        {len(events) // 2, *named, *(number + 1 for number in named)} & set(range(1, len(events) + 1))
    )


@pytest.mark.parametrize("what", ["import", "extract"])
def test_a_killed_run_leaves_nothing_half_done_and_can_be_repeated(
    what: str, tmp_path: Path, synthetic_set: Path
) -> None:
    def fresh(name: str) -> DataZone:
        zone = DataZone(tmp_path / name / "data")
        if what == "extract":
            import_stats19(zone, synthetic_set, now=NOW)
        return zone

    def place(zone: DataZone) -> Path:
        return zone.sources() if what == "import" else zone.extracts("road-safety")

    def run(zone: DataZone) -> str:
        if what == "import":
            return import_stats19(zone, synthetic_set, now=NOW).manifest.sha256
        return make_extract(zone, approved(), now=NOW).manifest.sha256

    output, _ = start(what, fresh("whole"), synthetic_set).communicate(timeout=60)
    points = killing_points(output.split())
    assert len(points) >= 4
    half_done = 0
    for point in points:
        zone = fresh(f"killed-at-{point}")
        process = start(what, zone, synthetic_set, point)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        check_whole(place(zone))
        half_done += any(place(zone).glob(".making-*")) if place(zone).exists() else 0
        name = run(zone)
        check_whole(place(zone))
        assert sorted(entry.name for entry in place(zone).iterdir()) == sorted([name, "current"])
        assert (place(zone) / "current").read_text().strip() == name
    # Otherwise the kills came where there was nothing to clean up.
    assert half_done > 0


def test_extracts_of_one_project_at_once_give_one_extract(filled: DataZone, synthetic_set: Path) -> None:
    runs = [start("extract", filled, synthetic_set) for _ in range(5)]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    (name,) = {entry.name for entry in filled.extracts("road-safety").iterdir()} - {"current"}
    assert filled.current_extract("road-safety") == filled.extracts("road-safety") / name
    check_whole(filled.extracts("road-safety"))
    assert make_extract(filled, approved(), now=NOW).manifest.sha256 == name


def test_imports_at_once_give_one_snapshot(zone: DataZone, synthetic_set: Path) -> None:
    runs = [start("import", zone, synthetic_set) for _ in range(3)]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    check_whole(zone.sources())
    assert len(list(zone.sources().iterdir())) == 2
