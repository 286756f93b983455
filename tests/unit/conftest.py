"""What unit tests share: an installation with tiers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from hub.governance.tiers import TIER_DIRECTORY, load_tiers


@pytest.fixture
def tier_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Write the tiers of an installation: the synthetic one with what is given."""
    folder = tmp_path / "tiers"
    folder.mkdir()
    shipped = yaml.safe_load((TIER_DIRECTORY / "synthetic.yaml").read_text())
    monkeypatch.setenv("LOCKEDROOM_TIERS", str(folder))

    def say(**changes: object) -> None:
        (folder / "synthetic.yaml").write_text(yaml.safe_dump(shipped | changes))
        load_tiers.cache_clear()

    yield say
    load_tiers.cache_clear()
