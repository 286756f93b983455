"""The police's many labels, the crews' seven types."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.link.road_users import ROAD_USER_TYPES, road_user_type
from datasets.sources.health.schema import AMBULANCE
from datasets.sources.stats19.codes import read_code_list

NOT_KNOWN = "Unknown vehicle type (self rep only)"


def test_the_types_are_those_that_the_ambulance_service_sends() -> None:
    column = {c.name: c for c in AMBULANCE.table("patient_records").columns}["road_user_type"]
    listed = column.description.split(";")[0].replace(" or ", ", ").split(", ")
    assert sorted(ROAD_USER_TYPES) == sorted(kind.strip() for kind in listed)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Pedestrian", "pedestrian"),
        ("Motorcycle over 125cc and up to 500cc rider or  passenger", "motorcyclist"),
        ("Minibus (8 - 16 passenger seats) occupant", "bus occupant"),
        ("Horse rider", "other"),
        (NOT_KNOWN, None),
        ("Unknown code 77", None),
        ("", None),
        (None, None),
    ],
)
def test_a_label_has_its_type_and_an_unknown_one_none(label: str | None, kind: str | None) -> None:
    assert road_user_type(label) == kind


@pytest.mark.shared
def test_every_label_of_the_departments_guide_is_known(police_files: Path) -> None:
    labels = (
        read_code_list(police_files / "code_labels.csv").of("casualties", "casualty_type").labels.values()
    )
    assert [label for label in labels if road_user_type(label) is None] == [NOT_KNOWN]
