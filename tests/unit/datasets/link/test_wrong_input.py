"""What cannot be linked is told in one sentence, and nothing of it is put in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.link.inputs import refuse_different_keys
from datasets.link.make import link_sources
from datasets.link.truth import AMBULANCE_HOSPITAL, POLICE_AMBULANCE, of_records, read_truth
from datasets.manifest import FILE_NAME
from datasets.synthetic.marker import MARKER
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW

TRUE_PAIRS = pl.DataFrame(
    {
        "collision_index": ["2019SYNTHETIC1", "2019SYNTHETIC1"],
        "vehicle_reference": [1, 1],
        "casualty_reference": [1, 2],
        "record_id": ["SYNTHETIC-A1", "SYNTHETIC-A2"],
    }
)
FOLLOWED = pl.DataFrame({"record_id": ["SYNTHETIC-A1"], "epikey": ["SYNTHETIC-E1"]})


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """A small truth that a test may damage."""
    folder = tmp_path / "truth"
    folder.mkdir()
    TRUE_PAIRS.write_parquet(folder / POLICE_AMBULANCE)
    FOLLOWED.write_parquet(folder / AMBULANCE_HOSPITAL)
    (folder / MARKER).write_text('{"synthetic": true}')
    return folder


@pytest.mark.parametrize("threshold", [-0.5, 0.0, 1.0, 1.5, float("nan")])
def test_a_threshold_that_is_no_probability(tmp_path: Path, threshold: float) -> None:
    zone = DataZone(tmp_path / "data")
    with pytest.raises(PlainError, match=r"--threshold is a probability between 0 and 1, such as 0\.5"):
        link_sources(zone, now=NOW, threshold=threshold)
    assert not zone.root.exists()


def test_nothing_imported(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="No national data opt-out list has been given"):
        link_sources(DataZone(tmp_path / "data"), now=NOW)


def test_pseudonyms_of_different_keys() -> None:
    refuse_different_keys("a", {"gp": "a", "hospital": "a"})
    with pytest.raises(PlainError, match="The persons in hospital have pseudonyms of another linkage key"):
        refuse_different_keys("a", {"gp": "a", "hospital": "b"})


def test_a_truth_is_read_as_it_was_written(truth: Path) -> None:
    read = read_truth(truth)
    assert read.police_ambulance.equals(TRUE_PAIRS)
    assert read.ambulance_hospital.equals(FOLLOWED)
    FOLLOWED.head(0).write_parquet(truth / AMBULANCE_HOSPITAL)
    assert read_truth(truth).sha256 != read.sha256


def _cut(folder: Path) -> None:
    path = folder / POLICE_AMBULANCE
    path.write_bytes(path.read_bytes()[:-20])


def _hole(folder: Path) -> None:
    path = folder / POLICE_AMBULANCE
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 8) + content[-4:])


def _write(table: pl.DataFrame) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        table.write_parquet(folder / POLICE_AMBULANCE)

    return write


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (shutil.rmtree, "There is no folder"),
        (lambda folder: (folder / MARKER).unlink(), f"holds no {MARKER}"),
        (lambda folder: (folder / POLICE_AMBULANCE).unlink(), f"has no {POLICE_AMBULANCE}"),
        (_cut, "is not a whole Parquet file"),
        (_hole, "is damaged"),
        (lambda folder: (folder / AMBULANCE_HOSPITAL).write_bytes(b""), "is not a whole Parquet file"),
        (_write(TRUE_PAIRS.rename({"record_id": "record"})), "has other columns than"),
        (_write(TRUE_PAIRS.with_columns(vehicle_reference=pl.lit("x"))), "holds values of another kind"),
        (_write(TRUE_PAIRS.with_columns(record_id=pl.lit("SYNTHETIC-A1"))), "names a record twice"),
        (_write(TRUE_PAIRS.with_columns(casualty_reference=pl.lit(1))), "names a record twice"),
        (_write(TRUE_PAIRS.with_columns(record_id=pl.lit(None, pl.String))), "names a record twice, or none"),
    ],
)
def test_a_truth_that_is_not_one(truth: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(truth)
    with pytest.raises(PlainError, match=said):
        read_truth(truth)


@pytest.mark.parametrize(("may_be_absent", "accepted"), [(0, False), (1, True), (2, True)])
def test_a_truth_may_miss_as_many_records_as_the_opt_out_left_out(may_be_absent: int, accepted: bool) -> None:
    known = {
        "casualties": TRUE_PAIRS.select("collision_index", "vehicle_reference", "casualty_reference"),
        "ambulance records": TRUE_PAIRS.select("record_id").head(1),
    }
    if accepted:
        kept = of_records(TRUE_PAIRS, known, {"ambulance records": may_be_absent})
        assert kept["record_id"].to_list() == ["SYNTHETIC-A1"]
    else:
        with pytest.raises(PlainError, match="The truth names 1 ambulance records that were not imported"):
            of_records(TRUE_PAIRS, known, {"ambulance records": may_be_absent})


def test_a_truth_about_other_casualties() -> None:
    with pytest.raises(PlainError, match="The truth names 1 casualties that were not imported"):
        of_records(TRUE_PAIRS, {"casualties": TRUE_PAIRS.drop("record_id").head(1)}, {"casualties": 0})


def _changed(zone: DataZone, source: str, old: str, new: str) -> None:
    place = zone.sources(source)
    path = place / (place / "current").read_text().strip() / FILE_NAME
    path.chmod(0o600)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def _no(source: str) -> Callable[[DataZone], None]:
    return lambda zone: shutil.rmtree(zone.sources(source))


def _dangling(zone: DataZone) -> None:
    place = zone.sources("hospital")
    (place / "current").chmod(0o600)
    (place / "current").write_text("0" * 64 + "\n")


def _damaged(zone: DataZone) -> None:
    place = zone.sources("gp")
    path = place / (place / "current").read_text().strip() / "events.parquet"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def _other_key(zone: DataZone) -> None:
    fingerprint = '"linkage_key": "'
    _changed(zone, "gp", fingerprint, fingerprint + "0")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no("stats19"), "No stats19 data have been imported"),
        (_no("ambulance"), "No ambulance data have been imported"),
        (_dangling, "names no snapshot that is there"),
        (_damaged, "is not what its manifest says"),
        (_other_key, "The persons in gp have pseudonyms of another linkage key"),
    ],
)
def test_sources_that_are_missing_stale_damaged_or_of_another_key(
    zone: DataZone, spoil: Callable[[DataZone], None], said: str
) -> None:
    spoil(zone)
    with pytest.raises(PlainError, match=said):
        link_sources(zone, now=NOW)
    assert not (zone.sources("linked") / "current").exists()


@pytest.mark.slow
def test_the_truth_of_another_region(zone: DataZone, truth: Path) -> None:
    with pytest.raises(PlainError, match="The truth names 2 casualties that were not imported"):
        link_sources(zone, now=NOW, truth=truth)
    assert [entry.name for entry in zone.sources("linked").iterdir()] == []


@pytest.mark.slow
def test_a_truth_beside_real_records(zone: DataZone, truth: Path) -> None:
    _changed(zone, "ambulance", '"synthetic": true', '"synthetic": false')
    with pytest.raises(
        PlainError, match="--truth measures links of synthetic records, and ambulance holds real"
    ):
        link_sources(zone, now=NOW, truth=truth)
