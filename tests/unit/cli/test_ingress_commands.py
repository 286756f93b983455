"""``lockedroom ingress``: what waits, and where an infected file is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.testing
from output_checker.errors import PlainError

from hub.cli import airlock as airlock_commands
from hub.cli import ingress
from tests.unit.airlock.conftest import checker_python, world
from tests.unit.ingress.conftest import coming_in
from tests.unit.ingress.world import IngressWorld

__all__ = ["checker_python", "coming_in", "world"]

pytestmark = pytest.mark.slow


@pytest.fixture
def run(coming_in: IngressWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.testing.CliRunner:
    """A console at the installation of ``coming_in``."""
    monkeypatch.setenv("LOCKEDROOM_STATE", str(coming_in.world.state))
    monkeypatch.setenv("LOCKEDROOM_DATABASE_URL", f"sqlite:///{tmp_path / 'hub.sqlite'}")
    monkeypatch.setenv("COLUMNS", "220")
    return typer.testing.CliRunner()


def test_requests_are_listed_and_shown(coming_in: IngressWorld, run: typer.testing.CliRunner) -> None:
    waiting, placed = coming_in.waiting(), coming_in.placed(b"x = 1\n", "other.py")
    listed = run.invoke(ingress.app, ["list"]).output
    assert all(f"│ {number} │ alice.heart │" in listed for number in (waiting, placed))
    only = run.invoke(ingress.app, ["list", "--state", "waiting"]).output
    assert (str(waiting) in only, str(placed) in only) == (True, False)
    assert run.invoke(ingress.app, ["list", "--state", "strange"]).exit_code == 2
    said = run.invoke(ingress.app, ["show", str(placed)]).output
    for shown in ("other.py", "not scanned", f"/inbox/2026-03-01-{placed}/other.py", "bob", "approve"):
        assert shown in said
    assert str(coming_in.copies.path(placed, 0)) in said.replace("\n", "")


def test_a_number_that_was_never_given(run: typer.testing.CliRunner) -> None:
    ended = run.invoke(ingress.app, ["show", "5"])
    assert isinstance(ended.exception, PlainError)
    assert "no request of this number" in ended.exception.sentence


def test_one_porter_at_a_time(coming_in: IngressWorld, run: typer.testing.CliRunner) -> None:
    with coming_in.copies.only_intake():
        ended = run.invoke(airlock_commands.app, ["intake"])
    assert isinstance(ended.exception, PlainError)
