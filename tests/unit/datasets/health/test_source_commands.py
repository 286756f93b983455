"""``lockedroom data opt-out``, ``import`` and ``sources`` as people run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets import optout
from datasets.sources.health import current
from datasets.sources.health.schema import SOURCES
from datasets.zone import DataZone
from hub.cli.data_sources import SourceName
from tests.unit.datasets.health.conftest import OPTED_OUT
from tests.unit.datasets.health.keepers import KEEPERS, NUMBERS, PERSONS, opt_out_file, send
from tests.unit.datasets.test_data_commands import install, ledger, lockedroom, refused

pytestmark = pytest.mark.slow


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / "var"
    install(state)
    return state


def test_a_list_then_all_sources_then_another_list(state: Path, tmp_path: Path) -> None:
    zone = DataZone(state / "data")
    for source in KEEPERS:
        send(tmp_path / source, source)
    said = refused(lockedroom(state, "import", "gp", tmp_path / "gp"))
    assert said.startswith("No national data opt-out list has been given: run `lockedroom data opt-out FILE`")
    assert not (state / "data").exists()

    taken = lockedroom(state, "opt-out", opt_out_file(tmp_path / "list.txt", *OPTED_OUT, OPTED_OUT[0]))
    assert taken.returncode == 0, taken.stderr
    assert "3 persons; 1 lines held a number again" in taken.stdout
    first = optout.current(zone).sha256
    (event,) = ledger(state, "optout.taken")
    assert (event["list"], event["persons"], event["before"]) == (first, 3, None)

    for source in KEEPERS:
        imported = lockedroom(state, "import", source, tmp_path / source)
        assert imported.returncode == 0, imported.stderr
        assert current(zone, source)[1].sha256 in imported.stdout
        assert "synthetic" in imported.stdout
    assert "Without NHS number: 3 patient_records" in imported.stdout
    events = {event["source"]: event for event in ledger(state, "data.imported")}
    assert events.keys() == KEEPERS.keys()
    assert events["population"]["rows"] == {"people": PERSONS - 3}
    assert events["population"]["opted_out"] == {"people": 3}
    assert {event["optout"] for event in events.values()} == {first}
    assert all(event["actor"].startswith("console:") for event in events.values())

    shown = lockedroom(state, "sources")
    assert shown.returncode == 0, shown.stderr
    assert "out of date" not in shown.stdout
    assert f"in force: {first[:12]}, 3 persons" in shown.stdout

    again = lockedroom(state, "opt-out", opt_out_file(tmp_path / "new.txt", *OPTED_OUT, NUMBERS[20]))
    assert "import again: population, gp, hospital, ambulance." in again.stdout
    assert ledger(state, "optout.taken")[1]["before"] == first
    assert "import again: population, gp, hospital, ambulance." in lockedroom(state, "sources").stdout
    assert lockedroom(state, "import", "gp", tmp_path / "gp").returncode == 0
    assert "import again: population, hospital, ambulance." in lockedroom(state, "sources").stdout


def test_nothing_that_the_commands_say_or_record_names_a_person(state: Path, tmp_path: Path) -> None:
    lockedroom(state, "opt-out", opt_out_file(tmp_path / "list.txt", *OPTED_OUT))
    bad = KEEPERS["population"]()
    bad["people"][10]["nhs_number"] = NUMBERS[10][:9] + "X"
    runs = [
        lockedroom(state, "import", "population", send(tmp_path / "bad", "population", bad)),
        lockedroom(state, "import", "population", send(tmp_path / "good", "population")),
        lockedroom(state, "opt-out", opt_out_file(tmp_path / "bad.txt", NUMBERS[0], NUMBERS[1] + "0")),
        lockedroom(state, "sources"),
    ]
    assert [run.returncode for run in runs] == [3, 0, 3, 0]
    assert "'nhs_number' is no NHS number" in runs[0].stderr
    assert runs[0].stderr.endswith("in row 11.\n")
    assert "1 line of bad.txt is no NHS number" in runs[2].stderr
    kept = "".join(str(event) for kind in ("optout.taken", "data.imported") for event in ledger(state, kind))
    for text in (kept, *(run.stdout + run.stderr for run in runs)):
        assert "99900" not in text
        assert "Givenname" not in text


def test_a_list_may_be_empty_when_it_is_meant(state: Path, tmp_path: Path) -> None:
    path = opt_out_file(tmp_path / "list.txt")
    assert "say so with --empty" in refused(lockedroom(state, "opt-out", path))
    assert lockedroom(state, "opt-out", path, "--empty").returncode == 0
    assert lockedroom(state, "import", "gp", send(tmp_path / "gp", "gp")).returncode == 0


def test_without_an_installation_no_list_is_taken(tmp_path: Path) -> None:
    state = tmp_path / "nowhere"
    refused(lockedroom(state, "opt-out", opt_out_file(tmp_path / "list.txt", *OPTED_OUT)))
    assert not (state / "data").exists()


def test_every_source_can_be_imported() -> None:
    assert {source.value for source in SourceName} == {"stats19", *SOURCES}


def test_codes_are_stats19s_alone(state: Path, tmp_path: Path) -> None:
    said = refused(lockedroom(state, "import", "gp", tmp_path, "--codes", tmp_path / "codes.csv"))
    assert "--codes goes with stats19 only" in said
