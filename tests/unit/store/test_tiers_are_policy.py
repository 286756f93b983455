"""A database from before tiers were policy files: its projects get any tier now, keep their guards, and are taken to
hold what they could be given."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.governance.held_records import held_sources
from hub.ledger import EventKind, append
from hub.store import Store, prepare_store, schema
from hub.store.engine import for_writing, make_engine
from tests.unit.builders import CONSOLE, NOW, member, person, project

_TO = "UPDATE projects SET tier = '{}'"


def test_a_tier_of_a_policy_file_can_be_recorded_after_the_upgrade(database_url: str) -> None:
    engine = make_engine(database_url, create=True)
    with for_writing(engine).begin() as connection:
        command.upgrade(schema._config(connection), "0003")
    before = Store(engine)
    person(before)
    project(before)
    member(before)
    _refused(before, _TO.format("patient-level"))
    before.close()

    after = prepare_store(database_url)
    with after.write() as session:
        session.execute(text(_TO.format("patient-level")))
    for statement in (
        _TO.format(""),
        _TO.format("x" * 33),
        "DELETE FROM projects",
        "UPDATE projects SET slug = 'b'",
    ):
        _refused(after, statement)
    with after.read() as session:
        assert session.execute(text("SELECT slug, tier FROM projects")).all() == [
            ("road-safety", "patient-level")
        ]
        if after.engine.dialect.name == "sqlite":
            assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    project(after, "cycle-lanes")
    after.close()


def test_low_projects_that_were_given_an_extract_are_taken_to_hold_police_records(database_url: str) -> None:
    engine = make_engine(database_url, create=True)
    with for_writing(engine).begin() as connection:
        command.upgrade(schema._config(connection), "0003")
    before = Store(engine)
    for slug in ("given", "empty", "invented"):
        project(before, slug)
    with before.write() as session:
        session.execute(text("UPDATE projects SET tier = 'synthetic' WHERE slug = 'invented'"))
        for slug in ("given", "given", "invented"):
            payload = {"snapshot": "s", "source": "stats19/s", "rows": {}, "approval": "a"}
            append(session, EventKind.EXTRACT_MADE, actor=CONSOLE, project=slug, now=NOW, payload=payload)
    before.close()

    after = prepare_store(database_url)
    with after.read() as session:
        assert [held_sources(session, number) for number in (1, 2, 3)] == [{"stats19"}, set(), set()]
    after.close()


def _refused(store: Store, statement: str) -> None:
    with pytest.raises(DBAPIError), store.write() as session:
        session.execute(text(statement))
