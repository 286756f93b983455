"""Which admission followed which call: person, emergency, day, and nobody twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from datasets.link.hospital import admissions_after_calls

CALL = datetime(2021, 3, 5, 14, 0, tzinfo=UTC)
RECORD = {"record_id": "r1", "incident_id": "i1", "person": "anna", "conveyed": "yes", "destination": "AB1"}
STAY = {
    "epikey": "e1",
    "person": "anna",
    "admimeth": "21",
    "epiorder": 1,
    "admidate": date(2021, 3, 5),
    "procode3": "AB1",
}


def links(
    records: list[dict[str, Any]], stays: list[dict[str, Any]], calls: dict[str, datetime] | None = None
) -> list[tuple[str, str]]:
    calls = calls or {"i1": CALL}
    incidents = pl.DataFrame(
        {"incident_id": list(calls), "call_datetime": list(calls.values())},
        schema={"incident_id": pl.String, "call_datetime": pl.Datetime("us", "UTC")},
    )
    found = admissions_after_calls(
        incidents,
        pl.DataFrame(records, schema=dict.fromkeys(RECORD, pl.String)),
        pl.DataFrame(
            stays, schema=dict.fromkeys(STAY, pl.String) | {"epiorder": pl.Int64, "admidate": pl.Date}
        ),
    )
    return found.rows()


@pytest.mark.parametrize(("day", "linked"), [(4, False), (5, True), (6, True), (7, False)])
def test_the_day_of_the_call_or_the_next(day: int, linked: bool) -> None:
    assert links([RECORD], [STAY | {"admidate": date(2021, 3, day)}]) == [("r1", "e1")] * linked


def test_the_day_is_londons() -> None:
    """23:30 UTC in July is half past midnight in London, of the next day."""
    late = {"i1": datetime(2021, 7, 5, 23, 30, tzinfo=UTC)}
    assert links([RECORD], [STAY | {"admidate": date(2021, 7, 5)}], late) == []
    assert links([RECORD], [STAY | {"admidate": date(2021, 7, 7)}], late) == [("r1", "e1")]


@pytest.mark.parametrize(
    ("record", "stay"),
    [
        ({"conveyed": "no"}, {}),
        ({"person": "bert"}, {}),
        ({"person": None}, {"person": None}),
        ({}, {"admimeth": "11"}),
        ({}, {"epiorder": 2}),
    ],
)
def test_nothing_else_is_linked(record: dict[str, Any], stay: dict[str, Any]) -> None:
    assert links([RECORD | record], [STAY | stay]) == []


@pytest.mark.parametrize("method", ["21", "22", "28", "2A"])
def test_every_kind_of_emergency_is_one(method: str) -> None:
    assert links([RECORD], [STAY | {"admimeth": method}]) == [("r1", "e1")]


def test_two_calls_and_one_admission_the_hospital_named_then_the_earlier_call() -> None:
    records = [RECORD | {"record_id": "r2", "incident_id": "i2"}, RECORD]
    calls = {"i1": CALL, "i2": CALL.replace(hour=16)}
    assert links(records, [STAY], calls) == [("r1", "e1")]
    elsewhere = [records[0], records[1] | {"destination": "XY9"}]
    assert links(elsewhere, [STAY], calls) == [("r2", "e1")]


def test_two_calls_and_two_admissions_are_two_links_although_the_first_could_have_the_nearer() -> None:
    """Monday's call fits Monday's and Tuesday's admission, Tuesday's call Tuesday's only."""
    records = [RECORD, RECORD | {"record_id": "r2", "incident_id": "i2"}]
    calls = {"i1": CALL, "i2": CALL.replace(day=6)}
    stays = [STAY | {"admidate": date(2021, 3, 6)}, STAY | {"epikey": "e2", "admidate": date(2021, 3, 7)}]
    assert links(records, stays, calls) == [("r1", "e1"), ("r2", "e2")]
    assert links(records[::-1], stays[::-1], calls) == [("r1", "e1"), ("r2", "e2")]
