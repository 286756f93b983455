"""What must hold of every region, whatever its seed and size: one function each, in the words of its name."""

from __future__ import annotations

import json
from itertools import pairwise

import polars as pl

from datasets.optout.reading import read_list
from datasets.sources.health import nhs_number
from datasets.synthetic.marker import MARKER
from tests.unit.datasets.region.tables import CASUALTY, SOURCE_TABLES, Region, none, years

TYPES = {
    "reference": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "category": pl.String(),
    "text": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
}


def tables_are_as_the_schema_says(region: Region) -> None:
    for source, table in SOURCE_TABLES:
        frame = pl.read_parquet(region.folder / source.name / f"{table.name}.parquet")
        assert dict(frame.schema) == {column.name: TYPES[column.kind] for column in table.columns}
        empty = {
            column.name: frame[column.name].null_count() for column in table.columns if not column.nullable
        }
        assert not any(empty.values()), (table.name, empty)
        none(frame, pl.struct(table.key).is_duplicated())


def everything_says_that_it_is_synthetic(region: Region) -> None:
    folders = [path for path in (region.folder, *region.folder.iterdir()) if path.is_dir()]
    assert len(folders) == (6 if region.snapshot else 7)
    for folder in folders:
        assert json.loads((folder / MARKER).read_text())["synthetic"] is True
    assert "SYNTHETIC" in (region.folder / "README.md").read_text()
    assert "SYNTHETIC" in (region.folder / "truth" / "README.md").read_text()
    for _, table in SOURCE_TABLES:
        frame = region.table(table.name)
        none(frame, ~pl.col(table.key[0]).str.starts_with("SYNTHETIC-"))
        if table.person:
            none(frame, ~pl.col(table.person.name).str.starts_with("999"))


def each_person_has_one_valid_number_and_one_household(region: Region) -> None:
    none(region.people, ~nhs_number.valid(pl.col("nhs_number")))
    none(region.people, pl.col("nhs_number").is_duplicated())
    homes = region.people.group_by("household_id").agg(pl.col("postcode", "lsoa11").n_unique())
    none(homes, (pl.col("postcode") > 1) | (pl.col("lsoa11") > 1))


def lives_are_possible(region: Region) -> None:
    none(region.people, pl.col("death_date") < pl.col("birth_date"))
    none(region.people, pl.col("birth_year") != pl.col("birth_date").dt.year())
    none(region.people, ~pl.col("sex").is_in(["1", "2"]))


def postcodes_have_the_form_of_an_area_that_does_not_exist(region: Region) -> None:
    none(region.people, ~pl.col("postcode").str.contains("^YX[1-9][0-9]? [0-9][ABD-HJLNP-UW-Z]{2}$"))
    none(region.people, ~pl.col("lsoa11").str.contains("^E01999[0-9]{3}$"))


def numbers_are_of_the_population(region: Region) -> None:
    for _, table in SOURCE_TABLES:
        if table.person:
            frame = region.table(table.name).drop_nulls(table.person.name)
            none(frame, ~pl.col(table.person.name).is_in(region.people["nhs_number"].implode()))


def registrations_follow_one_another_within_life(region: Region) -> None:
    lists = region.table("registrations").join(region.people, on="nhs_number")
    none(lists, pl.col("start_date") < pl.col("birth_date"))
    none(lists, pl.col("end_date") < pl.col("start_date"))
    none(lists, pl.col("end_date").fill_null(pl.col("start_date")) > pl.col("death_date"))
    in_order = lists.sort("nhs_number", "start_date").with_columns(
        next=pl.col("start_date").shift(-1).over("nhs_number")
    )
    # Whoever leaves a list comes onto the next on the day after, or has died.
    none(in_order, pl.col("next").is_not_null() & (pl.col("end_date").dt.offset_by("1d") != pl.col("next")))
    none(in_order, pl.col("next").is_null() & pl.col("end_date").ne_missing(pl.col("death_date")))


def entries_are_made_where_and_while_registered(region: Region) -> None:
    events = region.table("events")
    lists = region.table("registrations")
    at_home = events.join(lists, on=["nhs_number", "practice_code"]).filter(
        (pl.col("event_date") >= pl.col("start_date"))
        & (pl.col("event_date") <= pl.col("end_date").fill_null(pl.col("event_date")))
    )
    assert at_home.height == events.height
    none(events, pl.col("value").is_null() != pl.col("unit").is_null())


def incidents_and_patients_need_one_another(region: Region) -> None:
    incidents, records = region.table("incidents"), region.table("patient_records")
    assert set(incidents["incident_id"]) == set(records["incident_id"])
    assert incidents["call_datetime"].is_sorted()
    none(incidents, pl.col("on_scene_datetime") <= pl.col("call_datetime"))
    joined = records.join(incidents, on="incident_id")
    none(joined, pl.col("handover_datetime") <= pl.col("call_datetime"))
    none(joined, pl.col("handover_datetime") <= pl.col("on_scene_datetime"))
    conveyed = pl.col("conveyed") == "yes"
    none(records, conveyed != pl.col("handover_datetime").is_not_null())
    none(records, conveyed != pl.col("destination").is_not_null())
    on_road = pl.col("chief_complaint") == "Road traffic collision"
    none(joined, pl.col("road_user_type").is_not_null() & ~on_road)


def crews_see_the_living(region: Region) -> None:
    seen = (
        region.table("persons")
        .drop_nulls("record_id")
        .join(region.table("patient_records"), on="record_id")
        .join(region.table("incidents"), on="incident_id")
        .join(region.people, on="nhs_number", suffix="_true")
        .with_columns(day=_in_london("call_datetime"))
    )
    none(seen, pl.col("day") < pl.col("birth_date_true"))
    none(seen, pl.col("day") > pl.col("death_date"))
    none(seen, pl.col("nhs_number") != pl.col("nhs_number_right"))
    none(seen, pl.col("birth_date") != pl.col("birth_date_true"))
    none(seen, pl.col("postcode") != pl.col("postcode_true"))


def stays_are_within_life_and_one_at_a_time(region: Region) -> None:
    rows = region.table("admissions").with_columns(
        leaves=pl.col("admidate") + pl.duration(days=pl.col("speldur"))
    )
    none(rows, pl.col("speldur") < 0)
    none(rows, (pl.col("epistart") < pl.col("admidate")) | (pl.col("epiend") < pl.col("epistart")))
    none(rows, pl.col("epiend") > pl.col("leaves"))
    none(rows, pl.col("disdate").is_not_null() & (pl.col("disdate") != pl.col("leaves")))
    none(rows, pl.col("disdate").is_null() != pl.col("dismeth").is_null())
    known = rows.join(region.people, left_on="newnhsno", right_on="nhs_number", suffix="_true")
    none(known, pl.col("admidate") < pl.col("birth_date"))
    none(known, pl.col("leaves") > pl.col("death_date"))
    none(known, pl.col("sex") != pl.col("sex_true"))
    none(known, pl.col("startage") != years("epistart", "birth_date"))
    none(known, pl.col("dob") != pl.col("birth_date"))
    died = known.filter(pl.col("dismeth") == "4")
    none(died, pl.col("disdate") != pl.col("death_date"))
    none(died, pl.col("newnhsno").is_duplicated())
    stays = known.filter(pl.col("epiorder") == 1).sort("newnhsno", "admidate", "leaves")
    none(stays, pl.col("leaves") > pl.col("admidate").shift(-1).over("newnhsno"))


def episodes_of_a_stay_are_numbered_and_touch(region: Region) -> None:
    rows = (
        region.table("admissions")
        .with_row_index()
        .with_columns(
            stay=(pl.col("epiorder") == 1).cum_sum(),
        )
    )
    inside = rows.with_columns(
        before=pl.col("epiend").shift().over("stay"),
        order=pl.int_range(pl.len()).over("stay") + 1,
        last=pl.col("index") == pl.col("index").max().over("stay"),
    )
    none(inside, pl.col("epiorder") != pl.col("order"))
    none(inside, (pl.col("epiorder") > 1) & (pl.col("epistart") != pl.col("before")))
    none(inside, (pl.col("epiorder") == 1) & (pl.col("epistart") != pl.col("admidate")))
    none(inside, pl.col("last") != pl.col("disdate").is_not_null())
    none(inside, pl.col("last") & (pl.col("epiend") != pl.col("disdate")))


def diagnoses_have_the_form_of_hes(region: Region) -> None:
    rows = region.table("admissions")
    names = [f"diag_{place:02}" for place in range(1, 7)]
    for name in (*names, "cause"):
        none(rows, ~pl.col(name).str.contains("^[A-Z][0-9]{2}[0-9X]$"))
    for name, following in pairwise(names):
        none(rows, pl.col(name).is_null() & pl.col(following).is_not_null())
    for further in names[1:]:
        none(rows, pl.col(further) == pl.col("diag_01"))
    none(rows, ~pl.col("cause").str.contains("^[V-Y]"))
    none(rows, pl.col("cause").is_null() & pl.col("diag_01").str.contains("^[ST]"))
    none(rows, pl.col("cause").str.starts_with("V") & ~pl.col("diag_01").str.contains("^[ST]"))


def conditions_in_hospital_are_conditions_in_general_practice(region: Region) -> None:
    admissions, events = region.table("admissions"), region.table("events")
    lists = region.table("registrations")
    for snomed, codes in (
        ("44054006", ["E119", "E116"]),
        ("46635009", ["E109", "E101"]),
        ("52448006", ["F009", "F019", "F03X", "F028", "G309"]),
        ("13645005", ["J449"]),
    ):
        coded = admissions.filter(
            pl.any_horizontal(pl.col(f"diag_{place:02}").is_in(codes) for place in range(1, 7))
        )
        listed = coded.join(lists, left_on="newnhsno", right_on="nhs_number", how="semi")
        entered = events.filter(pl.col("snomed_code") == snomed)["nhs_number"]
        none(listed, ~pl.col("newnhsno").is_in(entered.implode()))


def the_truth_refers_to_what_is_there(region: Region) -> None:
    pairs, after = region.table("police_ambulance"), region.table("ambulance_hospital")
    records, admissions = region.table("patient_records"), region.table("admissions")
    none(pairs, pl.struct(CASUALTY).is_duplicated() | pl.col("record_id").is_duplicated())
    none(after, pl.col("record_id").is_duplicated() | pl.col("epikey").is_duplicated())
    assert pairs.join(region.casualties, on=CASUALTY, how="semi").height == pairs.height
    assert pairs.join(records, on="record_id", how="semi").height == pairs.height
    followed = after.join(records, on="record_id").join(admissions, on="epikey", suffix="_right")
    assert followed.height == after.height
    none(followed, pl.col("epiorder") != 1)
    none(followed, pl.col("destination") != pl.col("procode3"))
    none(followed, pl.col("nhs_number") != pl.col("newnhsno"))
    none(followed, ~(pl.col("admidate") - _in_london("handover_datetime")).dt.total_days().is_between(-1, 0))


def casualties_are_people_of_their_age_and_sex(region: Region) -> None:
    persons = region.table("persons")
    named = persons.join(region.casualties, on=CASUALTY).join(region.people, on="nhs_number")
    assert named.height == persons.filter(pl.col("record_id").is_null()).height
    none(named, pl.col("nhs_number").is_duplicated())
    told = pl.col("sex_of_casualty").replace_strict({"Male": "1", "Female": "2"}, default=None)
    none(named, told != pl.col("sex"))
    none(named, (years("date", "birth_date") - pl.col("age_of_casualty")).abs() > 2)
    fatal = pl.col("casualty_severity") == "Fatal"
    days = (pl.col("death_date") - pl.col("date")).dt.total_days()
    none(named, fatal & ~days.is_between(0, 30).fill_null(value=False))
    none(named, ~fatal & (days <= 0))


def the_same_event_has_the_same_person(region: Region) -> None:
    persons = region.table("persons")
    of_police = persons.drop_nulls("collision_index").drop("record_id")
    of_ambulance = persons.drop_nulls("record_id").select("record_id", "nhs_number")
    pairs = (
        region.table("police_ambulance")
        .join(of_police, on=CASUALTY, how="left")
        .join(of_ambulance, on="record_id", how="left", suffix="_ambulance")
    )
    none(pairs, pl.col("nhs_number").ne_missing(pl.col("nhs_number_ambulance")))


def opt_outs_are_some_of_the_people(region: Region) -> None:
    listed = read_list(region.folder / "opt-outs.txt")
    assert listed.numbers.to_list() == region.opt_outs
    assert set(region.opt_outs) <= set(region.people["nhs_number"])


def _in_london(name: str) -> pl.Expr:
    return pl.col(name).dt.convert_time_zone("Europe/London").dt.date()


ALL = (
    tables_are_as_the_schema_says,
    everything_says_that_it_is_synthetic,
    each_person_has_one_valid_number_and_one_household,
    lives_are_possible,
    postcodes_have_the_form_of_an_area_that_does_not_exist,
    numbers_are_of_the_population,
    registrations_follow_one_another_within_life,
    entries_are_made_where_and_while_registered,
    incidents_and_patients_need_one_another,
    crews_see_the_living,
    stays_are_within_life_and_one_at_a_time,
    episodes_of_a_stay_are_numbered_and_touch,
    diagnoses_have_the_form_of_hes,
    conditions_in_hospital_are_conditions_in_general_practice,
    the_truth_refers_to_what_is_there,
    casualties_are_people_of_their_age_and_sex,
    the_same_event_has_the_same_person,
    opt_outs_are_some_of_the_people,
)
