"""How lives end: nobody is in hospital for the last time while being hurt on the road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.synthetic.region import people, police, residents
from datasets.synthetic.region.calendar import Period
from datasets.synthetic.region.casualties import FATAL
from datasets.synthetic.region.draws import stream
from datasets.synthetic.region.lives import IN_HOSPITAL, lives
from datasets.synthetic.region.residents import VISITOR

PERIOD = Period(2019, 2023)
THREE_DAYS = np.timedelta64(3, "D")


def test_last_stays_begin_after_a_collision_and_nothing_happens_in_them() -> None:
    population = people.populate(5, 20_000, PERIOD, police.SQUARE)
    casualties = police.casualties(police.records(5, 20_000))
    everybody = np.ones(len(casualties), dtype=bool)
    population, person = residents.settle(stream(5, "s"), casualties, everybody, population, PERIOD)
    hurt = (person != VISITOR) & (casualties.severity != FATAL)
    death = population.death.copy()
    death[person[hurt]] = casualties.day[hurt] + THREE_DAYS
    spans = lives(stream(5, "l"), replace(population, death=death), casualties, person, PERIOD)
    admitted = spans.admitted[person[hurt]]
    in_hospital = ~np.isnat(admitted)
    assert in_hospital.mean() == pytest.approx(IN_HOSPITAL, abs=0.12)
    assert (admitted[in_hospital] > casualties.day[hurt][in_hospital]).all()
    assert (admitted[in_hospital] <= casualties.day[hurt][in_hospital] + THREE_DAYS).all()
    assert (spans.last[person[hurt]][in_hospital] < admitted[in_hospital]).all()
    assert (spans.fetched <= ~np.isnat(spans.admitted)).all()


def test_casualties_of_a_small_population_are_different_people() -> None:
    population = people.populate(5, 40, PERIOD, police.SQUARE)
    casualties = police.casualties(police.records(5, 40_000))
    everybody = np.ones(len(casualties), dtype=bool)
    _, person = residents.settle(stream(5, "s"), casualties, everybody, population, PERIOD)
    found = person[person != VISITOR]
    assert len(np.unique(found)) == len(found) == 40
