"""Health imports and opt-out lists that are killed anywhere, or run at once, leave both parts whole or none."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from datasets import optout
from datasets.manifest import HealthManifest, read_manifest_as
from datasets.optout import take_list
from datasets.snapshot import verify_snapshot
from datasets.sources.health.importer import import_health
from datasets.sources.health.snapshots import current, identifiers, verify_identifiers
from datasets.zone import DataZone, is_hash
from tests.unit.datasets.health.conftest import OPTED_OUT
from tests.unit.datasets.health.keepers import NOW, NUMBERS, opt_out_file, send
from tests.unit.datasets.test_killed_and_concurrent import killing_points, start

pytestmark = pytest.mark.slow


def snapshots(place: Path) -> set[str]:
    return {entry.name for entry in place.iterdir() if is_hash(entry.name)} if place.exists() else set()


def check_whole(zone: DataZone, *, afterwards: bool) -> None:
    """Every source's snapshot has its identifiers; afterwards there is nothing else either."""
    sources, split = zone.sources("gp"), zone.identifiers("gp")
    assert snapshots(sources) <= snapshots(split), "identifiers come into place first"
    for name in snapshots(sources):
        verify_snapshot(sources / name)
        verify_identifiers(zone, read_manifest_as(sources / name, HealthManifest))
    if (sources / "current").exists():
        identifiers(zone, current(zone, "gp")[1])
    if afterwards:
        assert snapshots(sources) == snapshots(split)
        left = [entry.name for place in (sources, split) for entry in place.iterdir()]
        assert sorted(left) == sorted([*snapshots(sources), *snapshots(split), "current"])


def test_a_killed_import_leaves_nothing_half_done_and_can_be_repeated(tmp_path: Path) -> None:
    folder = send(tmp_path / "gp", "gp")
    listed = opt_out_file(tmp_path / "list", *OPTED_OUT)

    def fresh(name: str) -> DataZone:
        zone = DataZone(tmp_path / name / "data")
        take_list(zone, listed, now=NOW)
        return zone

    output, said = start("gp", fresh("whole"), folder).communicate(timeout=60)
    points = killing_points(output.split())
    assert len(points) >= 6, said
    half_done = split_only = 0
    for point in points:
        zone = fresh(f"killed-at-{point}")
        process = start("gp", zone, folder, point)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        check_whole(zone, afterwards=False)
        half_done += any((zone.root / "identifiers").rglob(".making-*"))
        split_only += snapshots(zone.identifiers("gp")) > snapshots(zone.sources("gp"))
        name = import_health(zone, "gp", folder, now=NOW).manifest.sha256
        check_whole(zone, afterwards=True)
        assert current(zone, "gp")[1].sha256 == name
    # Otherwise the kills came where there was nothing to clean up.
    assert half_done > 0
    assert split_only > 0


def test_a_killed_opt_out_leaves_the_earlier_list_or_the_new_one(tmp_path: Path) -> None:
    first, second = opt_out_file(tmp_path / "a", NUMBERS[0]), opt_out_file(tmp_path / "b", *NUMBERS[:3])

    def fresh(name: str) -> DataZone:
        zone = DataZone(tmp_path / name / "data")
        take_list(zone, first, now=NOW)
        return zone

    output, said = start("opt-out", fresh("whole"), second).communicate(timeout=60)
    points = killing_points(output.split())
    assert len(points) >= 3, said
    counts = set()
    for point in points:
        zone = fresh(f"killed-at-{point}")
        process = start("opt-out", zone, second, point)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        counts.add(optout.current(zone).count)
        take_list(zone, second, now=NOW)
        assert optout.current(zone).count == 3
        assert {entry.name for entry in zone.optout.iterdir()} == {*snapshots(zone.optout), "current"}
        for name in snapshots(zone.optout):
            verify_snapshot(zone.optout / name)
    assert counts == {1, 3}


def test_imports_at_once_give_one_snapshot(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "gp", "gp")
    runs = [start("gp", zone, folder) for _ in range(3)]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    check_whole(zone, afterwards=True)
    assert len(snapshots(zone.sources("gp"))) == 1


def test_a_list_that_comes_during_an_import_makes_it_out_of_date(zone: DataZone, tmp_path: Path) -> None:
    """The import keeps to the list that it began with, and says so."""
    before = optout.current(zone).sha256

    def gives_another(step: str, done: int, total: int) -> None:
        if step == "checking" and done == 0:
            take_list(zone, opt_out_file(tmp_path / "new", *NUMBERS[:9]), now=NOW)

    made = import_health(zone, "gp", send(tmp_path / "gp", "gp"), now=NOW, progress=gives_another)
    assert made.manifest.optout_sha256 == before != optout.current(zone).sha256
