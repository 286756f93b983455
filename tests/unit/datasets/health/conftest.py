"""A data zone with an opt-out list, and what tests look at in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.optout import take_list
from datasets.zone import DataZone
from tests.unit.datasets.health.keepers import NOW, NUMBERS, opt_out_file

# One of the first pair, so that their incident stays, and both of the fourth.
OPTED_OUT = [NUMBERS[1], NUMBERS[6], NUMBERS[7]]


@pytest.fixture
def zone(tmp_path: Path) -> DataZone:
    """A zone with an opt-out list of three persons."""
    zone = DataZone(tmp_path / "var" / "data")
    take_list(zone, opt_out_file(tmp_path / "opt-outs.txt", *OPTED_OUT), now=NOW)
    return zone
