"""Approvals: the shape is exact, the newest holds, and nobody approves data for their own project."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import select

from datasets.sources.health.schema import SOURCES
from hub.governance import approved_extract, record_approval
from hub.governance.approvals import parse_extract
from hub.governance.errors import NotAllowed, NotFound, NotNow, WrongValue
from hub.governance.projects import close_project
from hub.store import Store
from hub.store.models import LedgerEntry
from tests.unit.builders import CONSOLE, EXTRACT, NOW, member, person, project


def _changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(EXTRACT) | changes


def _with_row(**row: Any) -> dict[str, Any]:
    return _changed(tables={"collisions": {"columns": ["a"], "rows": [row]}})


def test_what_was_approved_comes_back_as_it_was(store: Store) -> None:
    project(store)
    with store.write() as session:
        record_approval(session, "road-safety", EXTRACT, actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert approved_extract(session, "road-safety") == EXTRACT
        entry = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.kind, entry.project) == ("approval.recorded", "road-safety")
    assert '"tables":{"collisions":["collision_index","severity"]}' in entry.payload


def test_the_newest_approval_holds(store: Store) -> None:
    project(store)
    newer = _changed(snapshot="a" * 64)
    with store.write() as session:
        for extract in (EXTRACT, newer):
            record_approval(session, "road-safety", extract, actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert approved_extract(session, "road-safety") == newer


def test_no_approval_is_said(store: Store) -> None:
    project(store)
    with store.read() as session, pytest.raises(NotFound, match="No data are approved"):
        approved_extract(session, "road-safety")


def test_linked_records_can_be_approved() -> None:
    tables = {"admissions": {"columns": ["epikey", "diag_01"], "rows": []}}
    assert parse_extract({"source": "linked", "tables": tables}).source == "linked"


@pytest.mark.parametrize(
    "identifier",
    sorted(
        {
            column.name
            for source in SOURCES.values()
            for table in source.tables
            for column in table.identifiers
        }
    ),
)
def test_no_identifier_of_any_source_can_be_approved(identifier: str) -> None:
    condition = {"column": identifier, "op": "==", "value": "x"}
    for table in ({"columns": ["a", identifier]}, {"columns": ["a"], "rows": [condition]}):
        with pytest.raises(
            WrongValue, match=f"{identifier} says who somebody is and never leaves the data zone"
        ):
            parse_extract(_changed(tables={"people": table}))


@pytest.mark.parametrize("value", ["1", 1, 1.5, True])
@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
def test_conditions_with_one_value(op: str, value: object) -> None:
    parsed = parse_extract(_with_row(column="a", op=op, value=value)).model_dump(mode="json")
    found = parsed["tables"]["collisions"]["rows"][0]["value"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("op", ["in", "not in"])
def test_conditions_with_a_list(op: str) -> None:
    assert parse_extract(_with_row(column="a", op=op, value=["1", 2]))


@pytest.mark.parametrize(
    "extract",
    [
        None,
        [],
        "stats19",
        {},
        _changed(more=1),
        _changed(source="../stats19"),
        _changed(source="stats19\n"),
        _changed(source=""),
        _changed(snapshot="abc"),
        _changed(snapshot="A" * 64),
        _changed(tables={}),
        _changed(tables={"../x": {"columns": ["a"], "rows": []}}),
        _changed(tables={"t": {"columns": [], "rows": []}}),
        _changed(tables={"t": {"columns": ["a", "a"], "rows": []}}),
        _changed(tables={"t": {"columns": ["a; DROP TABLE"], "rows": []}}),
        _changed(tables={"t": {"columns": ["a"], "rows": [], "joins": []}}),
        _changed(tables={"t": {"columns": "a", "rows": []}}),
        _with_row(column="a", op="like", value="1"),
        _with_row(column="a", op="==", value=["1"]),
        _with_row(column="a", op="in", value="1"),
        _with_row(column="a", op="in", value=[]),
        _with_row(column="a", op="==", value=None),
        _with_row(column="a", op="==", value=float("nan")),
        _with_row(column="a", op="==", value=float("inf")),
        _with_row(column="a", op="==", value={"a": 1}),
        _with_row(column="a", op="==", value="x" * 201),
        _with_row(column="a", op="==", value="1", why="because"),
        _with_row(column="a", op="=="),
    ],
)
def test_another_shape_is_refused_in_a_sentence_and_leaves_nothing(
    sqlite_store: Store, extract: object
) -> None:
    project(sqlite_store)
    with pytest.raises(WrongValue) as refused, sqlite_store.write() as session:
        record_approval(session, "road-safety", extract, actor=CONSOLE, now=NOW)
    assert refused.value.sentence.startswith("The approved extract is not right at ")
    assert "\n" not in refused.value.sentence
    with sqlite_store.read() as session, pytest.raises(NotFound):
        approved_extract(session, "road-safety")


def test_the_committee_approves_but_not_for_its_own_projects(store: Store) -> None:
    person(store, "carol", "committee")
    person(store, "dora", "committee")
    person(store, "alice", "data_manager")
    project(store)
    member(store, "carol")
    with store.write() as session:
        with pytest.raises(NotAllowed, match="member of this project"):
            record_approval(session, "road-safety", EXTRACT, actor="carol", now=NOW)
        with pytest.raises(NotAllowed, match="Only a member of the Data Access Committee"):
            record_approval(session, "road-safety", EXTRACT, actor="alice", now=NOW)
        record_approval(session, "road-safety", EXTRACT, actor="dora", now=NOW)


def test_a_closed_project_gets_no_data(store: Store) -> None:
    project(store)
    with store.write() as session:
        close_project(session, slug="road-safety", reason="done", actor=CONSOLE, now=NOW)
        with pytest.raises(NotNow, match="closed"):
            record_approval(session, "road-safety", EXTRACT, actor=CONSOLE, now=NOW)
