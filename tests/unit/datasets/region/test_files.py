"""The folder: the same bytes for the same arguments, nothing overwritten, nothing half-done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.sources.stats19 import import_stats19
from datasets.synthetic.region import PoliceSnapshot, find_police_snapshot, nhs_numbers, synthesise_region
from datasets.synthetic.region import write as region_write
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, read, table_file
from tests.unit.datasets.region.conftest import PEOPLE
from tests.unit.datasets.region.tables import Region
from tests.unit.datasets.test_full_disk import disk

ANOTHER_PROCESS = """
import sys
from pathlib import Path
from datasets.synthetic.region import synthesise_region
synthesise_region(Path(sys.argv[1]), seed=7, people=int(sys.argv[2]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_process_with_fewer_threads_writes_the_same_bytes(made: Region, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS, other, str(PEOPLE)],
        env=os.environ | {"POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "5"},
        check=True,
        timeout=120,
    )
    assert contents(other) == contents(made.folder)


def test_another_seed_writes_others(made: Region, tmp_path: Path) -> None:
    other = contents(synthesise_region(tmp_path / "other", seed=8, people=PEOPLE).folder)
    same = contents(made.folder)
    assert [name for name in other if other[name] == same[name]] == ["truth/README.md"]


def test_repeating_it_in_place_changes_nothing(tmp_path: Path) -> None:
    first = synthesise_region(tmp_path / "region", seed=1, people=50)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = synthesise_region(tmp_path / "region", seed=1, people=50)
    assert (first.existed, again.existed, again.rows) == (False, True, first.rows)
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


@pytest.mark.parametrize("change", ["a byte", "a file", "a folder"])
def test_anything_else_there_is_never_touched(tmp_path: Path, change: str) -> None:
    folder = synthesise_region(tmp_path / "region", seed=1, people=50).folder
    if change == "a byte":
        with (folder / "gp" / "events.parquet").open("ab") as stream:
            stream.write(b"!")
    elif change == "a file":
        (folder / "truth" / "notes.txt").write_text("years of work")
    else:
        (folder / "hospital" / "more").mkdir()
    before = contents(folder)
    with pytest.raises(PlainError, match="is not empty"):
        synthesise_region(folder, seed=1, people=50)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["region"]


@pytest.mark.parametrize("kilobytes", [8, 60, 150, 250, 300])
def test_a_full_disk_leaves_nothing(tmp_path: Path, kilobytes: int) -> None:
    with disk(tmp_path / "small", kilobytes) as small:
        with pytest.raises(PlainError, match="is full: nothing half-done was left"):
            synthesise_region(small / "region", seed=1, people=2_000)
        assert list(small.iterdir()) == []


@pytest.mark.parametrize("people", [0, -1, nhs_numbers.MOST + 1])
def test_impossible_numbers_of_people_are_refused_in_a_sentence(tmp_path: Path, people: int) -> None:
    with pytest.raises(PlainError, match=r"^--people "):
        synthesise_region(tmp_path / "region", seed=1, people=people)
    assert list(tmp_path.iterdir()) == []


def test_too_few_people_for_the_casualties_are_refused(police_zone: DataZone, tmp_path: Path) -> None:
    snapshot = find_police_snapshot(police_zone, "current")
    with pytest.raises(
        PlainError, match=r"are too few for the snapshot's \d+ casualties: give [0-9,]+ or more"
    ):
        synthesise_region(tmp_path / "region", seed=1, people=100, snapshot=snapshot)


def test_more_casualties_than_there_can_be_people_are_refused(
    police_zone: DataZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_write.nhs_numbers, "MOST", 1000)
    snapshot: PoliceSnapshot = find_police_snapshot(police_zone, "current")
    with pytest.raises(PlainError, match="import fewer years or a smaller area"):
        synthesise_region(tmp_path / "region", seed=1, people=None, snapshot=snapshot)


def test_the_police_files_are_imported_as_synthetic(made: Region, zone: DataZone) -> None:
    manifest = import_stats19(zone, made.folder / "police", now=NOW).manifest
    assert manifest.synthetic
    assert manifest.tables["casualties"].rows == made.casualties.height
    assert manifest.datetime_disagreements == 0


def test_casualties_who_drove_are_the_drivers(made: Region) -> None:
    drivers = {
        (row["accident_index"], row["vehicle_reference"]): (row["sex_of_driver"], row["age_of_driver"])
        for row in read(table_file(made.folder / "police", "vehicles"))
    }
    drove = [
        row
        for row in read(table_file(made.folder / "police", "casualties"))
        if row["casualty_class"] == "Driver or rider"
    ]
    assert drove
    for row in drove:
        driver = drivers[row["accident_index"], row["vehicle_reference"]]
        assert driver == (row["sex_of_casualty"], row["age_of_casualty"])


def test_the_counts_are_those_of_the_files(made: Region) -> None:
    rows = synthesise_region(made.folder, seed=7, people=PEOPLE).rows
    keepers = [path for path in made.folder.glob("*/*.parquet") if path.parent.name != "truth"]
    assert len(keepers) == 6
    for path in keepers:
        assert rows[path.stem] == pl.scan_parquet(path).select(pl.len()).collect().item()
    assert rows["opt-outs"] == len(made.opt_outs)
    assert f"{rows['people']:,} people" in (made.folder / "README.md").read_text()


def test_the_truth_has_the_columns_that_its_readme_names(made: Region) -> None:
    readme = (made.folder / "truth" / "README.md").read_text()
    names = {"collision_index", "vehicle_reference", "casualty_reference", "record_id"}
    for table, columns in (
        ("police_ambulance", names),
        ("ambulance_hospital", {"record_id", "epikey"}),
        ("persons", names | {"nhs_number"}),
    ):
        assert set(made.table(table).columns) == columns
        assert f"`{table}.parquet`" in readme
    assert all(f"`{name}`" in readme for name in (*names, "epikey"))
