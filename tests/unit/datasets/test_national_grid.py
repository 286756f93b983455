"""The National Grid: the survey's worked example, and there and back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import national_grid


def degrees(whole: int, minutes: int, seconds: float) -> float:
    return whole + minutes / 60 + seconds / 3600


# Ordnance Survey, A guide to coordinate systems in Great Britain, annex C: Caister water tower.
LATITUDE, LONGITUDE = degrees(52, 39, 27.2531), degrees(1, 43, 4.5177)
EASTING, NORTHING = 651_409.903, 313_177.270


def test_the_surveys_worked_example() -> None:
    easting, northing = national_grid.grid_of_osgb36(np.array([LATITUDE]), np.array([LONGITUDE]))
    assert (easting[0], northing[0]) == pytest.approx((EASTING, NORTHING), abs=0.002)
    latitude, longitude = national_grid.osgb36_of_grid(np.array([EASTING]), np.array([NORTHING]))
    assert (latitude[0], longitude[0]) == pytest.approx((LATITUDE, LONGITUDE), abs=2e-8)


def test_wgs84_of_a_known_place() -> None:
    # The same tower in GPS coordinates: 52°39'28.8282"N 1°42'57.8663"E, to the transformation's five metres.
    latitude, longitude = national_grid.to_wgs84(np.array([EASTING]), np.array([NORTHING]))
    assert (latitude[0], longitude[0]) == pytest.approx(
        (degrees(52, 39, 28.8282), degrees(1, 42, 57.8663)), abs=5e-5
    )


@given(st.floats(80_000, 655_000), st.floats(10_000, 1_200_000))
def test_there_and_back_again(easting: float, northing: float) -> None:
    places = np.array([easting]), np.array([northing])
    back = national_grid.to_grid(*national_grid.to_wgs84(*places))
    assert (back[0][0], back[1][0]) == pytest.approx((easting, northing), abs=0.1)


def test_a_missing_place_stays_missing() -> None:
    latitude, longitude = national_grid.to_wgs84(np.array([np.nan, EASTING]), np.array([np.nan, NORTHING]))
    assert np.isnan(latitude[0]) and np.isnan(longitude[0])
    assert not np.isnan(latitude[1])
