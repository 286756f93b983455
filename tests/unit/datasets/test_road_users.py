"""Road-user types: every label of the Department's code list has one."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from datasets.sources.stats19.road_users import ROAD_USER_TYPES, road_user_type
from datasets.synthetic.stats19 import _PEDESTRIAN, _USER_TYPES


def kinds(labels: list[str | None]) -> list[str | None]:
    return (
        pl.DataFrame({"label": labels}, schema={"label": pl.String})
        .select(road_user_type(pl.col("label")))
        .to_series()
        .to_list()
    )


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Pedestrian", "pedestrian"),
        ("Cyclist", "cyclist"),
        ("Motorcycle - unknown cc rider or passenger", "motorcyclist"),
        ("Electric motorcycle rider or passenger", "motorcyclist"),
        ("Car occupant", "car occupant"),
        ("Car (including private hire cars) (1979-2004)", "car occupant"),
        ("Taxi/Private hire car occupant", "car occupant"),
        ("Minibus (8 - 16 passenger seats) occupant", "bus occupant"),
        ("Bus or coach occupant (17 or more pass seats)", "bus occupant"),
        ("Van / Goods vehicle (3.5 tonnes mgw or under) occupant", "goods vehicle occupant"),
        ("Goods vehicle (unknown weight) occupant", "goods vehicle occupant"),
        ("Horse rider", "other"),
        ("Mobility scooter rider", "other"),
        ("Unknown vehicle type (self rep only)", None),
        ("Unknown code 77", None),
        (None, None),
    ],
)
def test_a_label_in_few_words(label: str | None, kind: str | None) -> None:
    assert kinds([label]) == [kind]


def test_the_synthesisers_labels_cover_every_type() -> None:
    assert set(kinds([*_USER_TYPES.values(), _PEDESTRIAN])) == set(ROAD_USER_TYPES)


@pytest.mark.shared
def test_only_what_cannot_be_told_is_other_or_missing(police_files: Path) -> None:
    with (police_files / "code_labels.csv").open(encoding="utf-8", newline="") as stream:
        labels = [row["label"] for row in csv.DictReader(stream) if row["variable"] == "casualty_type"]
    told = {label: kind for label, kind in zip(labels, kinds(list(labels)), strict=True) if label}
    untold = {label for label, kind in told.items() if kind in ("other", None)}
    assert untold == {
        "Agricultural vehicle occupant",
        "Data missing or out of range",
        "Horse rider",
        "Mobility scooter rider",
        "Other vehicle occupant",
        "Tram occupant",
        "Unknown vehicle type (self rep only)",
    }
