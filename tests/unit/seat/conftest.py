"""The parts of a hub without a hub, and a process that stands for a room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.hub_parts import HubParts
from hub.settings import load
from hub.store import prepare_store


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubParts]:
    """What every seat of the test shares: settings, a store, a warden."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    monkeypatch.setenv("LOCKEDROOM_STATE", str(state))
    prepare_store(load().database).close()
    parts = HubParts()
    monkeypatch.setattr(HubParts, "_instance", parts)
    yield parts
    parts.store.close()


@pytest.fixture
def room() -> Iterator[subprocess.Popen[bytes]]:
    """A room's first process."""
    yield from _process()


@pytest.fixture
def door() -> Iterator[subprocess.Popen[bytes]]:
    """A door's process."""
    yield from _process()


def _process() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["/bin/sleep", "60"])
    yield process
    process.kill()
    process.wait()
