"""A disk that is full at any moment: one sentence, nothing half-done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from datasets import optout
from datasets.extract import make_extract
from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.health.keepers import NUMBERS, opt_out_file, send
from tests.unit.datasets.test_extract import approved

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")


@contextmanager
def disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of so many kilobytes."""
    place.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(path: Path) -> None:
    """A file of all the room there is."""
    room = os.statvfs(path.parent)
    path.write_bytes(bytes(room.f_bavail * room.f_frsize))


def outcome(zone: DataZone, files: Path) -> str:
    """Whether an import fits; where it does not, nothing may be left of it."""
    try:
        import_stats19(zone, files, now=NOW)
    except PlainError as refused:
        sentence = refused.sentence
    else:
        return "fits"
    left = [entry.name for entry in zone.sources().iterdir()] if zone.sources().exists() else []
    # The snapshot may stand when the last step, the pointer, finds no room.
    return "full" if "is full" in sentence and not any(name.startswith(".") for name in left) else sentence


@pytest.mark.slow
def test_an_import_fits_or_leaves_nothing(tmp_path: Path, synthetic_set: Path) -> None:
    outcomes = set()
    for kilobytes in (4, 16, 28, 40, 52, 64, 76, 88, 100, 112, 124, 2000):
        with disk(tmp_path / str(kilobytes), kilobytes) as small:
            zone = DataZone(small / "data")
            outcomes.add(outcome(zone, synthetic_set))
    assert outcomes == {"fits", "full"}


@pytest.mark.slow
def test_health_records_fit_or_leave_nothing(tmp_path: Path) -> None:
    folder, listed = send(tmp_path / "gp", "gp"), opt_out_file(tmp_path / "list", NUMBERS[0])
    outcomes = set()
    for kilobytes in (44, 52, 64, 76, 88, 100, 2000):
        with disk(tmp_path / str(kilobytes), kilobytes) as small:
            zone = DataZone(small / "data")
            take_list(zone, listed, now=NOW)
            try:
                import_health(zone, "gp", folder, now=NOW)
            except PlainError as refused:
                outcomes.add("full" if "is full: nothing half-done" in refused.sentence else refused.sentence)
                for place in (zone.sources("gp"), zone.identifiers("gp")):
                    left = [entry.name for entry in place.iterdir()] if place.exists() else []
                    assert not any(name.startswith(".") for name in left)
            else:
                outcomes.add("fits")
    assert outcomes == {"fits", "full"}


def test_a_list_on_a_full_disk_leaves_the_earlier_one(tmp_path: Path) -> None:
    with disk(tmp_path / "small", 100) as small:
        zone = DataZone(small / "data")
        first = take_list(zone, opt_out_file(tmp_path / "a", NUMBERS[0]), now=NOW)
        fill(small / "filler")
        with pytest.raises(PlainError, match="is full: nothing half-done was left"):
            take_list(zone, opt_out_file(tmp_path / "b", *NUMBERS), now=NOW)
        assert optout.current(zone).sha256 == first.manifest.sha256
        assert len(list(zone.optout.iterdir())) == 2


def test_an_extract_on_a_full_disk_leaves_the_earlier_one(tmp_path: Path, synthetic_set: Path) -> None:
    with disk(tmp_path / "small", 500) as small:
        zone = DataZone(small / "data")
        import_stats19(zone, synthetic_set, now=NOW)
        first = make_extract(zone, approved(), now=NOW)
        fill(small / "filler")
        with pytest.raises(PlainError, match="is full: nothing half-done was left"):
            make_extract(zone, approved(approval={"sha256": "ef" * 32}), now=NOW)
        assert zone.current_extract("road-safety") == first.folder
        assert {entry.name for entry in zone.extracts("road-safety").iterdir()} == {
            first.folder.name,
            "current",
        }


def test_a_set_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with disk(tmp_path / "small", 100) as small:
        with pytest.raises(PlainError, match="is full: nothing half-done was left"):
            synthesise(small / "set", seed=7, collisions=1000)
        assert list(small.iterdir()) == []
