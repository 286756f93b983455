"""An extract holds what was approved, and nothing by which two extracts could be joined."""

from __future__ import annotations

import os
import stat
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.extract import ExtractResult, ExtractSpec, make_extract
from datasets.manifest import ExtractManifest
from datasets.snapshot import verify_snapshot
from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW

TABLES: dict[str, Any] = {
    "collisions": {
        "columns": ["collision_index", "collision_severity", "date"],
        "rows": [{"column": "collision_year", "op": "in", "value": [2020, 2021]}],
    },
    "casualties": {
        "columns": ["collision_index", "vehicle_reference", "casualty_type", "age_of_casualty"],
        "rows": [{"column": "casualty_severity", "op": "!=", "value": "Slight"}],
    },
    "vehicles": {"columns": ["collision_ref_no", "collision_index", "vehicle_reference", "vehicle_type"]},
}


def approved(project: str = "road-safety", **changed: Any) -> ExtractSpec:
    return ExtractSpec.approved(project, {"source": "stats19", "tables": TABLES} | changed)


def source(zone: DataZone, table: str) -> pl.DataFrame:
    folder = zone.sources() / (zone.sources() / "current").read_text().strip()
    return pl.read_parquet(folder / f"{table}.parquet")


def delivered(result: ExtractResult, table: str) -> pl.DataFrame:
    return pl.read_parquet(result.folder / f"{table}.parquet")


def standing(zone: DataZone, project: str = "road-safety") -> list[str]:
    folder = zone.extracts(project)
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


def test_it_holds_approved_columns_and_rows_only(filled: DataZone) -> None:
    result = make_extract(filled, approved(), now=NOW)
    assert sorted(path.name for path in result.folder.iterdir()) == [
        "casualties.parquet",
        "collisions.parquet",
        "manifest.json",
        "vehicles.parquet",
    ]
    for table, part in TABLES.items():
        assert delivered(result, table).columns == part["columns"]
    years = delivered(result, "collisions")["date"].dt.year().unique().sort().to_list()
    assert years == [2020, 2021]


def test_it_holds_every_approved_row_with_its_own_values(filled: DataZone) -> None:
    result = make_extract(filled, approved(), now=NOW)
    collisions = source(filled, "collisions").filter(pl.col("collision_year").is_in([2020, 2021]))
    ours = delivered(result, "collisions").drop("collision_index").sort(pl.all())
    assert ours.equals(collisions.select("collision_severity", "date").sort(pl.all()))
    casualties = source(filled, "casualties").filter(
        pl.col("collision_index").is_in(collisions["collision_index"].implode())
        & (pl.col("casualty_severity") != "Slight")
    )
    kept = ["vehicle_reference", "casualty_type", "age_of_casualty"]
    assert (
        delivered(result, "casualties")
        .select(kept)
        .sort(pl.all())
        .equals(casualties.select(kept).sort(pl.all()))
    )


def test_no_casualty_or_vehicle_is_without_its_collision(filled: DataZone) -> None:
    result = make_extract(filled, approved(), now=NOW)
    collisions = delivered(result, "collisions")
    for table in ("casualties", "vehicles"):
        rows = delivered(result, table)
        assert rows.height
        assert rows.join(collisions, on="collision_index", how="anti").height == 0


def test_conditions_on_collisions_hold_where_collisions_are_not_delivered(filled: DataZone) -> None:
    tables = TABLES | {"collisions": TABLES["collisions"] | {"columns": []}}
    result = make_extract(filled, approved(tables=tables), now=NOW)
    assert set(result.manifest.tables) == {"casualties", "vehicles"}
    whole = make_extract(filled, approved(), now=NOW)
    assert delivered(result, "vehicles").equals(delivered(whole, "vehicles"))


def test_a_join_inside_the_extract_is_the_join_of_the_source(filled: DataZone) -> None:
    result = make_extract(filled, approved(), now=NOW)

    def severity_by_type(collisions: pl.DataFrame, vehicles: pl.DataFrame) -> pl.DataFrame:
        joined = vehicles.join(collisions, on="collision_index")
        return joined.group_by("collision_severity", "vehicle_type").len().sort(pl.all())

    raw = source(filled, "collisions").filter(pl.col("collision_year").is_in([2020, 2021]))
    expected = severity_by_type(raw, source(filled, "vehicles"))
    assert severity_by_type(delivered(result, "collisions"), delivered(result, "vehicles")).equals(expected)


def test_duckdb_reads_it(filled: DataZone) -> None:
    folder = make_extract(filled, approved(), now=NOW).folder
    rows = duckdb.sql(
        f"select count(*), min(date), max(age_of_casualty) from '{folder}/casualties.parquet' "
        f"join '{folder}/collisions.parquet' using (collision_index)"
    ).fetchall()
    casualties = pl.read_parquet(folder / "casualties.parquet")
    assert rows[0][0] == casualties.height > 0
    assert rows[0][2] == casualties["age_of_casualty"].max()


def test_two_projects_cannot_be_joined_on_the_pseudonym(filled: DataZone) -> None:
    ours, theirs = (make_extract(filled, approved(project), now=NOW) for project in ("road-safety", "buses"))
    for table, columns in (
        ("collisions", ["collision_index"]),
        ("vehicles", ["collision_index", "collision_ref_no"]),
    ):
        for column in columns:
            mine, yours = delivered(ours, table)[column], delivered(theirs, table)[column]
            assert mine.n_unique() == yours.n_unique() > 1
            assert not set(mine) & set(yours)


def test_one_project_keeps_its_pseudonyms_from_extract_to_extract(filled: DataZone) -> None:
    first = make_extract(filled, approved(), now=NOW)
    narrower = TABLES | {"collisions": TABLES["collisions"] | {"columns": ["collision_index"]}}
    second = make_extract(filled, approved(tables=narrower), now=NOW)
    assert first.folder != second.folder
    assert delivered(first, "collisions")["collision_index"].equals(
        delivered(second, "collisions")["collision_index"]
    )


def test_pseudonyms_of_two_columns_do_not_agree(filled: DataZone) -> None:
    vehicles = delivered(make_extract(filled, approved(), now=NOW), "vehicles")
    assert not set(vehicles["collision_index"]) & set(vehicles["collision_ref_no"])


def test_no_reference_of_the_source_is_anywhere_in_the_extract(filled: DataZone) -> None:
    folder = make_extract(filled, approved(), now=NOW).folder
    for table in TABLES:
        for column in pl.read_parquet(folder / f"{table}.parquet").iter_columns():
            if column.dtype == pl.String:
                assert not column.str.contains("SYNTHETIC").any()
    # Uncompressed parts of the files (statistics, dictionaries) and the manifest.
    for path in folder.iterdir():
        assert b"SYNTHETIC0" not in path.read_bytes()


def test_the_order_of_rows_tells_nothing_of_the_source(filled: DataZone) -> None:
    everything = {"collisions": {"columns": ["collision_index", "datetime", "location_easting_osgr"]}}
    dates = delivered(make_extract(filled, approved(tables=everything), now=NOW), "collisions")["datetime"]
    rising = sum(one < two for one, two in pairwise(dates.drop_nulls()))
    # The source is in order of years; of 399 random neighbours about half rise (standard deviation under 10).
    assert 140 < rising < 260
    other = delivered(make_extract(filled, approved("buses", tables=everything), now=NOW), "collisions")[
        "datetime"
    ]
    assert not dates.equals(other)


def test_casualties_of_one_collision_do_not_stand_together_when_the_reference_is_not_approved(
    filled: DataZone,
) -> None:
    tables = {"casualties": {"columns": ["casualty_type", "age_of_casualty"]}}
    result = make_extract(filled, approved(tables=tables), now=NOW)
    assert delivered(result, "casualties").columns == ["casualty_type", "age_of_casualty"]
    raw = source(filled, "casualties").select("casualty_type", "age_of_casualty")
    assert not delivered(result, "casualties").equals(raw)
    assert delivered(result, "casualties").sort(pl.all()).equals(raw.sort(pl.all()))


def test_its_manifest_says_what_it_is_and_where_it_comes_from(filled: DataZone) -> None:
    spec = approved(approval={"sha256": "ab" * 32})
    result = make_extract(filled, spec, now=NOW)
    manifest = ExtractManifest.model_validate_json((result.folder / "manifest.json").read_bytes())
    assert manifest == result.manifest
    assert manifest.sha256 == result.folder.name
    assert manifest.synthetic
    assert manifest.project == "road-safety"
    assert manifest.provenance.source_sha256 == (filled.sources() / "current").read_text().strip()
    assert manifest.provenance.source_rows["collisions"] == 400
    assert manifest.approved["approval"] == {"sha256": "ab" * 32}
    assert manifest.approved["tables"]["collisions"]["rows"][0]["value"] == [2020, 2021]
    for table, described in manifest.tables.items():
        frame = delivered(result, table)
        assert described.rows == frame.height
        assert [column.name for column in described.columns] == frame.columns
        assert all(column.description for column in described.columns)
    kinds = {column.name: column.kind for column in manifest.tables["vehicles"].columns}
    assert kinds["collision_index"] == kinds["collision_ref_no"] == "pseudonym"


def test_rooms_can_read_it_and_nobody_can_write_it(filled: DataZone) -> None:
    before = os.umask(0o077)
    try:
        folder = make_extract(filled, approved(), now=NOW).folder
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o555
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    for parent in (folder.parent, folder.parent.parent, filled.root):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o711
    assert stat.S_IMODE(filled.key_file("road-safety").stat().st_mode) == 0o600
    assert stat.S_IMODE(filled.key_file("road-safety").parent.stat().st_mode) == 0o700


def test_the_same_approval_gives_the_same_extract(filled: DataZone) -> None:
    first = make_extract(filled, approved(), now=NOW)
    second = make_extract(filled, approved(), now=NOW.replace(year=2027))
    assert (first.existed, second.existed) == (False, True)
    assert second.manifest == first.manifest
    assert standing(filled) == sorted([first.folder.name, "current"])


def test_another_approval_gives_another_extract_and_moves_the_pointer(filled: DataZone) -> None:
    first = make_extract(filled, approved(), now=NOW)
    assert filled.current_extract("road-safety") == first.folder
    second = make_extract(filled, approved(approval={"sha256": "cd" * 32}), now=NOW)
    assert first.folder != second.folder
    assert filled.current_extract("road-safety") == second.folder
    verify_snapshot(first.folder)
    verify_snapshot(second.folder)


def test_a_source_can_be_pinned(filled: DataZone, tmp_path: Path) -> None:
    old = (filled.sources() / "current").read_text().strip()
    import_stats19(filled, synthesise(tmp_path / "newer", seed=99, collisions=300).folder, now=NOW)
    newest = make_extract(filled, approved(), now=NOW).manifest.provenance.source_sha256
    pinned = make_extract(filled, approved(snapshot=old), now=NOW).manifest.provenance.source_sha256
    assert pinned == old != newest


def test_nothing_comes_into_use_that_could_not_be_recorded(filled: DataZone) -> None:
    def fails(manifest: ExtractManifest) -> None:
        raise RuntimeError("the ledger is down")

    with pytest.raises(RuntimeError):
        make_extract(filled, approved(), now=NOW, record=fails)
    assert filled.current_extract("road-safety") is None
    recorded: list[str] = []
    result = make_extract(
        filled, approved(), now=NOW, record=lambda manifest: recorded.append(manifest.sha256)
    )
    assert recorded == [result.folder.name]
    assert filled.current_extract("road-safety") == result.folder


def test_large_tables_are_sorted_in_parts_to_the_same_end(
    filled: DataZone, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_extract(filled, approved(), now=NOW)
    rows = whole.manifest.tables["collisions"].rows
    for most in (rows - 1, rows, rows + 1):
        monkeypatch.setattr("datasets.extract.make._SORTED_AT_ONCE", most)
        assert make_extract(filled, approved(), now=NOW).manifest.sha256 == whole.manifest.sha256


def refusal(zone: DataZone, spec: ExtractSpec, **more: Any) -> str:
    before = standing(zone, spec.project)
    with pytest.raises(PlainError) as refused:
        make_extract(zone, spec, now=NOW, **more)
    assert standing(zone, spec.project) == before
    assert "\n" not in refused.value.sentence
    return refused.value.sentence


def test_without_a_source_there_is_a_sentence(zone: DataZone) -> None:
    assert "run `lockedroom data import stats19 DIR` first" in refusal(zone, approved())


def test_an_unknown_snapshot_gets_a_sentence(filled: DataZone) -> None:
    assert "is not in the data zone" in refusal(filled, approved(snapshot="0" * 64))


def test_a_snapshot_that_was_tampered_with_is_not_used(filled: DataZone) -> None:
    folder = filled.sources() / (filled.sources() / "current").read_text().strip()
    path = folder / "vehicles.parquet"
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert "was changed or damaged" in refusal(filled, approved())


def test_an_extract_that_was_tampered_with_is_not_given_out_again(filled: DataZone) -> None:
    result = make_extract(filled, approved(), now=NOW)
    path = result.folder / "vehicles.parquet"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"\0")
    assert "was changed or damaged" in refusal(filled, approved())


def test_conditions_that_select_nothing_get_a_sentence(filled: DataZone) -> None:
    tables = {
        "casualties": {
            "columns": ["casualty_type"],
            "rows": [{"column": "age_of_casualty", "op": ">", "value": 150}],
        }
    }
    assert "select no row of casualties" in refusal(filled, approved(tables=tables))


def test_a_project_gets_real_records_of_the_sources_that_its_tier_may_hold_and_of_no_other(
    zone: DataZone, files: Path, synthetic_set: Path
) -> None:
    import_stats19(zone, files, now=NOW)
    for may_be_real in ((), ("ambulance",)):
        said = refusal(zone, approved(), may_be_real=may_be_real)
        assert "may not hold real records of stats19" in said
    real = make_extract(zone, approved(), now=NOW, may_be_real=("stats19",)).manifest
    assert not real.synthetic
    assert real.parts == {"stats19": False}
    import_stats19(zone, synthetic_set, now=NOW)
    invented = make_extract(zone, approved(), now=NOW).manifest
    assert invented.synthetic
    assert invented.parts == {"stats19": True}


@pytest.mark.parametrize("pointer", [b"", b"../../keys", b"\xff", b"0" * 64])
def test_a_damaged_pointer_is_told(filled: DataZone, pointer: bytes) -> None:
    make_extract(filled, approved(), now=NOW)
    current = filled.extracts("road-safety") / "current"
    current.unlink()
    current.write_bytes(pointer)
    with pytest.raises(PlainError, match="newest extract of road-safety is not there"):
        filled.current_extract("road-safety")
