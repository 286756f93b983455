"""The police's side of a region that has none: synthetic STATS19 records, and their casualties."""

from __future__ import annotations

from typing import Final

import polars as pl

from datasets.synthetic.region.casualties import Casualties, of_tables
from datasets.synthetic.region.places import Square
from datasets.synthetic.stats19 import Records, make_records

# Waltham Forest had 3,449 collisions from 2014 to 2018 (Department for Transport) and 276,000 inhabitants (ONS,
# mid-2016): in five years 12.5 collisions for 1,000 inhabitants. England as a whole has about half of that.
COLLISIONS_PER_PERSON: Final = 0.0125
# Where make_records puts its collisions.
SQUARE: Final = Square(530_000, 185_000, 540_000, 195_000)


def records(seed: int, people: int) -> list[Records]:
    """Collisions for so many inhabitants, at least one; a casualty who drove is the vehicle's driver."""
    made = list(make_records(seed, max(1, round(people * COLLISIONS_PER_PERSON))))
    for one in made:
        drivers = {row["vehicle_reference"]: row for row in one.vehicles}
        for casualty in one.casualties:
            if casualty["casualty_class"] == "Driver or rider":
                drivers[casualty["vehicle_reference"]].update(
                    sex_of_driver=casualty["sex_of_casualty"],
                    age_of_driver=casualty["age_of_casualty"],
                    age_band_of_driver=casualty["age_band_of_casualty"],
                )
    return made


def casualties(made: list[Records]) -> Casualties:
    """The casualties of these records, as an import of them would have them."""
    scenes = pl.DataFrame([row for one in made for row in one.collisions])
    hurt = pl.DataFrame([row for one in made for row in one.casualties])
    return of_tables(
        scenes.select(
            pl.col("accident_index").alias("collision_index"),
            pl.col("date").str.to_date(),
            pl.col("datetime").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_zone="UTC"),
            "number_of_vehicles",
            "location_easting_osgr",
            "location_northing_osgr",
        ),
        hurt.rename({"accident_index": "collision_index"}).with_columns(
            age_of_casualty=pl.when(pl.col("age_of_casualty") >= 0).then("age_of_casualty")
        ),
    )
