"""Square kilometres by their letters."""

from __future__ import annotations

import polars as pl
import pytest

from datasets.link.places import grid_square, square_of


@pytest.mark.parametrize(
    ("easting", "northing", "square"),
    [
        # Examples of Ordnance Survey's guide to the National Grid, and its corners.
        (537_111.0, 189_999.9, "TQ3789"),
        (538_000.0, 190_000.0, "TQ3890"),
        (216_600.0, 771_200.0, "NN1671"),
        (651_409.9, 313_177.3, "TG5113"),
        (0.0, 0.0, "SV0000"),
        (441_000.0, 1_212_999.0, "HP4112"),
        (float("nan"), 0.0, None),
        (-1_000_001.0, 0.0, None),
        (0.0, 2_000_000.0, None),
    ],
)
def test_a_place_lies_in_its_square(easting: float, northing: float, square: str | None) -> None:
    assert square_of(easting, northing) == square


def test_a_column_of_places_has_its_squares_and_what_is_missing_stays_missing() -> None:
    places = pl.DataFrame({"latitude": [51.5844, None], "longitude": [-0.0197, 0.1]})
    squares = places.select(grid_square(pl.col("latitude"), pl.col("longitude"))).to_series()
    assert squares.to_list() == ["TQ3789", None]
