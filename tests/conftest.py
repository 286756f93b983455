"""Fixtures that many tests share: a fresh store on SQLite, and on a real PostgreSQL started for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store import Store, prepare_store
from tests.postgres import Postgres, missing_binaries


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server of our own: unprivileged, on a free loopback port, gone after the session."""
    reason = missing_binaries()
    if reason:
        pytest.skip(reason)
    with Postgres() as server:
        yield server


# test-fast asks one database; test asks both.
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it, once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hub.sqlite'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        name = f"test_{uuid4().hex}"
        server.create_database(name)
        yield server.url(name)
        server.drop_database(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A fresh store with its schema, once on each database."""
    opened = prepare_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store on SQLite only, for what does not depend on the database."""
    opened = prepare_store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    yield opened
    opened.close()
