"""Where people live: an invented area with postcodes and small areas that do not exist.

The Royal Mail has no postcode area YX, although a postcode of that form could exist; ``ZZ99``, which the health
service uses for people without an address, has another meaning and is not used. Small areas are ``E01999…``,
a part of the range of 2011's lower layer super output areas that was never given out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from datasets.synthetic.region.draws import Floats, Ints, Rng, share

POSTCODE_AREA: Final = "YX"
# Royal Mail, *Programmers' Guide to PAF*: the last two letters are none of C I K M O V.
_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
_UNITS: Final = len(_LETTERS) ** 2
_IN_DISTRICT: Final = 10 * _UNITS
# About 15 addresses share a postcode (Royal Mail); a lower layer super output area has 400 to 1,200 homes (ONS).
_HOMES_IN_POSTCODE: Final = 15
_POSTCODES_IN_AREA: Final = 43
MOST_AREAS: Final = 998
# The small area of those who live elsewhere.
ELSEWHERE: Final = "E01999999"
# Providers of hospital care; codes of English trusts begin with R or T.
PROVIDERS: Final = ("SY1", "SY2", "SY3")
_NEAREST_PROVIDER: Final = 0.85
_SPREAD_OF_AREA: Final = 250.0
_SPREAD_OF_POSTCODE: Final = 30.0


@dataclass(frozen=True)
class Square:
    """A part of the National Grid, in metres."""

    west: float
    south: float
    east: float
    north: float

    def anywhere(self, rng: Rng, size: int) -> tuple[Floats, Floats]:
        """Places in it: eastings and northings."""
        return rng.uniform(self.west, self.east, size), rng.uniform(self.south, self.north, size)


@dataclass(frozen=True)
class Homes:
    """One entry for each household: its postcode, small area and place."""

    postcode: pl.Series
    area: Ints
    easting: Floats
    northing: Floats

    @property
    def lsoa(self) -> pl.Series:
        """The small area's code."""
        return area_codes(self.area)


def build(rng: Rng, households: int, square: Square) -> Homes:
    """Homes for so many households, small areas scattered over the square."""
    postcode = np.arange(households) // _HOMES_IN_POSTCODE
    area = postcode // _POSTCODES_IN_AREA
    easting, northing = square.anywhere(rng, int(area[-1]) + 1)
    around = rng.normal(0, _SPREAD_OF_AREA, (2, int(postcode[-1]) + 1))[:, postcode]
    near = rng.normal(0, _SPREAD_OF_POSTCODE, (2, households))
    texts = pl.Series([_postcode(number) for number in range(int(postcode[-1]) + 1)])
    return Homes(
        texts[postcode],
        area,
        easting[area] + around[0] + near[0],
        northing[area] + around[1] + near[1],
    )


def area_codes(area: Ints) -> pl.Series:
    """Codes of small areas by their number from 0."""
    codes = pl.Series([f"E01999{number + 1:03}" for number in range(MOST_AREAS)])
    return codes[area % MOST_AREAS]


def provider(rng: Rng, area: Ints) -> Ints:
    """The provider (a number in PROVIDERS) at which people of these small areas arrive: the nearest, mostly."""
    near = share(rng, _NEAREST_PROVIDER, len(area))
    return np.where(near, area % len(PROVIDERS), rng.integers(0, len(PROVIDERS), len(area)))


def _postcode(number: int) -> str:
    district, rest = divmod(number, _IN_DISTRICT)
    sector, unit = divmod(rest, _UNITS)
    first, second = divmod(unit, len(_LETTERS))
    return f"{POSTCODE_AREA}{district + 1} {sector}{_LETTERS[first]}{_LETTERS[second]}"
