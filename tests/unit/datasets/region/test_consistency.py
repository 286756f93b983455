"""The keepers' files of one region agree with one another and with its truth."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.synthetic.region import synthesise_region
from tests.unit.datasets.region.invariants import ALL
from tests.unit.datasets.region.tables import Check, Region


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_of_a_region_made_whole(made: Region, check: Check) -> None:
    check(made)


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_of_a_region_around_police_records(around: Region, check: Check) -> None:
    check(around)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(-(2**70), 2**70), people=st.integers(1, 40) | st.integers(41, 900))
def test_of_every_seed_and_size(seed: int, people: int) -> None:
    with TemporaryDirectory() as place:
        region = Region(synthesise_region(Path(place) / "region", seed=seed, people=people).folder)
        assert region.people.height == people
        for check in ALL:
            check(region)
