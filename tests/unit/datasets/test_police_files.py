"""The real sample: counts, agreement of both forms, agreement with the files themselves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.manifest import SourceManifest
from datasets.sources.stats19 import import_stats19
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, coded, edit, read, table_file

pytestmark = pytest.mark.shared


@pytest.fixture
def labelled(zone: DataZone, police_files: Path) -> tuple[Path, SourceManifest]:
    result = import_stats19(zone, police_files, now=NOW)
    return result.folder, result.manifest


def test_all_records_arrive(labelled: tuple[Path, SourceManifest]) -> None:
    _, manifest = labelled
    assert {name: table.rows for name, table in manifest.tables.items()} == {
        "collisions": 3449,
        "casualties": 4245,
        "vehicles": 6277,
    }
    assert manifest.provenance.form == "labelled"
    assert (
        manifest.licence
        == "Contains public sector information licensed under the Open Government Licence v3.0"
    )
    assert not manifest.synthetic


def test_every_value_is_in_the_departments_code_list(labelled: tuple[Path, SourceManifest]) -> None:
    _, manifest = labelled
    assert manifest.unknown_codes == {}
    assert manifest.unrecognised_columns == {}


def test_computed_datetimes_are_those_of_the_files(
    labelled: tuple[Path, SourceManifest], police_files: Path
) -> None:
    folder, manifest = labelled
    assert manifest.datetime_disagreements == 0
    computed = pl.read_parquet(folder / "collisions.parquet")["datetime"].dt.strftime("%Y-%m-%d %H:%M:%S")
    assert computed.to_list() == [row["datetime"] for row in read(table_file(police_files, "collisions"))]


def test_counts_of_labels_are_those_of_the_files(
    labelled: tuple[Path, SourceManifest], police_files: Path
) -> None:
    folder, _ = labelled
    casualties = pl.read_parquet(folder / "casualties.parquet")
    raw = read(table_file(police_files, "casualties"))
    for column in ("casualty_severity", "casualty_class", "sex_of_casualty", "casualty_type"):
        imported = dict(casualties.group_by(column).len().iter_rows())
        expected: dict[str, int] = {}
        for row in raw:
            label = " ".join(row[column].split())
            expected[label] = expected.get(label, 0) + 1
        assert imported == expected
    ages = [None if row["age_of_casualty"] == "-1" else int(row["age_of_casualty"]) for row in raw]
    assert casualties["age_of_casualty"].to_list() == ages


def test_coded_and_labelled_files_give_the_same_snapshot(
    zone: DataZone, labelled: tuple[Path, SourceManifest], police_files: Path, tmp_path: Path
) -> None:
    code_list = police_files / "code_labels.csv"
    in_codes = coded(police_files, tmp_path / "coded", code_list)
    severities = {row["collision_severity"] for row in read(next(in_codes.glob("*-collision-2014*.csv")))}
    assert severities == {"1", "2", "3"}
    elsewhere = DataZone(tmp_path / "elsewhere")
    result = import_stats19(elsewhere, in_codes, now=NOW, codes=code_list)
    assert result.manifest.provenance.form == "coded"
    for table in ("collisions", "casualties", "vehicles"):
        ours = pl.read_parquet(labelled[0] / f"{table}.parquet")
        assert pl.read_parquet(result.folder / f"{table}.parquet").equals(ours)
    assert result.manifest.sha256 == labelled[1].sha256


def test_one_record_coded_differently_gives_another_snapshot(
    zone: DataZone, labelled: tuple[Path, SourceManifest], police_files: Path, tmp_path: Path
) -> None:
    in_codes = coded(police_files, tmp_path / "coded", police_files / "code_labels.csv")
    vehicles = next(in_codes.glob("*-vehicle-*.csv"))
    edit(vehicles, lambda rows: [rows[0] | {"hit_object_in_carriageway": "4"}, *rows[1:]])
    result = import_stats19(zone, in_codes, now=NOW, codes=police_files / "code_labels.csv")
    assert result.manifest.sha256 != labelled[1].sha256


def test_an_unlisted_code_in_coded_files_is_kept_and_counted(
    zone: DataZone, police_files: Path, tmp_path: Path
) -> None:
    in_codes = coded(police_files, tmp_path / "coded", police_files / "code_labels.csv")
    casualties = next(in_codes.glob("*-casualty-2014*.csv"))
    edit(casualties, lambda rows: [row | {"casualty_type": "555"} for row in rows[:5]] + rows[5:])
    result = import_stats19(zone, in_codes, now=NOW, codes=police_files / "code_labels.csv")
    assert result.manifest.unknown_codes == {"casualties": {"casualty_type": {"Unknown code 555": 5}}}
    assert result.manifest.tables["casualties"].rows == 4245


def test_coded_files_without_a_code_list_get_a_sentence(
    zone: DataZone, police_files: Path, tmp_path: Path
) -> None:
    in_codes = coded(police_files, tmp_path / "coded", police_files / "code_labels.csv")
    with pytest.raises(PlainError, match="holds codes, and there is no code list"):
        import_stats19(zone, in_codes, now=NOW)
    assert not zone.sources().exists()


def test_the_2024_release_keeps_both_specifications_apart(
    zone: DataZone, police_files: Path, tmp_path: Path
) -> None:
    """In files with ``*_historic`` columns the old names hold codes of the new specification."""
    in_codes = coded(police_files, tmp_path / "coded", police_files / "code_labels.csv")
    edit(
        next(in_codes.glob("*-collision-2014*.csv")),
        lambda rows: [_released_in_2024(row, ["junction_detail", "carriageway_hazards"]) for row in rows],
    )
    result = import_stats19(zone, in_codes, now=NOW, codes=police_files / "code_labels.csv")
    collisions = pl.read_parquet(result.folder / "collisions.parquet")
    assert set(collisions["junction_detail"]) == {"T or staggered junction"}
    assert "Mini-roundabout" in set(collisions["junction_detail_historic"])
    assert result.manifest.unknown_codes == {}


def _released_in_2024(row: dict[str, str], columns: list[str]) -> dict[str, str]:
    crossings = ["pedestrian_crossing_human_control", "pedestrian_crossing_physical_facilities"]
    renamed = {f"{k}_historic" if k in [*columns, *crossings] else k: v for k, v in row.items()}
    return renamed | dict.fromkeys(columns, "13")
