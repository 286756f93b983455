"""Casualties and patients as one table form, so that they can be compared column by column.

Both forms have: ``unique_id``; ``at_minute``, minutes since 1970 in UTC; ``easting`` and ``northing``, metres on
the National Grid; ``age``, years; ``sex``, 1 male or 2 female; ``road_user``; ``party``, how many casualties the
collision or patients the incident has. Missing is missing; a record without time or place is in no pair.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from datasets.link.road_users import TYPE_OF_LABEL
from datasets.national_grid import to_grid

CASUALTY_KEY: Final = ("collision_index", "vehicle_reference", "casualty_reference")
_SEX_OF_LABEL: Final = {"Male": "1", "Female": "2"}
_MINUTE: Final = 60_000_000  # microseconds


def casualties_to_compare(collisions: pl.DataFrame, casualties: pl.DataFrame) -> pl.DataFrame:
    """Casualties of STATS19, one row each, in order of their key."""
    joined = casualties.join(
        collisions.select("collision_index", "datetime", "location_easting_osgr", "location_northing_osgr"),
        on="collision_index",
        how="inner",
    )
    return joined.select(
        casualty_id().alias("unique_id"),
        _minutes("datetime").alias("at_minute"),
        pl.col("location_easting_osgr").cast(pl.Float64).alias("easting"),
        pl.col("location_northing_osgr").cast(pl.Float64).alias("northing"),
        pl.col("age_of_casualty").cast(pl.Int64).alias("age"),
        pl.col("sex_of_casualty").replace_strict(_SEX_OF_LABEL, default=None).alias("sex"),
        pl.col("casualty_type").replace_strict(TYPE_OF_LABEL, default=None).alias("road_user"),
        pl.len().over("collision_index").cast(pl.Int64).alias("party"),
    ).sort("unique_id")


def patients_to_compare(incidents: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Patient records of the ambulance service, one row each, in order of their id."""
    joined = records.join(
        incidents.select("incident_id", "call_datetime", "latitude", "longitude"),
        on="incident_id",
        how="inner",
    )
    easting, northing = to_grid(
        joined["latitude"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        joined["longitude"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
    )
    sex = pl.col("sex").cast(pl.String)
    return joined.select(
        pl.col("record_id").alias("unique_id"),
        _minutes("call_datetime").alias("at_minute"),
        pl.Series("easting", easting).fill_nan(None),
        pl.Series("northing", northing).fill_nan(None),
        pl.col("age").cast(pl.Int64),
        pl.when(sex.is_in(list(_SEX_OF_LABEL.values()))).then(sex).alias("sex"),
        pl.col("road_user_type").cast(pl.String).alias("road_user"),
        pl.len().over("incident_id").cast(pl.Int64).alias("party"),
    ).sort("unique_id")


def casualty_id() -> pl.Expr:
    """The key of a casualty as one text: references hold no blank."""
    return pl.concat_str([pl.col(name).cast(pl.String) for name in CASUALTY_KEY], separator=" ")


def with_slots(records: pl.DataFrame, minutes: int, *, neighbours: bool) -> pl.DataFrame:
    """Rows with the slot of time they lie in, so that candidates can be found by equality.

    With ``neighbours`` a row stands three times, also in the slots before and after: two rows that are at most
    ``minutes`` apart, one of each kind, then share exactly one slot. The columns ``window_*`` repeat time and
    place: Splink does not train a comparison whose columns the candidates were chosen by.
    """
    placed = records.drop_nulls(["at_minute", "easting", "northing"]).with_columns(
        (pl.col("at_minute") // minutes).cast(pl.Int64).alias("slot"),
        pl.col("at_minute").alias("window_minute"),
        pl.col("easting").alias("window_easting"),
        pl.col("northing").alias("window_northing"),
    )
    if not neighbours:
        return placed
    return pl.concat(
        placed.with_columns(
            pl.col("slot") + step, pl.concat_str(pl.col("unique_id"), pl.lit(f" {step}")).alias("unique_id")
        )
        for step in (-1, 0, 1)
    )


def moved(records: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """The same records some weeks later (earlier if negative), under ids of their own."""
    return records.with_columns(
        pl.concat_str(pl.col("unique_id"), pl.lit(f" {weeks:+}")).alias("unique_id"),
        pl.col("at_minute") + weeks * 7 * 24 * 60,
    )


def _minutes(name: str) -> pl.Expr:
    return pl.col(name).dt.timestamp("us") / _MINUTE
