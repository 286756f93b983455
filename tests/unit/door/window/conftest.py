"""A window's door with a stand-in for its window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.unit.door.conftest import Place, standing_door
from tests.unit.door.window.stand_ins import StandIn, ends


@pytest.fixture
async def place(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    async with standing_door(sqlite_store, tmp_path, monkeypatch, ends(tmp_path)) as here:
        yield here


@pytest.fixture
async def window(place: Place) -> AsyncIterator[StandIn]:
    assert place.door.settings.window is not None
    async with StandIn().at(place.door.settings.window.run_dir) as stand_in:
        yield stand_in
