"""A world with a porter, on SQLite and, where it matters, on PostgreSQL too."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.airlock.ingress.scan import Scanner
from tests.unit.airlock.conftest import both_worlds, checker_python, world
from tests.unit.airlock.world import World
from tests.unit.ingress.world import SIGNATURES, IngressWorld

__all__ = ["both_worlds", "checker_python", "coming_in", "coming_in_both", "scanner", "world"]


@pytest.fixture
def coming_in(world: World) -> IngressWorld:
    """A world without a malware scanner, on SQLite."""
    return IngressWorld(world)


@pytest.fixture
def coming_in_both(both_worlds: World) -> IngressWorld:
    """The same, once on each database."""
    return IngressWorld(both_worlds)


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    """ClamAV with one signature of the tests' own."""
    signatures = tmp_path / "signatures"
    signatures.mkdir(mode=0o755)
    (signatures / "own.ndb").write_text(SIGNATURES)
    found = Scanner.of_this_machine(signatures)
    if found.program is None:
        pytest.skip("no ClamAV here: apt-get install clamav")
    return found
