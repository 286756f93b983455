"""``lockedroom data link`` as people run it; and killed anywhere, it leaves whole snapshots or none."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import pytest

from datasets.link.make import link_sources
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.link.conftest import copy_of
from tests.unit.datasets.test_data_commands import install, ledger, lockedroom, refused
from tests.unit.datasets.test_killed_and_concurrent import check_whole, killing_points, start

pytestmark = pytest.mark.slow


def test_linking_is_told_measured_and_written_into_the_ledger(
    imported: DataZone, region: Path, tmp_path: Path
) -> None:
    state = tmp_path / "var"
    install(state)
    shutil.copytree(imported.root, state / "data", dirs_exist_ok=True)
    assert refused(lockedroom(state, "link", "--threshold", "2")).startswith("--threshold is a probability")
    assert ledger(state, "data.linked") == []

    done = lockedroom(state, "link", "--truth", region / "truth")
    assert done.returncode == 0, done.stderr
    name = (state / "data" / "sources" / "linked" / "current").read_text().strip()
    assert done.stdout.startswith(f"Linked: linked {name}\n")
    assert "; synthetic\n" in done.stdout
    assert len(re.findall(r"measured on synthetic truth: precision (0\.9|1\.0)", done.stdout)) == 2
    (event,) = ledger(state, "data.linked")
    assert event["snapshot"] == name
    assert event["sources"].keys() == {"stats19", "population", "gp", "hospital", "ambulance"}
    assert event["synthetic"] == dict.fromkeys(event["sources"], True)
    assert event["rows"]["links_police_ambulance"] > 50
    again = lockedroom(state, "link", "--truth", region / "truth")
    assert again.stdout == done.stdout.replace("Linked:", "Already there:", 1)
    shown = lockedroom(state, "sources").stdout
    assert "linked" in shown
    assert name[:8] in shown


def test_a_killed_run_leaves_nothing_half_done_and_can_be_repeated(
    imported: DataZone, tmp_path: Path
) -> None:
    whole = copy_of(imported, tmp_path / "whole")
    output, said = start("link", whole, tmp_path).communicate(timeout=120)
    points = killing_points(output.split())
    assert len(points) >= 4, said
    half_done = 0
    # In the middle, and between the snapshot's coming into place and the pointer's.
    for point in (points[0], points[-2]):
        zone = copy_of(imported, tmp_path / f"killed-at-{point}")
        process = start("link", zone, tmp_path, point)
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL
        place = zone.sources("linked")
        check_whole(place)
        half_done += any(place.glob(".making-*"))
        result = link_sources(zone, now=NOW)
        check_whole(place)
        assert sorted(entry.name for entry in place.iterdir()) == sorted([result.folder.name, "current"])
    assert half_done > 0
