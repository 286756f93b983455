"""A data zone with an opt-out list, and what tests look at in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.optout import take_list
from datasets.progress import Progress
from datasets.sources.health import importer
from datasets.sources.health.keep import KeepTask, KeptRows, keep_rows
from datasets.zone import DataZone
from tests.unit.datasets.health.keepers import NOW, NUMBERS, opt_out_file

# One of the first pair, so that their incident stays, and both of the fourth.
OPTED_OUT = [NUMBERS[1], NUMBERS[6], NUMBERS[7]]


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads keepers' files in this process, to save starting one each time: for tests of what is read, not how."""

    def keep_rows_here(task: KeepTask, progress: Progress) -> dict[str, KeptRows]:
        return keep_rows(task, lambda name: progress("reading", 0, len(task.files)))

    monkeypatch.setattr(importer, "keep_rows_apart", keep_rows_here)


@pytest.fixture
def zone(tmp_path: Path) -> DataZone:
    """A zone with an opt-out list of three persons."""
    zone = DataZone(tmp_path / "var" / "data")
    take_list(zone, opt_out_file(tmp_path / "opt-outs.txt", *OPTED_OUT), now=NOW)
    return zone
