"""Labels and numbers, value by value, over whatever text may come."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datasets.sources.stats19.canonical import labelled_value
from datasets.sources.stats19.codes import MISSING_CODE, Codes, codes_from, tidy
from datasets.sources.stats19.columns import COLUMNS, canonical_name, canonical_names
from datasets.sources.stats19.files import find_files

LISTED = {"1": "Car", "2": "Pedal cycle", "19": "Van / Goods", MISSING_CODE: "Data missing or out of range"}
CODES = codes_from(LISTED)


def labels(texts: list[str | None], codes: Codes = CODES) -> list[str | None]:
    """A column of texts through the expression that the importer uses."""
    column = pl.LazyFrame({"c": texts}, schema={"c": pl.String}).select(labelled_value("c", codes))
    return column.collect(engine="streaming")["c"].to_list()


def test_codes_become_labels_and_labels_stay() -> None:
    assert labels(["1", "Car", " 2 ", "Pedal  cycle", "19"]) == [
        "Car",
        "Car",
        "Pedal cycle",
        "Pedal cycle",
        "Van / Goods",
    ]


def test_every_way_to_say_missing_is_missing() -> None:
    assert labels(["-1", "Data missing or out of range", "", "  ", None]) == [None] * 5


def test_a_label_of_minus_one_that_is_also_a_real_label_is_not_missing() -> None:
    codes = codes_from({"9": "Unknown", MISSING_CODE: "Unknown"})
    assert labels(["9", "Unknown", "-1"], codes) == ["Unknown", "Unknown", None]


def test_unknown_codes_are_visible() -> None:
    assert labels(["3", "-7", "E06000001", "Tank"]) == [
        "Unknown code 3",
        "Unknown code -7",
        "Unknown code E06000001",
        "Tank",
    ]


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.sampled_from([*LISTED, *LISTED.values()])), min_size=1
    )
)
def test_no_value_is_dropped_but_the_missing_ones(texts: list[str | None]) -> None:
    missing = {"", "-1", "Data missing or out of range"}
    for text, result in zip(texts, labels(texts), strict=True):
        assert (result is None) == (text is None or tidy(text) in missing)


@given(st.sampled_from([code for code in LISTED if code != MISSING_CODE]))
def test_a_code_and_its_label_mean_the_same(code: str) -> None:
    assert labels([code]) == labels([LISTED[code]])


@given(st.text(max_size=30))
def test_tidy_is_done_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_headings_of_all_releases_have_one_name() -> None:
    assert [
        canonical_name(heading)
        for heading in (
            "Accident_Index",
            "accident_ref_no",
            "collision_reference",
            "1st_Road_Class",
            "Was_Vehicle_Left_Hand_Drive?",
            "Engine_Capacity_(CC)",
            "Did_Police_Officer_Attend_Scene_of_Accident",
            "LSOA_of_Accident_Location",
            "enhanced_severity_collision",
        )
    ] == [
        "collision_index",
        "collision_ref_no",
        "collision_ref_no",
        "first_road_class",
        "vehicle_left_hand_drive",
        "engine_capacity_cc",
        "did_police_officer_attend_scene_of_collision",
        "lsoa_of_collision_location",
        "enhanced_collision_severity",
    ]


def test_old_names_mean_the_old_specification_unless_the_file_has_both() -> None:
    assert canonical_names(["vehicle_type", "vehicle_manoeuvre"])[1] == "vehicle_manoeuvre_historic"
    assert canonical_names(["vehicle_manoeuvre_historic", "vehicle_manoeuvre"])[1] == "vehicle_manoeuvre"


def test_canonical_names_are_their_own_names_and_described() -> None:
    for columns in COLUMNS.values():
        assert [canonical_name(column.name) for column in columns] == [column.name for column in columns]
        assert len({column.name for column in columns}) == len(columns)
        assert all(column.description for column in columns)


def test_the_series_name_does_not_make_every_file_a_casualty_file(tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("named")
    names = {
        "collisions": ["Accidents0515.csv", "dft-road-casualty-statistics-collision-2023.csv"],
        "casualties": ["Casualties0515.csv", "dft-road-casualty-statistics-casualty-2023.CSV"],
        "vehicles": ["Vehicles0515.csv", "dft-road-casualty-statistics-vehicle-2023.csv"],
    }
    beside = [
        "dft-road-casualty-statistics-vehicle-e-scooter-2020-2023.csv",
        "MakeModel2014.csv",
        "historical-revisions-data.csv",
    ]
    for name in [name for group in names.values() for name in group] + beside:
        (folder / name).touch()
    found = find_files(folder)
    assert {table: [path.name for path in paths] for table, paths in found.tables.items()} == names
    assert sorted(found.ignored) == sorted(beside)
