"""Approved conditions: data only, checked against the source, and they choose what they say."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_checker.errors import PlainError

from datasets.extract import ExtractSpec
from datasets.extract.conditions import check_spec, filter_of
from datasets.extract.spec import Condition
from datasets.manifest import ColumnManifest, Provenance, SourceManifest, TableManifest
from tests.unit.datasets.files import NOW

KINDS = {
    "collision_index": "reference",
    "age": "integer",
    "share": "number",
    "severity": "category",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
}
SOURCE = SourceManifest(
    sha256="0" * 64,
    source="stats19",
    synthetic=True,
    licence="",
    tables={
        "casualties": TableManifest(
            file="casualties.parquet",
            rows=0,
            sha256="0" * 64,
            columns=[
                ColumnManifest(name=name, type="", kind=kind, description="") for name, kind in KINDS.items()
            ],
        )
    },
    provenance=Provenance(publisher="", files=[], form="labelled", importer_version=1, imported_at=NOW),
    unknown_codes={},
    unrecognised_columns={},
    ignored_files=[],
    datetime_disagreements=0,
)
OPS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, wanted: value in wanted,
    "not_in": lambda value, wanted: value not in wanted,
}


def chosen(values: list[Any], column: str, dtype: Any, op: str, value: Any = None) -> list[Any]:
    condition = Condition.model_validate({"column": column, "op": op, "value": value})
    frame = pl.DataFrame({column: pl.Series(values, dtype=dtype)})
    return frame.filter(filter_of(condition, "casualties", SOURCE))[column].to_list()


numbers = st.integers(-3, 3)


@given(st.lists(st.one_of(st.none(), numbers)), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numbers)
def test_numbers_are_compared_as_python_does_and_missing_ones_meet_nothing(
    ages: list[int | None], op: str, bound: int
) -> None:
    expected = [age for age in ages if age is not None and OPS[op](age, bound)]
    assert chosen(ages, "age", pl.Int64, op, bound) == expected


@given(
    st.lists(st.one_of(st.none(), st.text("ab", max_size=2))),
    st.sampled_from(["in", "not_in"]),
    st.lists(st.text("ab", max_size=2), min_size=1),
)
def test_lists_hold_what_they_name(labels: list[str | None], op: str, wanted: list[str]) -> None:
    expected = [label for label in labels if label is not None and OPS[op](label, wanted)]
    assert chosen(labels, "severity", pl.String, op, wanted) == expected


def test_bounds_stand_at_the_value_one_below_and_one_above() -> None:
    assert chosen([17, 18, 19], "age", pl.Int64, ">=", 18) == [18, 19]
    assert chosen([17, 18, 19], "age", pl.Int64, ">", 18) == [19]
    assert chosen([17, 18, 19], "age", pl.Int64, "<", 17.5) == [17]


def test_missing_values_can_be_asked_for() -> None:
    assert chosen([1, None], "age", pl.Int64, "is_null") == [None]
    assert chosen([1, None], "age", pl.Int64, "not_null") == [1]


def test_dates_times_and_datetimes_are_texts_in_the_approval() -> None:
    from datetime import UTC, date, datetime, time

    assert chosen([date(2019, 1, 1), date(2020, 1, 1)], "date", pl.Date, ">=", "2020-01-01") == [
        date(2020, 1, 1)
    ]
    assert chosen([time(7), time(8)], "time", pl.Time, "in", ["07:00"]) == [time(7)]
    moments = [datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(2020, 1, 1, 13, tzinfo=UTC)]
    zoned = pl.Datetime("us", "UTC")
    assert chosen(moments, "datetime", zoned, "==", "2020-01-01T14:00:00+01:00") == [moments[1]]


def test_the_hubs_spelling_of_not_in_is_understood() -> None:
    assert chosen(["a", "b"], "severity", pl.String, "not in", ["a"]) == ["b"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"column": "agee", "op": "==", "value": 1}, "has no column 'agee'"),
    ({"column": "age", "op": "==", "value": "18"}, "casualties.age is a number: '18'"),
    ({"column": "age", "op": "in", "value": [1, "2"]}, "casualties.age is a number: '2'"),
    ({"column": "severity", "op": "==", "value": 1}, "casualties.severity is a text: 1"),
    ({"column": "severity", "op": "<", "value": "Slight"}, "'<' does not order it"),
    ({"column": "date", "op": "<", "value": "01/02/2020"}, "is a date (yyyy-mm-dd): '01/02/2020'"),
    ({"column": "time", "op": "<", "value": "noon"}, "is a time"),
    ({"column": "datetime", "op": "<", "value": "2020-01-01T00:00:00"}, "time zone"),
    (
        {"column": "collision_index", "op": "==", "value": "201901GD10691"},
        "an approval does not name records",
    ),
    (
        {"column": "collision_index", "op": "not_in", "value": ["201901GD10691"]},
        "an approval does not name records",
    ),
    ({"column": "age", "op": "like", "value": "1"}, "tables.casualties.rows.0.op"),
    ({"column": "age", "op": "==", "value": None}, "== needs one value"),
    ({"column": "age", "op": "==", "value": [1]}, "== needs one value"),
    ({"column": "age", "op": "in", "value": []}, "in needs a list"),
    ({"column": "age", "op": "in", "value": 3}, "in needs a list"),
    ({"column": "age", "op": "is_null", "value": 3}, "is_null takes no value"),
    ({"column": "age", "op": "==", "value": True}, "use numbers or texts"),
    ({"column": "age", "op": "==", "value": float("nan")}, "finite"),
    ({"column": "age", "op": "==", "value": {"$gt": 1}}, "use numbers or texts"),
    ({"column": "age", "op": "==", "value": 1, "or": "1=1"}, "tables.casualties.rows.0.or"),
    ({"column": "age", "op": "==", "value": 10**400}, "casualties.age is a number"),
]


@pytest.mark.parametrize(("condition", "words"), BAD, ids=[words for _, words in BAD])
def test_a_condition_that_does_not_fit_gets_a_sentence_that_names_it(
    condition: dict[str, Any], words: str
) -> None:
    approved = {"source": "stats19", "tables": {"casualties": {"columns": ["age"], "rows": [condition]}}}
    with pytest.raises(PlainError) as refused:
        check_spec(ExtractSpec.approved("road-safety", approved), SOURCE)
    assert words in refused.value.sentence
    assert "\n" not in refused.value.sentence


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"drivers": {"columns": ["age"]}}, "no table 'drivers'"),
        ({"casualties": {"columns": ["name"]}}, "no column 'name'"),
        ({"casualties": {"columns": ["*"]}}, "no column '*'"),
        ({"casualties": {"columns": ["age", "age"]}}, "age is named twice"),
        ({"casualties": {"columns": []}}, "no table has an approved column"),
        ({}, "no table has an approved column"),
        ({"casualties": ["age"]}, "tables.casualties"),
    ],
)
def test_tables_and_columns_that_do_not_fit_get_a_sentence(tables: Any, words: str) -> None:
    with pytest.raises(PlainError) as refused:
        check_spec(ExtractSpec.approved("road-safety", {"source": "stats19", "tables": tables}), SOURCE)
    assert words in refused.value.sentence


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "Road", "a--b", "-a", "a-", "a" * 31, "road\n", "röad", "a.b"]
)
def test_a_name_that_could_be_a_path_is_no_project(name: str) -> None:
    with pytest.raises(PlainError):
        ExtractSpec.approved(name, {"source": "stats19", "tables": {"casualties": {"columns": ["age"]}}})


def test_the_longest_name_is_a_project() -> None:
    ExtractSpec.approved("a" * 30, {"source": "stats19", "tables": {"casualties": {"columns": ["age"]}}})
