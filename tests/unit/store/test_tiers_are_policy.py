"""A database from before tiers were policy files: its projects get any tier now, and keep their guards."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.store import Store, prepare_store, schema
from hub.store.engine import for_writing, make_engine
from tests.unit.builders import member, person, project

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


def _refused(store: Store, statement: str) -> None:
    with pytest.raises(DBAPIError), store.write() as session:
        session.execute(text(statement))
