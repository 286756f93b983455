"""Between which days something can happen to somebody, and how lives end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from datasets.synthetic.region.calendar import DAYS_IN_YEAR, Period
from datasets.synthetic.region.casualties import FATAL, Casualties
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints, Rng, days, pick, share
from datasets.synthetic.region.people import Population
from datasets.synthetic.region.residents import VISITOR

# ONS, *Deaths registered in England and Wales*, 2022: 43 % in hospital.
IN_HOSPITAL: Final = 0.43
BY_AMBULANCE: Final = 0.65
_LAST_STAY: Final = 9.0
_DAY: Final = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Lives:
    """One entry for each person: the first and last day on which anything but the end can happen.

    ``last`` lies before ``first`` for those to whom nothing can. ``admitted`` is the day on which the stay began
    in which they died, NaT for those who did not die in hospital after illness; ``fetched`` says who of them
    came by ambulance.
    """

    first: Days
    last: Days
    admitted: Days
    fetched: Bools

    @property
    def years(self) -> Floats:
        """How long each is exposed."""
        return np.maximum((self.last - self.first).astype(np.int64) + 1, 0) / DAYS_IN_YEAR

    def happen(self, rng: Rng, yearly: Floats) -> tuple[Ints, Days]:
        """Persons and days of something that happens so often in a year to each person."""
        person = np.repeat(np.arange(len(self.first)), rng.poisson(yearly * self.years))
        return person, days(rng, self.first[person], self.last[person])

    def happen_so_often(self, rng: Rng, weights: Floats, events: int) -> tuple[Ints, Days]:
        """Persons and days of so many events, in proportion to weights and exposure."""
        exposed = weights * self.years
        if not exposed.any():
            return np.empty(0, np.int64), np.empty(0, "datetime64[D]")
        person = pick(rng, exposed, events)
        return person, days(rng, self.first[person], self.last[person])


def lives(rng: Rng, population: Population, casualties: Casualties, person: Ints, period: Period) -> Lives:
    """How everybody's days lie; ``person`` is each casualty's."""
    people = len(population)
    there = person != VISITOR
    collision = np.full(people, np.datetime64("NaT"), dtype="datetime64[D]")
    collision[person[there]] = casualties.day[there]
    killed = np.zeros(people, dtype=bool)
    killed[person[there & (casualties.severity == FATAL)]] = True
    death = population.death
    ill = ~np.isnat(death) & ~killed & share(rng, IN_HOSPITAL, people)
    stay = np.floor(rng.exponential(_LAST_STAY, people)).astype("timedelta64[D]")
    begins = np.maximum(population.birth, period.first)
    # Not in hospital while being hurt on the road.
    after = np.fmax(begins, collision + _DAY)
    admitted = np.where(ill, np.minimum(np.maximum(death - stay, after), death), np.datetime64("NaT"))
    end = np.where(ill, admitted, np.where(killed, collision, death))
    before: Days = np.fmin(end, period.last).astype("datetime64[D]")
    return Lives(begins, before - _DAY, admitted, ill & share(rng, BY_AMBULANCE, people))
