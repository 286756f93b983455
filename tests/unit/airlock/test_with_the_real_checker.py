"""With the real output checker: the refused table names its cell; the safe one is let through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from output_checker.staging import stage

from hub.airlock.states import State
from hub.store import Store
from tests.unit.airlock.world import World

UNSAFE = "severity,casualties\nslight,120\nserious,3\nfatal,12\ntotal,135\n"
SAFE = "severity,casualties\nslight,120\nserious,40\nfatal,15\ntotal,175\n"


@pytest.fixture
def real(sqlite_store: Store, tmp_path: Path) -> World:
    """An airlock with the checker that is installed beside these tests."""
    made = World(sqlite_store, tmp_path / "state", Path(sys.executable))
    made.people()
    return made


def test_a_small_count_is_blocked_and_its_cell_named(real: World) -> None:
    number = real.staged(UNSAFE)
    assert real.state_of(number) is State.BLOCKED
    assert any(f.where == "B3" for f in real.reply(number).files[0].findings)


def test_a_safe_table_is_released(real: World) -> None:
    number = real.released(SAFE)
    assert real.reply(number).verdict in {"clear", "review"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        ("Größe,n\nä,20\n".encode("latin-1"), "latin.csv"),
        (b"\x89PNG\r\n\x1a\n", "table.csv"),
    ],
)
def test_what_cannot_simply_be_read_has_a_finding(real: World, content: bytes, name: str) -> None:
    work = real.state / "work"
    work.mkdir()
    (work / name).write_bytes(content)
    stage([work / name], outbox=real.outbox())
    real.run()
    (number,) = real.numbers()
    assert real.reply(number).verdict in {"review", "block"}
    assert real.reply(number).files[0].findings
