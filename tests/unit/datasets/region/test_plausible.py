"""A region is near to England where its docstrings say so: shares and rates, within wide bands."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest

from datasets.synthetic.region import gp, households
from datasets.synthetic.region.conditions import CONDITIONS
from datasets.synthetic.region.draws import stream
from tests.unit.datasets.region.tables import CASUALTY, Region, years

LAST = pl.lit(date(2023, 12, 31))


@pytest.fixture(scope="session")
def patients(made: Region) -> pl.DataFrame:
    """The living who are on a list, with their age on the last day."""
    on_list = made.table("registrations").filter(pl.col("end_date").is_null())
    living = made.people.filter(pl.col("death_date").is_null()).with_columns(day=LAST)
    return living.join(on_list, on="nhs_number", how="semi").with_columns(age=years("day", "birth_date"))


def test_household_sizes_are_the_censuss(made: Region) -> None:
    sizes = Counter(made.people["household_id"].value_counts()["count"].to_list())
    homes = sum(sizes.values())
    for size, share in ((1, 0.301), (2, 0.340), (3, 0.159), (4, 0.129)):
        assert sizes[size] / homes == pytest.approx(share, abs=0.02)
    assert made.people.height / homes == pytest.approx(2.36, abs=0.06)


def test_ages_are_the_censuss(patients: pl.DataFrame) -> None:
    for low, high, percent in ((0, 15, 18.5), (16, 64, 62.8), (65, 200, 18.6), (85, 200, 2.4)):
        found = patients["age"].is_between(low, high).mean()
        assert isinstance(found, float)
        assert 100 * found == pytest.approx(percent, abs=1.6)


def test_parents_are_older_than_children_and_brothers_and_sisters_differ() -> None:
    members = households.form(stream(7, "households"), 20_000, years=5)
    eldest = np.full(int(members.household.max()) + 1, -1)
    np.maximum.at(eldest, members.household[members.child], members.age[members.child])
    grown = ~members.child
    with_children = grown & (eldest[members.household] >= 0)
    apart = members.age[with_children] - eldest[members.household][with_children]
    assert apart.min() >= 16
    assert 28 <= np.median(apart) <= 36
    alone_and_small = (members.age < 16) & grown
    assert not alone_and_small.any()
    order = np.lexsort((members.age, members.household))
    order = order[members.child[order]]
    same = np.diff(members.household[order]) == 0
    assert 1 <= np.median(np.diff(members.age[order])[same]) <= 4


@pytest.mark.parametrize(
    ("name", "youngest", "percent", "give"),
    [
        ("type 2 diabetes", 17, 6.9, 1.0),
        ("type 1 diabetes", 17, 0.55, 0.3),
        ("dementia", 0, 0.7, 0.3),
        ("dementia", 65, 4.0, 1.3),
        ("hypertension", 0, 14.4, 1.5),
        ("asthma", 6, 6.5, 1.0),
        ("copd", 0, 1.9, 0.6),
    ],
)
def test_prevalence_is_near_the_published(
    made: Region, patients: pl.DataFrame, name: str, youngest: int, percent: float, give: float
) -> None:
    (condition,) = (one for one in CONDITIONS if one.name == name)
    entered = made.table("events").filter(pl.col("snomed_code") == condition.snomed)["nhs_number"]
    old_enough = patients.filter(pl.col("age") >= youngest)
    found = old_enough["nhs_number"].is_in(entered.implode()).mean()
    assert isinstance(found, float)
    assert 100 * found == pytest.approx(percent, abs=give)


def test_nobody_has_both_types_of_diabetes(made: Region) -> None:
    events = made.table("events")
    of = {
        code: set(events.filter(pl.col("snomed_code") == code)["nhs_number"])
        for code in ("44054006", "46635009")
    }
    assert of["44054006"].isdisjoint(of["46635009"])


def test_measurements_agree_with_what_people_have(made: Region) -> None:
    events = made.table("events")
    values = {
        code.term: events.filter(pl.col("snomed_code") == code.snomed)
        for code in (gp.HBA1C, gp.SYSTOLIC, gp.BMI)
    }

    def mean(term: str, snomed: str, *, have: bool) -> float:
        """Of those who have a condition (entered before the measurement), or have it at no time."""
        onset = events.filter(pl.col("snomed_code") == snomed).select("nhs_number", onset="event_date")
        joined = values[term].join(onset, on="nhs_number", how="left")
        chosen = pl.col("event_date") > pl.col("onset") if have else pl.col("onset").is_null()
        found = joined.filter(chosen)["value"].mean()
        assert isinstance(found, float)
        return found

    sugar, pressure, weight = gp.HBA1C.term, gp.SYSTOLIC.term, gp.BMI.term
    assert 50 < mean(sugar, "44054006", have=True) < 60
    assert 60 < mean(sugar, "46635009", have=True) < 72
    assert mean(sugar, "44054006", have=False) < 42
    assert mean(pressure, "38341003", have=True) > mean(pressure, "38341003", have=False) + 8
    assert mean(weight, "44054006", have=True) > mean(weight, "44054006", have=False) + 3


def test_snomed_codes_have_right_check_digits() -> None:
    for code in gp.CODES:
        assert verhoeff(code.snomed), code


def verhoeff(number: str) -> bool:
    """SNOMED CT Release File Specifications: the last digit checks the others by Verhoeff's dihedral method."""
    fives = [[(a + b) % 5 for b in range(5)] for a in range(5)]
    table = [[0] * 10 for _ in range(10)]
    for a in range(10):
        for b in range(10):
            turned = a >= 5
            if not turned:
                table[a][b] = fives[a][b % 5] + (5 if b >= 5 else 0)
            else:
                table[a][b] = (a - 5 - b % 5) % 5 + (0 if b >= 5 else 5)
    first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    permutation = [list(range(10))]
    for _ in range(7):
        permutation.append([permutation[-1][first[digit]] for digit in range(10)])
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = table[check][permutation[place % 8][int(digit)]]
    return check == 0


def test_diabetes_and_dementia_cohorts_can_be_made_from_admissions(made: Region) -> None:
    rows = made.table("admissions")
    names = [f"diag_{place:02}" for place in range(1, 7)]
    for beginning, fewest in (("E11", 300), ("E10", 15), ("F0", 40), ("G30", 15)):
        with_it = rows.filter(pl.any_horizontal(pl.col(name).str.starts_with(beginning) for name in names))
        assert with_it.drop_nulls("newnhsno")["newnhsno"].n_unique() >= fewest // 3
        assert with_it.height >= fewest


def test_stays_are_as_frequent_as_in_england(made: Region) -> None:
    stays = made.table("admissions").filter(pl.col("epiorder") == 1)["admimeth"].value_counts()
    yearly = {row["admimeth"]: row["count"] / made.people.height / 5 for row in stays.to_dicts()}
    assert 0.09 < yearly["21"] < 0.14
    assert 0.10 < yearly["11"] < 0.17
    assert 0.006 < yearly["31"] < 0.013


def test_causes_of_injuries_are_those_of_the_road_user(around: Region) -> None:
    of_patient = around.table("ambulance_hospital").join(around.table("patient_records"), on="record_id")
    hurt = of_patient.drop_nulls("road_user_type").join(around.table("admissions"), on="epikey")
    begins = {
        "pedestrian": "V0",
        "cyclist": "V1",
        "motorcyclist": "V2",
        "car occupant": "V4",
        "goods vehicle occupant": "V[56]",
        "bus occupant": "V7",
        "other": "V8",
    }
    agree = [re.match(begins[row["road_user_type"]], row["cause"]) is not None for row in hurt.to_dicts()]
    assert len(agree) > 30
    # The crew's type is another's now and then.
    assert sum(agree) / len(agree) > 0.8


def test_about_half_of_the_roads_patients_are_known_to_the_police(around: Region) -> None:
    on_road = around.table("incidents").filter(pl.col("chief_complaint") == "Road traffic collision")
    patients = around.table("patient_records").join(on_road, on="incident_id", how="semi").height
    assert 0.45 < around.table("police_ambulance").height / patients < 0.6


def test_the_worse_hurt_are_seen_and_admitted_more_often(around: Region) -> None:
    seen = around.casualties.join(around.table("police_ambulance"), on=CASUALTY, how="left").join(
        around.table("ambulance_hospital"), on="record_id", how="left"
    )
    by = {
        severity: seen.filter(pl.col("casualty_severity") == severity) for severity in ("Serious", "Slight")
    }
    attended = {name: frame["record_id"].is_not_null().mean() for name, frame in by.items()}
    admitted = {name: frame["epikey"].is_not_null().mean() for name, frame in by.items()}
    assert attended["Serious"] > 0.75
    assert 0.4 < attended["Slight"] < 0.6
    assert admitted["Serious"] > 0.3
    assert admitted["Slight"] < 0.06


def test_opt_outs_are_about_five_percent(made: Region) -> None:
    assert 0.04 < len(made.opt_outs) / made.people.height < 0.065
