"""Stays in hospital (HES: spells): who, when, why, and how they ended.

Emergencies follow an ambulance or come by themselves; planned stays, deliveries and last stays come besides.
A person is in one stay at a time: one that begins during another ends that other on its first day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from datasets.link.road_users import ROAD_USER_TYPES
from datasets.synthetic.region import diagnoses as dx
from datasets.synthetic.region import places
from datasets.synthetic.region.ambulance import Journeys
from datasets.synthetic.region.calendar import Period, ages, local_days
from datasets.synthetic.region.casualties import FATAL, SERIOUS, SLIGHT, Casualties
from datasets.synthetic.region.complaints import COMPLAINTS
from datasets.synthetic.region.conditions import COPD, DEMENTIA, TYPE_1, TYPE_2, Histories
from datasets.synthetic.region.diagnoses import Group
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints, Rng, pick, share, stream
from datasets.synthetic.region.households import FEMALE, MALE
from datasets.synthetic.region.lives import Lives
from datasets.synthetic.region.patients import NONE, Patients
from datasets.synthetic.region.people import Population
from datasets.synthetic.region.residents import VISITOR

EMERGENCY, WAITING_LIST, DELIVERY = "21", "11", "31"
GROUPS: Final = (
    *(dx.CHEST, dx.HEART, dx.FALL, dx.STROKE, dx.FAINT, dx.ABDOMEN, dx.SEIZURE, dx.INFECTION, dx.POISONING),
    *(dx.BLEEDING, dx.DIABETES, dx.DELIVERY, dx.CATARACT, dx.ENDOSCOPY, dx.CANCER, dx.JOINT, dx.HERNIA),
    *(dx.BLADDER, dx.GYNAECOLOGY, dx.TEETH_AND_THROAT, dx.BADLY_HURT, dx.LIGHTLY_HURT),
)
_AGES: Final = (0, 10, 20, 40, 60, 75, 90)
# Stays in a year for 1,000 people of the ages above. Emergencies besides those that an ambulance brings, to make
# about 0.10 in all; planned stays about 0.13 (Hospital Admitted Patient Care Activity, England, 2022/23).
_WALK_IN: Final = (
    (dx.CHEST, (63, 12, 3, 4.5, 12, 24, 36)),
    (dx.HEART, (0.3, 0.45, 2.2, 6, 14, 21, 27)),
    (dx.FALL, (6, 6, 3, 3, 4.5, 9, 18)),
    (dx.ABDOMEN, (18, 12, 20, 20, 21, 24, 27)),
    (dx.INFECTION, (82, 15, 7.5, 9, 15, 27, 42)),
    (dx.POISONING, (0.45, 1.5, 4.5, 2.2, 1.2, 0.6, 0.6)),
    (dx.BLEEDING, (1.5, 1.5, 3, 4.5, 6, 10, 15)),
)
_PLANNED: Final = (
    (dx.CATARACT, (0.16, 0.16, 0.16, 0.96, 13, 67, 64), (1, 1)),
    (dx.ENDOSCOPY, (1.6, 3.2, 16, 42, 83, 96, 35), (1, 1)),
    (dx.CANCER, (3.2, 2.4, 4.8, 22, 77, 88, 22), (1, 1)),
    (dx.JOINT, (0, 0, 0.32, 1.6, 13, 21, 8), (0.85, 1.15)),
    (dx.HERNIA, (4.8, 1.6, 3.2, 8, 14, 16, 6.4), (1.25, 0.75)),
    (dx.BLADDER, (0.32, 0.32, 0.8, 3.2, 18, 38, 29), (1.5, 0.5)),
    (dx.GYNAECOLOGY, (0, 0.32, 11, 21, 9.6, 4.8, 1.6), (0, 2)),
    (dx.TEETH_AND_THROAT, (19, 22, 11, 6.4, 3.2, 1.6, 0.8), (1, 1)),
)
# What a last stay is for.
_LAST: Final = (
    (dx.CHEST, 34),
    (dx.INFECTION, 22),
    (dx.CANCER, 16),
    (dx.STROKE, 12),
    (dx.HEART, 12),
    (dx.FALL, 4),
)
# Somebody with one of these conditions is in hospital as an emergency so many times as often.
_MORE_OFTEN: Final = ((COPD, 1.8), (DEMENTIA, 1.6), (TYPE_1, 1.6), (TYPE_2, 1.3))
# Casualties whom the police know but no ambulance saw: some are admitted all the same.
_ADMITTED_OTHERWISE: Final = {FATAL: 0.0, SERIOUS: 0.35, SLIGHT: 0.01}


@dataclass(frozen=True)
class Stays:
    """One entry for each stay.

    ``group`` is a number in GROUPS; ``patient`` the place among the ambulance's patients of whom this is the
    stay, or ``NONE``; ``kind`` a road-user type for the hurt of the road, or ``NONE``; ``alone`` says that no
    other vehicle or person was part of it. ``died`` means that the stay ended so.
    """

    person: Ints
    age: Ints
    sex: Ints
    admitted: Days
    discharged: Days
    group: Ints
    method: Ints
    provider: Ints
    patient: Ints
    kind: Ints
    alone: Bools
    died: Bools

    def __len__(self) -> int:
        return len(self.person)

    def of(self, those: Bools | Ints) -> Stays:
        """Some of them."""
        return Stays(*(getattr(self, field.name)[those] for field in fields(self)))


def draw(
    seed: int,
    population: Population,
    histories: Histories,
    casualties: Casualties,
    person: Ints,
    who: Patients,
    ways: Journeys,
    lives: Lives,
    period: Period,
) -> Stays:
    """All stays, in order of admission; ``person`` is each casualty's."""
    parts = [
        _after_ambulance(stream(seed, "stays after ambulance"), population, casualties, who, ways),
        _hurt_otherwise(stream(seed, "stays of casualties"), population, casualties, person, who),
        _last(stream(seed, "last stays"), population, lives),
        _walk_in(stream(seed, "emergency stays"), population, histories, lives),
        _planned(stream(seed, "planned stays"), population, lives),
        _deliveries(stream(seed, "deliveries"), population, lives, period),
    ]
    joined = Stays(*(np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(Stays)))
    return _one_at_a_time(joined, population)


def _after_ambulance(
    rng: Rng, population: Population, casualties: Casualties, who: Patients, ways: Journeys
) -> Stays:
    those = np.flatnonzero(who.admitted)
    some = who.of(those)
    by_complaint = np.array([NONE if one.group is None else GROUPS.index(one.group) for one in COMPLAINTS])
    on_road = some.severity != NONE
    group = np.where(on_road, _road_group(some.severity), by_complaint[some.complaint])
    police = np.maximum(some.casualty, 0)
    vehicles = casualties.vehicles[police] if len(casualties) else np.ones(len(some), dtype=np.int64)
    alone = np.where(some.casualty == NONE, some.kind != ROAD_USER_TYPES.index("pedestrian"), vehicles == 1)
    return _stays(
        rng,
        population,
        some.person,
        local_days(ways.handover[those]),
        group,
        EMERGENCY,
        age=some.age,
        sex=some.sex,
        provider=ways.provider[those],
        patient=those,
        kind=some.kind,
        alone=on_road & alone,
        died=some.last,
    )


def _hurt_otherwise(
    rng: Rng, population: Population, casualties: Casualties, person: Ints, who: Patients
) -> Stays:
    seen = np.zeros(len(casualties), dtype=bool)
    seen[who.casualty[who.casualty != NONE]] = True
    resident = person != VISITOR
    lingered = (
        resident & (casualties.severity == FATAL) & (population.death[np.maximum(person, 0)] > casualties.day)
    )
    shares = np.choose(casualties.severity, [_ADMITTED_OTHERWISE[one] for one in (FATAL, SERIOUS, SLIGHT)])
    comes = ~seen & resident & (lingered | share(rng, shares, len(casualties)))
    those = np.flatnonzero(comes)
    return _stays(
        rng,
        population,
        person[those],
        casualties.day[those],
        _road_group(casualties.severity[those]),
        EMERGENCY,
        kind=casualties.kind[those],
        alone=casualties.vehicles[those] == 1,
        died=lingered[those],
    )


def _last(rng: Rng, population: Population, lives: Lives) -> Stays:
    """Last stays of those who came by themselves; the ambulance's patients have theirs already."""
    person = np.flatnonzero(~np.isnat(lives.admitted) & ~lives.fetched)
    groups = np.array([GROUPS.index(group) for group, _ in _LAST])
    group = groups[pick(rng, [weight for _, weight in _LAST], len(person))]
    died = np.ones(len(person), dtype=bool)
    return _stays(rng, population, person, lives.admitted[person], group, EMERGENCY, died=died)


def _walk_in(rng: Rng, population: Population, histories: Histories, lives: Lives) -> Stays:
    often = np.ones(len(population))
    for condition, times in _MORE_OFTEN:
        often *= np.where(histories.has(condition, lives.last), times, 1.0)
    return _by_rate(rng, population, lives, [(group, yearly, often) for group, yearly in _WALK_IN], EMERGENCY)


def _planned(rng: Rng, population: Population, lives: Lives) -> Stays:
    rates = [
        (group, yearly, np.where(population.sex == MALE, men, women).astype(np.float64))
        for group, yearly, (men, women) in _PLANNED
    ]
    return _by_rate(rng, population, lives, rates, WAITING_LIST)


def _by_rate(
    rng: Rng,
    population: Population,
    lives: Lives,
    rates: Sequence[tuple[Group, Sequence[float], Floats]],
    method: str,
) -> Stays:
    age = ages(population.birth, lives.last)
    person, day, group = [], [], []
    for one, yearly, factor in rates:
        happened = lives.happen(rng, np.interp(age, _AGES, yearly) / 1000 * factor)
        person.append(happened[0])
        day.append(happened[1])
        group.append(np.full(len(happened[0]), GROUPS.index(one)))
    return _stays(rng, population, np.concatenate(person), np.concatenate(day), np.concatenate(group), method)


def _deliveries(rng: Rng, population: Population, lives: Lives, period: Period) -> Stays:
    """Mothers of the children born during the period, where a grown-up woman lives with them."""
    baby = np.flatnonzero(population.child & (population.birth > period.first))
    woman = np.full(int(population.household.max()) + 1, NONE)
    grown = np.flatnonzero(~population.child & (population.sex == FEMALE))
    woman[population.household[grown]] = grown
    mother = woman[population.household[baby]]
    baby, mother = baby[mother != NONE], mother[mother != NONE]
    day = population.birth[baby] - rng.integers(0, 2, len(baby)).astype("timedelta64[D]")
    age = ages(population.birth[mother], day)
    could = (age >= 15) & (age <= 50) & (day >= lives.first[mother]) & (day <= lives.last[mother])
    # Twins are one delivery; so are brothers and sisters whom chance put closer together than nine months.
    order = np.lexsort((day, mother))
    apart = np.ones(len(order), dtype=bool)
    apart[1:] = (np.diff(mother[order]) != 0) | (np.diff(day[order]).astype(np.int64) > 280)
    could[order] &= apart
    group = np.full(int(could.sum()), GROUPS.index(dx.DELIVERY))
    return _stays(rng, population, mother[could], day[could], group, DELIVERY)


def _stays(
    rng: Rng,
    population: Population,
    person: Ints,
    admitted: Days,
    group: Ints,
    method: str,
    *,
    age: Ints | None = None,
    sex: Ints | None = None,
    provider: Ints | None = None,
    patient: Ints | None = None,
    kind: Ints | None = None,
    alone: Bools | None = None,
    died: Bools | None = None,
) -> Stays:
    """Stays with lengths by group and age. Residents' age and sex are the population's; visitors' are given."""
    size = len(person)
    somebody, resident = np.maximum(person, 0), person != VISITOR
    none, no = np.full(size, NONE), np.zeros(size, dtype=bool)
    admitted = np.minimum(admitted, np.where(_dead(population, person), population.death[somebody], admitted))
    age = np.where(resident, ages(population.birth[somebody], admitted), none if age is None else age)
    sex = np.where(resident, population.sex[somebody], none if sex is None else sex)
    died = no if died is None else died
    young, old = (np.array([one.days[end] for one in GROUPS])[group] for end in (0, 1))
    mean = young + (old - young) * np.clip((age - 20) / 60, 0, 1)
    stayed = np.floor(rng.exponential(1.0, size) * mean + rng.random(size) * (mean > 0.5))
    discharged = admitted + stayed.astype("timedelta64[D]")
    discharged = np.where(died & resident, population.death[somebody], discharged)
    return Stays(
        person=person,
        age=age,
        sex=sex,
        admitted=admitted,
        discharged=discharged,
        group=group,
        method=np.full(size, int(method)),
        provider=places.provider(rng, population.area[somebody]) if provider is None else provider,
        patient=none if patient is None else patient,
        kind=none if kind is None else kind,
        alone=no if alone is None else alone,
        died=died,
    )


def _one_at_a_time(stays: Stays, population: Population) -> Stays:
    """Stays in order of admission, each cut at the same person's next; nobody is discharged after death."""
    in_order = stays.of(np.lexsort((stays.died, stays.admitted, stays.person)))
    person, discharged = in_order.person, in_order.discharged.copy()
    followed = np.flatnonzero((person[1:] == person[:-1]) & (person[1:] != VISITOR))
    discharged[followed] = np.minimum(discharged[followed], in_order.admitted[followed + 1])
    death = np.where(_dead(population, person), population.death[np.maximum(person, 0)], discharged)
    discharged = np.minimum(discharged, death)
    cut = replace(in_order, discharged=discharged)
    return cut.of(np.lexsort((cut.person, cut.admitted)))


def _dead(population: Population, person: Ints) -> Bools:
    return (person != VISITOR) & ~np.isnat(population.death[np.maximum(person, 0)])


def _road_group(severity: Ints) -> Ints:
    return np.where(severity == SLIGHT, GROUPS.index(dx.LIGHTLY_HURT), GROUPS.index(dx.BADLY_HURT))
