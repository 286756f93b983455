"""The world of the airlock's tests, on SQLite and, where it matters, on PostgreSQL too."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.store import Store
from tests.unit.airlock.world import World, checker_environment


@pytest.fixture(scope="session")
def checker_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the tests' own checker, not to be changed."""
    return checker_environment(tmp_path_factory.mktemp("checker") / "env")


@pytest.fixture
def own_checker(tmp_path: Path) -> Path:
    """The same, for a test that changes it."""
    return checker_environment(tmp_path / "env")


@pytest.fixture
def world(sqlite_store: Store, tmp_path: Path, checker_python: Path) -> World:
    """An airlock on SQLite."""
    made = World(sqlite_store, tmp_path / "state", checker_python)
    made.people()
    return made


@pytest.fixture
def both_worlds(store: Store, tmp_path: Path, checker_python: Path) -> World:
    """An airlock, once on each database."""
    made = World(store, tmp_path / "state", checker_python)
    made.people()
    return made


@pytest.fixture
def changeable(sqlite_store: Store, tmp_path: Path, own_checker: Path) -> World:
    """An airlock whose checker the test may change."""
    made = World(sqlite_store, tmp_path / "state", own_checker)
    made.people()
    return made


@pytest.fixture
def package(own_checker: Path) -> Path:
    """The changeable checker's package."""
    (found,) = (own_checker.parent.parent / "lib").glob("python3*/site-packages/output_checker")
    return found
