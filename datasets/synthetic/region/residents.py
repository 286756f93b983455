"""Who the police's casualties are: people of the region, most of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from datasets.synthetic.region.calendar import Period, years_before
from datasets.synthetic.region.casualties import FATAL, UNKNOWN, Casualties
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints, Rng, days, nearest_distinct, share
from datasets.synthetic.region.households import FEMALE, MALE
from datasets.synthetic.region.people import Population

VISITOR: Final = -1
# The Department's *Reported road casualties* have most casualties near their homes; the region is one that
# people also drive through.
RESIDENT: Final = 0.9
# Officers write down an age that is a year or two off now and then.
_AGE_WRONG: Final = 0.04
# Among those whose sex the police do not have, as among the others.
_MEN: Final = 0.6
# STATS19's fatal: dead within 30 days; two in three die on the day.
_ON_THE_DAY: Final = 0.67
_LAST_DAY: Final = 30
# So that those of the right age and sex can be found without bending the population.
PEOPLE_PER_CASUALTY: Final = 4


def choose_residents(rng: Rng, casualties: Casualties, most: int) -> Bools:
    """Which casualties live in the region; no more than the population can give."""
    resident = share(rng, RESIDENT, len(casualties))
    beyond = np.cumsum(resident) > most
    return resident & ~beyond


def settle(
    rng: Rng, casualties: Casualties, resident: Bools, population: Population, period: Period
) -> tuple[Population, Ints]:
    """Find a person for each resident casualty: the population changed to fit, and each casualty's person.

    Each gets somebody of the recorded sex and nearly the right age, nobody twice; the birthday is moved so that
    the age on the day of the collision is right. Whoever is chosen has not died before; the fatally injured
    die. Visitors have the person ``VISITOR``, and so have those for whom a very small population has nobody.
    """
    those = np.flatnonzero(resident)
    sex = np.where(casualties.sex[those] == UNKNOWN, _sexes(rng, len(those)), casualties.sex[those])
    born = _birthdays(rng, casualties, those)
    person = np.full(len(those), VISITOR)
    for one in (MALE, FEMALE):
        pool = np.flatnonzero(population.sex == one)
        pool = pool[np.argsort(population.birth[pool], kind="stable")]
        wanted = np.flatnonzero(sex == one)[: len(pool)]
        found = nearest_distinct(_number(born[wanted]), _number(population.birth[pool]))
        person[wanted] = pool[found]
    there = person != VISITOR
    those, person, born = those[there], person[there], born[there]
    birth, death = population.birth.copy(), population.death.copy()
    birth[person] = born
    on = casualties.day[those]
    # What was drawn for another birthday may lie before birth or the collision.
    early = ~np.isnat(death[person]) & (death[person] <= on)
    death[person[early]] = np.datetime64("NaT")
    fatal = casualties.severity[those] == FATAL
    death[person[fatal]] = _deaths(rng, on[fatal], period)
    chosen = np.full(len(casualties), VISITOR)
    chosen[those] = person
    return replace(population, birth=birth, death=death), chosen


def _sexes(rng: Rng, size: int) -> Ints:
    return np.where(share(rng, _MEN, size), MALE, FEMALE)


def _birthdays(rng: Rng, casualties: Casualties, those: Ints) -> Days:
    """Birthdays that make casualties as old as the police say, or very nearly."""
    age = casualties.age[those]
    known = casualties.age[casualties.age != UNKNOWN]
    guessed = rng.choice(known, len(those)) if len(known) else rng.integers(16, 80, len(those))
    wrong = share(rng, _AGE_WRONG, len(those)) * rng.choice([-2, -1, 1, 2], len(those))
    true = np.clip(np.where(age == UNKNOWN, guessed, age + wrong), 0, 104)
    since = np.floor(rng.random(len(those)) * 365).astype("timedelta64[D]")
    return years_before(casualties.day[those], true) - since


def _deaths(rng: Rng, on: Days, period: Period) -> Days:
    later = days(rng, on + np.timedelta64(1, "D"), on + np.timedelta64(_LAST_DAY, "D"))
    return np.minimum(np.where(share(rng, _ON_THE_DAY, len(on)), on, later), period.last)


def _number(day: Days) -> Floats:
    return day.astype("datetime64[D]").astype(np.float64)
