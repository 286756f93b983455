"""``lockedroom data synthesise`` as people run it: what it says, and one sentence for wrong arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.datasets.files import table_file
from tests.unit.datasets.test_data_commands import lockedroom, refused

pytestmark = pytest.mark.slow


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_a_region_is_written_once_and_recognised(state: Path) -> None:
    arguments = ("synthesise", "--people", 300, "--seed", 3, "--out", "region")
    first = lockedroom(state, *arguments)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Written: ")
    assert "300 people" in first.stdout
    assert first.stdout.rstrip().endswith("(synthetic) in region")
    again = lockedroom(state, *arguments)
    assert again.stdout == first.stdout.replace("Written", "Already there")


def test_without_people_it_is_still_a_set_of_police_files(state: Path) -> None:
    done = lockedroom(state, "synthesise", "--collisions", 20, "--out", "set")
    assert done.returncode == 0, done.stderr
    assert table_file(state.parent / "set", "collisions").exists()
    assert not (state.parent / "set" / "population").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--people", 0), "--people must be 1 or more."),
        (("--people", -3), "--people must be 1 or more."),
        (("--people", 909_091), "--people can be 909,090 at most"),
        (("--people", 10, "--collisions", 5), "--collisions is for a set of police files alone"),
        (("--police", "current", "--collisions", 5), "--collisions is for a set of police files alone"),
        (("--police", "current"), "No police records have been imported"),
        (("--police", "deadbeef"), "No imported STATS19 snapshot begins with deadbeef"),
        (("--police", "dead"), "--police wants the hash of an imported STATS19 snapshot"),
    ],
)
def test_wrong_arguments_get_one_sentence(state: Path, arguments: tuple[object, ...], sentence: str) -> None:
    run = lockedroom(state, "synthesise", *arguments, "--out", "region")
    assert sentence in refused(run)
    assert not (state.parent / "region").exists()
