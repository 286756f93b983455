"""Two services' records of one event: mostly close, now and then far apart, sometimes missing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from datasets import national_grid
from datasets.sources.health import nhs_number
from datasets.synthetic.region import disagreement
from datasets.synthetic.region.draws import Bools, stream
from tests.unit.datasets.region.tables import CASUALTY, Region

MANY = 40_000


def share_of(true: Bools) -> float:
    return float(np.mean(true))


def test_calls_come_minutes_later_with_a_long_tail() -> None:
    minutes = disagreement.call_delay(stream(1, "t"), MANY).astype(float) / 60
    assert 3 < np.median(minutes) < 5
    assert 0.85 < share_of(np.abs(minutes - 4) < 15) < 0.97
    assert 0.005 < share_of(np.abs(minutes) > 60) < 0.03
    assert np.abs(minutes).max() <= 6 * 60 + 60


def test_places_are_tens_of_metres_apart_and_some_kilometres() -> None:
    apart = np.hypot(*disagreement.place_error(stream(1, "p"), MANY))
    assert 30 < np.median(apart) < 70
    assert 0.01 < share_of(apart > 1_000) < 0.04
    assert share_of(apart < 500) > 0.9


def test_ages_are_exact_with_a_birthday_and_told_without() -> None:
    true = np.full(MANY, 43)
    told = disagreement.told_age(stream(1, "a"), true, np.arange(MANY) % 2 == 0)
    assert (told[::2] == 43).all()
    without = told[1::2]
    assert 0.2 < share_of(without == disagreement.MISSING) < 0.35
    known = without[without != disagreement.MISSING]
    assert 0.1 < share_of(known == 43) < 0.5
    assert share_of(known % 5 == 0) > 0.35
    assert np.abs(known - 43).max() < 30
    assert disagreement.told_age(stream(1, "a"), np.zeros(1000, np.int64), np.zeros(1000, bool)).min() >= -1


def test_sexes_and_types_are_seldom_wrong() -> None:
    sex = disagreement.told_sex(stream(1, "s"), np.full(MANY, 2))
    assert set(sex) == {disagreement.MISSING, 1, 2}
    assert 0.003 < share_of(sex == 1) < 0.012
    cyclist = 1
    kind = disagreement.told_type(stream(1, "k"), np.full(MANY, cyclist))
    assert 0.03 < share_of((kind != cyclist) & (kind != disagreement.MISSING)) < 0.07
    unknown = disagreement.told_type(stream(1, "k"), np.full(100, disagreement.MISSING))
    assert (unknown == disagreement.MISSING).all()


def test_numbers_are_missing_more_often_of_the_young_and_of_the_very_ill() -> None:
    def missing(age: int, *, very_ill: bool) -> float:
        known = disagreement.number_known(
            stream(1, "n"), np.full(MANY, age), np.ones(MANY, bool), np.full(MANY, very_ill)
        )
        return 1 - share_of(known)

    assert missing(50, very_ill=False) < missing(22, very_ill=False) - 0.05
    assert missing(50, very_ill=False) < missing(50, very_ill=True) - 0.1
    assert 0.15 < missing(50, very_ill=False) < 0.3


@pytest.fixture(scope="session")
def same_event(around: Region) -> pl.DataFrame:
    """The police's and the crews' records of the same person at the same event, side by side."""
    assert around.snapshot is not None
    scenes = pl.read_parquet(around.snapshot / "collisions.parquet").drop("date")
    return (
        around.table("police_ambulance")
        .join(around.casualties, on=CASUALTY)
        .join(scenes, on="collision_index", suffix="_scene")
        .join(around.table("patient_records"), on="record_id")
        .join(around.table("incidents"), on="incident_id")
    )


def test_records_of_one_event_are_near_in_time_and_place(same_event: pl.DataFrame) -> None:
    minutes = (same_event["call_datetime"] - same_event["datetime"]).dt.total_seconds().to_numpy() / 60
    assert share_of(np.abs(minutes) < 30) > 0.88
    assert len(np.unique(minutes)) > 50
    easting, northing = national_grid.to_grid(
        same_event["latitude"].to_numpy(), same_event["longitude"].to_numpy()
    )
    apart = np.hypot(
        easting - same_event["location_easting_osgr"].to_numpy(),
        northing - same_event["location_northing_osgr"].to_numpy(),
    )
    assert 25 < np.median(apart) < 80
    assert apart.max() > 300


def test_all_patients_of_a_collision_are_one_incident(same_event: pl.DataFrame) -> None:
    per_collision = same_event.group_by("collision_index").agg(pl.col("incident_id").n_unique(), pl.len())
    assert per_collision["incident_id"].max() == 1
    assert per_collision["len"].max() > 1


def test_something_is_missing_of_every_kind_and_more_is_there(same_event: pl.DataFrame) -> None:
    for name, least, most in (
        ("nhs_number", 0.2, 0.5),
        ("birth_date", 0.15, 0.45),
        ("age", 0.02, 0.15),
        ("sex", 0.005, 0.08),
        ("road_user_type", 0.02, 0.13),
    ):
        assert least < same_event[name].null_count() / same_event.height < most, name


def test_hospitals_miss_one_or_two_numbers_in_a_hundred(made: Region) -> None:
    numbers = made.table("admissions")["newnhsno"]
    assert 0.008 < numbers.null_count() / len(numbers) < 0.025
    assert numbers.to_frame().select(nhs_number.valid(pl.col("newnhsno")).all()).item()
