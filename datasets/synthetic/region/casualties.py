"""Casualties whom the police know, real or synthetic, as the rest of the region needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from datasets import national_grid
from datasets.link.road_users import ROAD_USER_TYPES, TYPE_OF_LABEL
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints
from datasets.synthetic.region.households import FEMALE, MALE

FATAL, SERIOUS, SLIGHT = range(3)
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Casualties:
    """One entry for each casualty, in the police's order.

    ``collision`` is the number of the casualty's collision in ``references``. ``moment`` is in UTC, NaT where the
    police have no time; places are metres of the National Grid, nan where there is none; ages, sexes and
    road-user types (a number in ROAD_USER_TYPES) that the police do not have are -1.
    """

    references: pl.Series
    collision: Ints
    vehicle: Ints
    number: Ints
    day: Days
    moment: Days
    easting: Floats
    northing: Floats
    vehicles: Ints
    age: Ints
    sex: Ints
    severity: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def located(self) -> Bools:
        """Those of whose collision time and place are known: no other service can be told of the rest."""
        return ~np.isnat(self.moment) & np.isfinite(self.easting) & np.isfinite(self.northing)

    def names(self, those: Ints) -> dict[str, pl.Series]:
        """The three columns that together name a casualty in STATS19."""
        return {
            "collision_index": self.references[self.collision[those]],
            "vehicle_reference": pl.Series(self.vehicle[those]),
            "casualty_reference": pl.Series(self.number[those]),
        }


def of_snapshot(folder: Path) -> Casualties:
    """The casualties of an imported STATS19 snapshot."""
    return of_tables(
        pl.read_parquet(folder / "collisions.parquet"), pl.read_parquet(folder / "casualties.parquet")
    )


def of_tables(collisions: pl.DataFrame, casualties: pl.DataFrame) -> Casualties:
    """The casualties of two canonical STATS19 tables. Degrees are used where a collision has no grid place."""
    degrees = [
        pl.col(name) if name in collisions.columns else pl.lit(None, pl.Float64).alias(name)
        for name in ("latitude", "longitude")
    ]
    scenes = collisions.select(
        "collision_index",
        "date",
        "number_of_vehicles",
        pl.col("datetime").dt.replace_time_zone(None),
        pl.col("location_easting_osgr", "location_northing_osgr").cast(pl.Float64),
        *degrees,
    ).with_row_index("collision")
    easting, northing = _places(scenes)
    joined = casualties.join(scenes, on="collision_index", how="inner", maintain_order="left")
    scene = joined["collision"].to_numpy().astype(np.int64)
    return Casualties(
        references=scenes["collision_index"],
        collision=scene,
        vehicle=joined["vehicle_reference"].to_numpy().astype(np.int64),
        number=joined["casualty_reference"].to_numpy().astype(np.int64),
        day=joined["date"].to_numpy().astype("datetime64[D]"),
        moment=joined["datetime"].to_numpy().astype("datetime64[s]"),
        easting=easting[scene],
        northing=northing[scene],
        vehicles=_whole(joined["number_of_vehicles"]),
        age=_whole(joined["age_of_casualty"]),
        sex=_coded(joined["sex_of_casualty"], {"Male": MALE, "Female": FEMALE}),
        severity=_coded(joined["casualty_severity"], {"Fatal": FATAL, "Serious": SERIOUS}, SLIGHT),
        kind=_coded(
            joined["casualty_type"],
            {label: ROAD_USER_TYPES.index(kind) for label, kind in TYPE_OF_LABEL.items()},
        ),
    )


def _places(scenes: pl.DataFrame) -> tuple[Floats, Floats]:
    easting, northing, latitude, longitude = (
        scenes[name].to_numpy().astype(np.float64)
        for name in ("location_easting_osgr", "location_northing_osgr", "latitude", "longitude")
    )
    from_degrees = national_grid.to_grid(latitude, longitude)
    none = ~(np.isfinite(easting) & np.isfinite(northing))
    return np.where(none, from_degrees[0], easting), np.where(none, from_degrees[1], northing)


def _whole(column: pl.Series) -> Ints:
    return column.fill_null(UNKNOWN).to_numpy().astype(np.int64)


def _coded(column: pl.Series, codes: dict[str, int], otherwise: int = UNKNOWN) -> Ints:
    return column.replace_strict(codes, default=otherwise, return_dtype=pl.Int64).to_numpy().astype(np.int64)
