"""The synthetic set: the same for the same seed, in the real shape, plainly synthetic."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, TABLES, read, table_file


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, two, other = (
        contents(synthesise(tmp_path / name, seed=seed, collisions=150).folder)
        for name, seed in (("one", 7), ("two", 7), ("other", 8))
    )
    assert one == two
    assert all(one[name] != other[name] for name in one)


def test_repeating_it_in_place_changes_nothing(tmp_path: Path) -> None:
    first = synthesise(tmp_path / "set", seed=7, collisions=20)
    before = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert synthesise(tmp_path / "set", seed=7, collisions=20).existed
    assert {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_other_files_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(PlainError, match="is not empty"):
        synthesise(tmp_path / "mine", seed=7, collisions=20)
    with pytest.raises(PlainError, match="is a file"):
        synthesise(tmp_path / "mine" / "thesis.txt", seed=7, collisions=20)
    assert contents(tmp_path / "mine") == {"thesis.txt": b"years of work"}
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(("collisions", "fine"), [(-1, False), (0, False), (1, True), (9_999_999 + 1, False)])
def test_the_number_of_collisions_has_bounds(tmp_path: Path, collisions: int, fine: bool) -> None:
    if fine:
        assert synthesise(tmp_path / "set", seed=7, collisions=collisions).rows["collisions"] == collisions
    else:
        with pytest.raises(PlainError, match="must be from 1 to"):
            synthesise(tmp_path / "set", seed=7, collisions=collisions)
        assert list(tmp_path.iterdir()) == []


def test_counts_agree_between_tables(synthetic_set: Path) -> None:
    collisions, casualties, vehicles = (read(table_file(synthetic_set, table)) for table in TABLES)
    per_collision = Counter(row["accident_index"] for row in casualties)
    assert {row["accident_index"]: int(row["number_of_casualties"]) for row in collisions} == per_collision
    numbers = {(row["accident_index"], row["vehicle_reference"]) for row in vehicles}
    assert all((row["accident_index"], row["vehicle_reference"]) in numbers for row in casualties)
    order = ["Fatal", "Serious", "Slight"]
    worst: dict[str, str] = {}
    for row in casualties:
        one = row["casualty_severity"]
        worst[row["accident_index"]] = min(worst.get(row["accident_index"], one), one, key=order.index)
    assert {row["accident_index"]: row["accident_severity"] for row in collisions} == worst


def test_it_says_that_it_is_synthetic(synthetic_set: Path, filled: DataZone) -> None:
    assert "SYNTHETIC" in (synthetic_set / "README.md").read_text()
    folder = filled.sources() / (filled.sources() / "current").read_text().strip()
    assert '"synthetic": true' in (folder / "manifest.json").read_text()


def test_the_usual_size_has_small_cells(tmp_path: Path, zone: DataZone) -> None:
    folder = import_stats19(zone, synthesise(tmp_path / "set", seed=7).folder, now=NOW).folder
    cells = (
        pl.read_parquet(folder / "casualties.parquet")
        .group_by("casualty_severity", "casualty_type")
        .len()["len"]
    )
    assert sum(1 for size in cells if size < 10) >= 5
    assert sum(1 for size in cells if size >= 100) >= 3


@pytest.mark.shared
def test_its_columns_are_those_of_the_police_files(synthetic_set: Path, police_files: Path) -> None:
    for table in TABLES:
        ours, theirs = (
            next(csv.reader(table_file(folder, table).open(encoding="utf-8")))
            for folder in (synthetic_set, police_files)
        )
        assert ours == theirs


@pytest.mark.shared
def test_its_labels_are_the_departments_but_for_invented_places(
    zone: DataZone, synthetic_set: Path, police_files: Path
) -> None:
    manifest = import_stats19(zone, synthetic_set, now=NOW, codes=police_files / "code_labels.csv").manifest
    assert {table: set(columns) for table, columns in manifest.unknown_codes.items()} == {
        "collisions": {"police_force", "local_authority_district", "local_authority_highway"}
    }
