"""Drawing and dates: the few ways that everything else is built on."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.synthetic.region import nhs_numbers
from datasets.synthetic.region.calendar import ages, from_london, local_days, years_before
from datasets.synthetic.region.draws import along, nearest_distinct, pick, stream

VALUES = st.floats(-1e6, 1e6)


def test_each_part_has_a_stream_of_its_own_and_the_same_seed_the_same_one() -> None:
    first, again, other_part, other_seed = (
        stream(*named).random(4).tolist() for named in ((7, "gp"), (7, "gp"), (7, "hospital"), (8, "gp"))
    )
    assert first == again
    assert first != other_part
    assert first != other_seed


def test_picks_are_in_proportion() -> None:
    counts = np.bincount(pick(stream(1, "test"), (1, 0, 3), 40_000), minlength=3)
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3, rel=0.05)


@given(st.lists(VALUES, min_size=1, max_size=60), st.data())
def test_nearest_places_are_distinct_and_in_order(pool: list[float], data: st.DataObject) -> None:
    wanted = np.array(data.draw(st.lists(VALUES, max_size=len(pool))))
    places = nearest_distinct(wanted, np.sort(pool))
    assert len(set(places.tolist())) == len(wanted)
    assert all(0 <= place < len(pool) for place in places)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(places[order]) > 0).all()


def test_a_place_that_is_free_and_right_is_given() -> None:
    assert nearest_distinct(np.array([30.0, 10.0]), np.array([10.0, 20.0, 30.0])).tolist() == [2, 0]
    assert nearest_distinct(np.array([30.0, 30.0, 30.0]), np.array([10.0, 20.0, 30.0])).tolist() == [0, 1, 2]


def test_more_than_the_pool_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="more is wanted"):
        nearest_distinct(np.array([1.0, 2.0]), np.array([1.0]))


def test_a_curve_is_level_beyond_its_ends() -> None:
    assert along([(10, 1), (20, 3)], np.array([0, 10, 15, 20, 90])).tolist() == [1, 1, 2, 3, 3]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_ages_are_those_that_birthdays_count(birth: date, day: date) -> None:
    expected = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    assert ages(np.array([birth], "datetime64[D]"), np.datetime64(day, "D")).tolist() == [expected]


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(0, 105), st.integers(0, 364))
def test_who_was_born_within_the_year_before_is_so_old(day: date, years: int, since: int) -> None:
    days = np.array([day], "datetime64[D]")
    birth = years_before(days, np.array([years])) - np.timedelta64(since, "D")
    assert ages(birth, days).tolist() == [years]


def test_clocks_in_london() -> None:
    told = ["2023-01-01T00:30:00", "2023-07-01T00:30:00", "2023-03-26T01:30:00", "2023-10-29T01:30:00"]
    moments = from_london(np.array(told, "datetime64[s]"))
    assert moments.tolist() == [
        datetime(2023, 1, 1, 0, 30),
        datetime(2023, 6, 30, 23, 30),
        datetime(2023, 3, 26, 1, 30),  # never shown: an hour later
        datetime(2023, 10, 29, 0, 30),  # shown twice: the first
    ]
    assert local_days(moments).astype(str).tolist() == [moment[:10] for moment in told]
    assert np.isnat(local_days(np.array(["NaT"], "datetime64[s]")))[0]


def test_there_are_as_many_test_numbers_as_is_said() -> None:
    drawn = nhs_numbers.draw(stream(1, "numbers"), nhs_numbers.MOST)
    assert len(np.unique(drawn)) == nhs_numbers.MOST == 909_090
    assert (drawn.min(), drawn.max()) == (9_990_000_018, 9_999_999_980)
    with pytest.raises(ValueError, match="there are 909090"):
        nhs_numbers.draw(stream(1, "numbers"), nhs_numbers.MOST + 1)
