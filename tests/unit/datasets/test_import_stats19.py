"""What the importer makes of good files, and what it says of bad ones."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.snapshot import verify_snapshot
from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise
from datasets.synthetic.marker import MARKER
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, Rows, as_if_real, edit, read, table_file, write


def standing(zone: DataZone) -> list[str]:
    """Everything in the place of the snapshots, hidden names too."""
    folder = zone.sources()
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


def refusal(zone: DataZone, folder: Path, **more: Path) -> str:
    """The sentence with which an import is refused; nothing may be left by it."""
    with pytest.raises(PlainError) as refused:
        import_stats19(zone, folder, now=NOW, **more)
    assert standing(zone) == []
    assert "\n" not in refused.value.sentence
    return refused.value.sentence


def test_a_snapshot_is_named_by_its_content_and_cannot_be_written(filled: DataZone) -> None:
    name, pointer = standing(filled)
    folder = filled.sources() / name
    verify_snapshot(folder)
    assert pointer == "current"
    assert (filled.sources() / "current").read_text() == f"{name}\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o555
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    assert stat.S_IMODE((filled.root / "sources").stat().st_mode) == 0o700
    assert stat.S_IMODE((filled.root / "keys").stat().st_mode) == 0o700


def test_a_careless_umask_does_not_open_the_private_folders(zone: DataZone, synthetic_set: Path) -> None:
    before = os.umask(0)
    try:
        import_stats19(zone, synthetic_set, now=NOW)
    finally:
        os.umask(before)
    for private in ("sources", "keys", "locks", "sources/stats19"):
        assert stat.S_IMODE((zone.root / private).stat().st_mode) == 0o700


def test_the_same_files_give_the_same_snapshot(zone: DataZone, synthetic_set: Path) -> None:
    first = import_stats19(zone, synthetic_set, now=NOW)
    second = import_stats19(zone, synthetic_set, now=NOW.replace(year=2027))
    assert (first.existed, second.existed) == (False, True)
    assert second.manifest == first.manifest
    assert len(standing(zone)) == 2


def test_one_changed_value_gives_another_snapshot(zone: DataZone, files: Path) -> None:
    first = import_stats19(zone, files, now=NOW)

    def one_year_older(rows: Rows) -> Rows:
        rows[17]["age_of_casualty"] = str(int(rows[17]["age_of_casualty"]) + 1)
        return rows

    edit(table_file(files, "casualties"), one_year_older)
    second = import_stats19(zone, files, now=NOW)
    assert second.manifest.sha256 != first.manifest.sha256
    assert not second.existed


def test_one_changed_byte_in_a_snapshot_is_seen(filled: DataZone) -> None:
    folder = filled.sources() / standing(filled)[0]
    path = folder / "casualties.parquet"
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(PlainError, match=r"casualties\.parquet is not what its manifest says"):
        verify_snapshot(folder)


def test_a_snapshot_under_another_name_is_seen(filled: DataZone) -> None:
    folder = filled.sources() / standing(filled)[0]
    moved = folder.rename(folder.parent / ("0" * 64))
    with pytest.raises(PlainError, match="does not bear the name of its content"):
        verify_snapshot(moved)


def test_years_in_several_files_are_read_together(zone: DataZone, files: Path) -> None:
    whole = import_stats19(zone, files, now=NOW)
    for table in ("collisions", "casualties", "vehicles"):
        path = table_file(files, table)
        rows = read(path)
        late = [row for row in rows if row["accident_index"] >= "2022"]
        assert late
        write(path, [row for row in rows if row["accident_index"] < "2022"])
        write(path.with_name(f"synthetic_stats19_{table}_later.csv"), late)
    parts = import_stats19(zone, files, now=NOW)
    assert parts.manifest.sha256 == whole.manifest.sha256


def test_a_column_that_one_year_lacks_is_missing_for_that_year(zone: DataZone, files: Path) -> None:
    for table in ("collisions", "casualties", "vehicles"):
        path = table_file(files, table)
        rows = read(path)
        late = [row for row in rows if row["accident_index"] >= "2022"]
        write(path, [row for row in rows if row["accident_index"] < "2022"])
        if table == "vehicles":
            late = [{k: v for k, v in row.items() if k != "driver_imd_decile"} for row in late]
        write(path.with_name(f"later_{table}.csv"), late)
    folder = import_stats19(zone, files, now=NOW).folder
    vehicles = pl.read_parquet(folder / "vehicles.parquet")
    known = (
        vehicles.group_by("collision_year").agg(pl.col("driver_imd_decile").count()).sort("collision_year")
    )
    assert [number > 0 for number in known["driver_imd_decile"]] == [True, True, True, False, False]


def test_numbers_dates_and_missing_values_get_their_types(zone: DataZone, files: Path) -> None:
    def rewrite(rows: Rows) -> Rows:
        rows[0] |= {
            "location_easting_osgr": "NULL",
            "date": "31/12/2019",
            "time": "23:59",
            "speed_limit": "-1",
        }
        rows[1] |= {
            "location_easting_osgr": "530010.0",
            "date": "2019-07-01",
            "time": "00:30",
            "speed_limit": "99",
        }
        rows[2] |= {"date": "2019-03-31", "time": "01:30", "speed_limit": "30"}
        rows[3] |= {"date": "2019-10-27", "time": "01:30", "speed_limit": "", "road_type": "-1"}
        return rows

    edit(table_file(files, "collisions"), rewrite)
    result = import_stats19(zone, files, now=NOW)
    rows = pl.read_parquet(result.folder / "collisions.parquet").head(4)
    assert rows["location_easting_osgr"].to_list()[:2] == [None, 530010]
    assert rows["speed_limit"].to_list() == [None, None, 30, None]
    assert rows["road_type"][3] is None
    moments = [None if moment is None else f"{moment:%Y-%m-%d %H:%M}" for moment in rows["datetime"]]
    # London's winter and summer time; the hour that spring leaves out; the first of autumn's two.
    assert moments == ["2019-12-31 23:59", "2019-06-30 23:30", None, "2019-10-27 00:30"]
    # The files' own datetimes no longer fit the first two; those of the last two are missing or of another day.
    assert result.manifest.datetime_disagreements >= 2


def test_an_unknown_code_is_kept_visible_and_counted(zone: DataZone, files: Path) -> None:
    def rewrite(rows: Rows) -> Rows:
        for row in rows[:3]:
            row["vehicle_type"] = "77"
        return rows

    edit(table_file(files, "vehicles"), rewrite)
    result = import_stats19(zone, files, now=NOW)
    assert result.manifest.unknown_codes == {"vehicles": {"vehicle_type": {"Unknown code 77": 3}}}
    assert (
        pl.read_parquet(result.folder / "vehicles.parquet")["vehicle_type"].head(3).to_list()
        == ["Unknown code 77"] * 3
    )


def test_a_column_nobody_described_is_kept_and_named(zone: DataZone, files: Path) -> None:
    edit(table_file(files, "vehicles"), lambda rows: [row | {"Paint Colour": "red"} for row in rows])
    result = import_stats19(zone, files, now=NOW)
    assert result.manifest.unrecognised_columns == {"vehicles": ["paint_colour"]}
    assert set(pl.read_parquet(result.folder / "vehicles.parquet")["paint_colour"]) == {"red"}


def test_files_that_are_no_tables_are_left_and_named(zone: DataZone, files: Path) -> None:
    (files / "dft-road-casualty-statistics-casualty-adjustment-lookup_2004-2022.csv").write_text("a,b\n1,2\n")
    (files / "notes.csv").write_text("a,b\n1,2\n")
    manifest = import_stats19(zone, files, now=NOW).manifest
    assert manifest.ignored_files == [
        "dft-road-casualty-statistics-casualty-adjustment-lookup_2004-2022.csv",
        "notes.csv",
    ]


def test_provenance_names_every_file_with_its_hash(zone: DataZone, files: Path) -> None:
    import hashlib

    provenance = import_stats19(zone, files, now=NOW).manifest.provenance
    assert {file.name: file.sha256 for file in provenance.files} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files.glob("*.csv")
    }
    assert provenance.imported_at == NOW


def test_synthetic_data_are_called_synthetic_and_real_ones_are_not(
    zone: DataZone, synthetic_set: Path, files: Path
) -> None:
    marked = import_stats19(zone, synthetic_set, now=NOW).manifest
    unmarked = import_stats19(zone, files, now=NOW).manifest
    assert (marked.synthetic, unmarked.synthetic) == (True, False)
    assert "Open Government Licence v3.0" in unmarked.licence
    assert "Synthetic" in marked.licence
    assert marked.sha256 != unmarked.sha256


def test_a_marker_beside_other_data_is_not_believed(zone: DataZone, files: Path) -> None:
    for table in ("collisions", "casualties", "vehicles"):
        path = table_file(files, table)
        path.write_text(path.read_text().replace("2019SYNTHETIC0000001", "201901GD10691"))
    (files / MARKER).write_text(json.dumps({"synthetic": True}))
    assert "1 collisions have references that the synthesiser does not make" in refusal(zone, files)


@pytest.mark.parametrize("marker", ["{", "[]", '{"synthetic": "yes"}', '{"synthetic": false}'])
def test_a_marker_that_says_something_else_is_refused(zone: DataZone, files: Path, marker: str) -> None:
    (files / MARKER).write_text(marker)
    assert MARKER in refusal(zone, files)


# Bad input: one sentence, nothing left. Each line damages a good set and names words of the sentence.


def without(column: str) -> Callable[[Path], None]:
    return lambda path: edit(
        path, lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows]
    )


def with_value(column: str, value: str) -> Callable[[Path], None]:
    return lambda path: edit(path, lambda rows: [*rows[:4], rows[4] | {column: value}, *rows[5:]])


DAMAGES: list[tuple[str, Callable[[Path], object], list[str]]] = [
    ("collisions", lambda path: path.unlink(), ["no file of collisions", "'accident'"]),
    ("vehicles", lambda path: path.write_bytes(b""), ["vehicles.csv is empty"]),
    (
        "vehicles",
        lambda path: path.write_text(path.read_text().split("\n")[0] + "\n"),
        ["vehicles.csv has headings but no rows"],
    ),
    ("casualties", lambda path: path.write_bytes(os.urandom(4000)), ["casualties.csv"]),
    (
        "casualties",
        lambda path: path.write_text("just words\nand more\n"),
        ["casualties.csv is not a CSV file"],
    ),
    (
        "casualties",
        lambda path: path.write_bytes(b"a,b\n1,\x00\n"),
        ["casualties.csv", "line 2", "null byte"],
    ),
    (
        "casualties",
        lambda path: path.write_bytes(b"a,b\n" + b"x" * (2 << 20)),
        ["casualties.csv", "line 2", "longer"],
    ),
    (
        "collisions",
        lambda path: path.write_bytes(
            path.read_bytes().replace(b"Synthetic Police", b"Dyfed-Powys (P\xe9)", 3)
        ),
        ["collisions.csv, line 2", "0xe9", "Latin-1", "UTF-8"],
    ),
    (
        "collisions",
        lambda path: path.write_bytes(path.read_text().encode("utf-16")),
        ["collisions.csv", "UTF-8"],
    ),
    (
        "collisions",
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        ["collisions.csv, line", "cut off"],
    ),
    ("collisions", lambda path: path.write_text(path.read_text() + 'a,"b\n'), ["collisions.csv", "not CSV"]),
    (
        "collisions",
        without("accident_severity"),
        ["collisions.csv", "'collision_severity'", "'accident_severity'"],
    ),
    ("collisions", without("accident_index"), ["collisions.csv", "'collision_index'"]),
    ("collisions", without("weather_conditions"), ["collisions.csv", "'weather_conditions'"]),
    ("collisions", without("junction_detail"), ["collisions.csv", "'junction_detail'"]),
    ("casualties", without("casualty_type"), ["casualties.csv", "'casualty_type'"]),
    ("vehicles", without("was_vehicle_left_hand_drive"), ["vehicles.csv", "'was_vehicle_left_hand_drive'"]),
    (
        "collisions",
        lambda path: edit(path, lambda rows: [row | {"collision_index": "1"} for row in rows]),
        ["two columns"],
    ),
    ("collisions", with_value("date", "2019-13-01"), ["collisions.csv: row 5", "'2019-13-01'", "'date'"]),
    ("collisions", with_value("date", ""), ["row 5 says nothing in 'date'"]),
    ("collisions", with_value("time", "25:00"), ["row 5", "'25:00'", "a time"]),
    ("collisions", with_value("accident_index", "2.01E+12"), ["row 5", "2.01E+12", "spreadsheet"]),
    ("collisions", with_value("location_easting_osgr", "5e5"), ["row 5", "whole number"]),
    (
        "casualties",
        with_value("age_of_casualty", "old"),
        ["casualties.csv: row 5", "'old'", "'age_of_casualty'"],
    ),
    ("casualties", with_value("accident_index", ""), ["row 5 says nothing in 'accident_index'"]),
    ("casualties", with_value("accident_index", "2019NOWHERE"), ["1 casualties belong", "2019NOWHERE"]),
    ("vehicles", with_value("accident_index", "2019NOWHERE"), ["1 vehicles belong", "2019NOWHERE"]),
    (
        "collisions",
        lambda path: write(path.with_name("accidents-again.csv"), read(path)[:7]),
        ["7 collision references stand more than once"],
    ),
    (
        "vehicles",
        lambda path: path.rename(path.with_name("vehicle_casualty.csv")),
        ["vehicle_casualty.csv could hold"],
    ),
    (
        "vehicles",
        lambda path: edit(path, lambda rows: [row | {"vehicle_type": "9"} for row in rows]),
        ["holds codes", "--codes"],
    ),
]


@pytest.mark.parametrize(
    ("table", "damage", "words"), DAMAGES, ids=[" ".join(words)[:40] for _, _, words in DAMAGES]
)
def test_bad_input_gets_a_sentence_and_leaves_nothing(
    zone: DataZone, files: Path, table: str, damage: Callable[[Path], object], words: list[str]
) -> None:
    damage(table_file(files, table))
    sentence = refusal(zone, files)
    for word in words:
        assert word in sentence


def test_a_folder_that_is_not_there_gets_a_sentence(zone: DataZone, tmp_path: Path) -> None:
    assert "is not a folder" in refusal(zone, tmp_path / "nowhere")


def test_an_empty_folder_gets_a_sentence(zone: DataZone, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no file of collisions or casualties or vehicles" in refusal(zone, tmp_path / "empty")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no code list"),
        ("table,variable,code\ncollision,x,1\n", "no column 'label'"),
        ("table,variable,code,label\ncollision,x,1,One\n", "is not a code list of STATS19"),
    ],
)
def test_a_bad_code_list_gets_a_sentence(
    zone: DataZone, files: Path, tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "codes.csv"
    if content is not None:
        path.write_text(content)
    assert words in refusal(zone, files, codes=path)


def test_a_refused_import_leaves_the_earlier_snapshot_current(filled: DataZone, files: Path) -> None:
    before = standing(filled)
    table_file(files, "casualties").write_bytes(b"")
    with pytest.raises(PlainError):
        import_stats19(filled, files, now=NOW)
    assert standing(filled) == before


def test_blank_lines_at_the_end_and_a_byte_order_mark_do_no_harm(zone: DataZone, files: Path) -> None:
    plain = import_stats19(zone, files, now=NOW)
    for path in files.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert import_stats19(zone, files, now=NOW).manifest.sha256 == plain.manifest.sha256


def test_another_seed_is_another_snapshot(zone: DataZone, synthetic_set: Path, tmp_path: Path) -> None:
    other = synthesise(tmp_path / "other", seed=12, collisions=400).folder
    first = import_stats19(zone, as_if_real(synthetic_set, tmp_path / "a"), now=NOW)
    second = import_stats19(zone, as_if_real(other, tmp_path / "b"), now=NOW)
    assert first.manifest.sha256 != second.manifest.sha256
