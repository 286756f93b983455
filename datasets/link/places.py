"""Coarser places: the square kilometre of the National Grid, in Ordnance Survey's letters and digits."""

from __future__ import annotations

import numpy as np
import polars as pl

from datasets.national_grid import to_grid

# 25 letters, without I, five to a row from the north west.
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_FALSE_ORIGIN_KM = (1000, 500)  # of the letters, west and south of the grid's own


def square_of(easting: float, northing: float) -> str | None:
    """The square kilometre that a place in metres lies in, such as ``TQ3789``; None outside the grid's letters."""
    if not (np.isfinite(easting) and np.isfinite(northing)):
        return None
    east = int(easting // 1000) + _FALSE_ORIGIN_KM[0]
    north = int(northing // 1000) + _FALSE_ORIGIN_KM[1]
    if not (0 <= east < 2500 and 0 <= north < 2500):
        return None
    first = _letter(east // 500, north // 500)
    second = _letter(east % 500 // 100, north % 500 // 100)
    return f"{first}{second}{east % 100:02}{north % 100:02}"


def grid_square(latitude: pl.Expr, longitude: pl.Expr) -> pl.Expr:
    """The square kilometre of places in WGS84 degrees; missing where the place is."""

    def batch(places: pl.Series) -> pl.Series:
        fields = places.struct.unnest()
        degrees = [fields[name].fill_null(float("nan")).to_numpy() for name in ("latitude", "longitude")]
        squares = [square_of(*place) for place in zip(*to_grid(*degrees), strict=True)]
        return pl.Series(places.name, squares, dtype=pl.String)

    both = pl.struct(latitude.alias("latitude"), longitude.alias("longitude"))
    return both.map_batches(batch, return_dtype=pl.String(), is_elementwise=True)


def _letter(column: int, row_from_south: int) -> str:
    return _LETTERS[(4 - row_from_south) * 5 + column]
