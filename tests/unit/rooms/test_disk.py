"""A seat's limited file systems: what a room leaves in them stops no later start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.rooms.disk import mount_existing, mount_limited, unmount_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system"),
]
SIZE = 16 * 1024 * 1024


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state directory with one seat's home mounted."""
    (tmp_path / "disks").mkdir()
    home = tmp_path / "seats" / "alice.one" / "home"
    home.mkdir(parents=True)
    assert mount_limited(home, tmp_path / "disks" / "alice.one.home.ext4", SIZE, (200001, 300001)) is None
    yield tmp_path
    unmount_all(tmp_path)


def test_files_stay_and_the_size_holds(state: Path) -> None:
    home = state / "seats" / "alice.one" / "home"
    (home / "kept").write_text("kept")
    unmount_all(state)
    assert not (home / "kept").exists()
    mount_existing(state)
    assert (home / "kept").read_text() == "kept"
    with pytest.raises(OSError, match="No space"):
        (home / "much").write_bytes(b"x" * SIZE)


def test_a_file_in_the_place_of_lost_and_found_stops_nothing(state: Path) -> None:
    home = state / "seats" / "alice.one" / "home"
    (home / "lost+found").write_text("not a folder")
    unmount_all(state)
    mount_existing(state)
    assert (home / "lost+found").read_text() == "not a folder"


def test_an_image_that_is_none_keeps_no_other_seat_out(state: Path) -> None:
    unmount_all(state)
    broken = state / "seats" / "aaa.one" / "home"
    broken.mkdir(parents=True)
    (state / "disks" / "aaa.one.home.ext4").write_bytes(b"not a file system" * 1000)
    mount_existing(state)
    assert os.path.ismount(state / "seats" / "alice.one" / "home")
    assert not os.path.ismount(broken)


def test_a_setuid_file_on_it_has_no_effect(state: Path) -> None:
    home = state / "seats" / "alice.one" / "home"
    options = subprocess.run(
        ["findmnt", "-n", "-o", "OPTIONS", str(home)], capture_output=True, text=True, check=True
    ).stdout
    assert {"nosuid", "nodev"} <= set(options.strip().split(","))
