"""Windows of bubblewrap without a hub: one that is looked at, and one in whose place attempts are made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.rooms.disk import unmount_all
from hub.rooms.window import WindowSpec
from tests.slow_folder import mark_folder
from tests.window.opened import Window, opened, window_spec

HERE = Path(__file__).parent
NEEDED = ("/usr/bin/Xvnc", "/usr/lib/chromium/chromium", "/usr/bin/bwrap")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow and start a browser, so one worker runs them all."""
    mark_folder(items, HERE, group="window")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as a hub's."""
    if os.geteuid() != 0:
        pytest.skip("windows with a user of their own need root")
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    state = tmp_path_factory.mktemp("window") / "state"
    state.mkdir(mode=0o700)
    yield state
    for hub in state.iterdir():
        unmount_all(hub)


@pytest.fixture(scope="session")
def uid() -> int:
    """A user that no hub on this machine gives away."""
    return 1_800_000 + os.getpid() % 90_000


@pytest.fixture
def place(state: Path, uid: int) -> WindowSpec:
    """A window that is not started: for what runs in its place."""
    return window_spec(state / "place", uid + 100_000)


@pytest.fixture(scope="module")
def window(state: Path, uid: int) -> Iterator[Window]:
    """A window that shows the stand-in's page."""
    with opened(window_spec(state / "shown", uid)) as window:
        yield window
