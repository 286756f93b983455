"""Road-user types in the few words that other services use, from STATS19's ``casualty_type`` labels."""

from __future__ import annotations

from typing import Final

import polars as pl

ROAD_USER_TYPES: Final = (
    "pedestrian",
    "cyclist",
    "motorcyclist",
    "car occupant",
    "bus occupant",
    "goods vehicle occupant",
    "other",
)
# The beginning of a label, of any specification since 1979, and what it says.
_BEGINS: Final = (
    ("Pedestrian", "pedestrian"),
    ("Cyclist", "cyclist"),
    ("Motorcycle", "motorcyclist"),
    ("Electric motorcycle", "motorcyclist"),
    ("Car ", "car occupant"),
    ("Taxi", "car occupant"),
    ("Bus ", "bus occupant"),
    ("Minibus", "bus occupant"),
    ("Van ", "goods vehicle occupant"),
    ("Goods ", "goods vehicle occupant"),
)
_NOT_SAID: Final = ("Unknown", "Data missing", "Undefined")


def road_user_type(label: pl.Expr) -> pl.Expr:
    """The road-user type of a ``casualty_type`` column; missing where the label is, or says no more than that."""
    kinds = [pl.when(label.str.starts_with(begins)).then(pl.lit(kind)) for begins, kind in _BEGINS]
    not_said = pl.any_horizontal(label.str.starts_with(begins) for begins in _NOT_SAID)
    return pl.when(label.is_not_null() & ~not_said).then(pl.coalesce(*kinds, pl.lit("other")))
