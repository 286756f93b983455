"""A region around imported police records: what the records lack, and which snapshot is meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets import national_grid
from datasets.snapshot import current_name
from datasets.sources.stats19 import import_stats19
from datasets.synthetic.region import find_police_snapshot, synthesise_region
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW, Rows, edit, table_file
from tests.unit.datasets.region.invariants import ALL
from tests.unit.datasets.region.tables import Region


def region_around(zone: DataZone, out: Path, people: int | None = None) -> Region:
    snapshot = find_police_snapshot(zone, "current")
    return Region(synthesise_region(out, seed=3, people=people, snapshot=snapshot).folder, snapshot.folder)


def test_the_police_side_is_the_imported_one(around: Region) -> None:
    assert not (around.folder / "police").exists()
    told = around.table("police_ambulance")
    assert told.height > 100
    assert told["collision_index"].is_in(around.casualties["collision_index"].implode()).all()


def test_casualties_without_time_or_place_are_known_to_nobody_else(
    files: Path, zone: DataZone, tmp_path: Path
) -> None:
    def lose(rows: Rows) -> Rows:
        for number, row in enumerate(rows):
            if number % 3 == 0:
                row["time"], row["datetime"] = "", ""
            elif number % 3 == 1:
                row["location_easting_osgr"] = ""
        return rows

    edit(table_file(files, "collisions"), lose)
    import_stats19(zone, files, now=NOW)
    region = region_around(zone, tmp_path / "out")
    assert region.snapshot is not None
    scenes = pl.read_parquet(region.snapshot / "collisions.parquet")
    whole = scenes.drop_nulls(["datetime", "location_easting_osgr"])["collision_index"]
    assert 100 < len(whole) < 200
    assert set(region.table("police_ambulance")["collision_index"]) <= set(whole)
    assert "have no time or no place there" in (region.folder / "README.md").read_text()
    for check in ALL:
        check(region)


def test_degrees_serve_where_there_is_no_grid_place(files: Path, zone: DataZone, tmp_path: Path) -> None:
    def to_degrees(rows: Rows) -> Rows:
        grid = (
            np.array([float(row[name]) for row in rows])
            for name in ("location_easting_osgr", "location_northing_osgr")
        )
        for row, latitude, longitude in zip(rows, *national_grid.to_wgs84(*grid), strict=True):
            row |= {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}
            row |= {"location_easting_osgr": "", "location_northing_osgr": ""}
        return rows

    with_grid = region_around(with_files(zone, files), tmp_path / "grid")
    edit(table_file(files, "collisions"), to_degrees)
    with_degrees = region_around(with_files(zone, files), tmp_path / "degrees")
    assert with_degrees.table("police_ambulance").equals(with_grid.table("police_ambulance"))
    for name in ("latitude", "longitude"):
        apart = (with_grid.table("incidents")[name] - with_degrees.table("incidents")[name]).abs()
        assert apart.median() < 1e-5


def with_files(zone: DataZone, files: Path) -> DataZone:
    import_stats19(zone, files, now=NOW)
    return zone


def test_ages_and_sexes_that_the_police_do_not_have_are_found_for_everybody(
    files: Path, zone: DataZone, tmp_path: Path
) -> None:
    def forget(rows: Rows) -> Rows:
        for row in rows:
            row |= {
                "age_of_casualty": "-1",
                "age_band_of_casualty": "",
                "sex_of_casualty": "",
                "casualty_type": "",
            }
        return rows

    edit(table_file(files, "casualties"), forget)
    region = region_around(with_files(zone, files), tmp_path / "out")
    assert region.table("persons").drop_nulls("collision_index").height > 400
    for check in ALL:
        check(region)


def test_a_snapshot_is_named_by_its_hash_its_beginning_or_the_word_current(police_zone: DataZone) -> None:
    sha256 = current_name(police_zone.sources())
    assert sha256 is not None
    for named in (sha256, sha256[:8], "current"):
        assert find_police_snapshot(police_zone, named).sha256 == sha256
    assert find_police_snapshot(police_zone, sha256).synthetic


@pytest.mark.parametrize("named", ["", "abc", "0123456", "../../etc", "CURRENT", "*" * 8, "0" * 65])
def test_what_names_no_snapshot_is_refused(police_zone: DataZone, named: str) -> None:
    with pytest.raises(PlainError, match="wants the hash of an imported STATS19 snapshot"):
        find_police_snapshot(police_zone, named)


def test_a_snapshot_that_is_not_there_is_refused(police_zone: DataZone, zone: DataZone) -> None:
    with pytest.raises(PlainError, match="No imported STATS19 snapshot begins with 00000000"):
        find_police_snapshot(police_zone, "00000000")
    with pytest.raises(PlainError, match="No police records have been imported"):
        find_police_snapshot(zone, "current")


def test_a_beginning_that_two_snapshots_share_is_refused(zone: DataZone) -> None:
    place = zone.create_sources()
    for end in "01":
        (place / f"{'a' * 63}{end}").mkdir()
    with pytest.raises(PlainError, match="2 imported STATS19 snapshots begin with aaaaaaaa: give more"):
        find_police_snapshot(zone, "a" * 8)


def test_a_damaged_snapshot_is_refused(filled: DataZone) -> None:
    sha256 = current_name(filled.sources())
    assert sha256 is not None
    table = filled.sources() / sha256 / "casualties.parquet"
    table.parent.chmod(0o700)
    table.chmod(0o600)
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(PlainError, match="is not what its manifest says"):
        find_police_snapshot(filled, sha256)
