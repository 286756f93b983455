"""Long-term conditions: who has which, since when.

Each curve says how many of an age in England have the diagnosis in their GP record, percent of men and women.
A person draws one number for each condition and gets it at the age at which the curve passes that number, so
that prevalence at every age is the curve's and nobody recovers. Sources, rounded and read off roughly: Quality
and Outcomes Framework 2022/23 (diabetes 7.5 % of those of 17 and over, hypertension 14.4 %, asthma 6.5 % of
those of 6 and over, COPD 1.9 %, dementia 0.7 %); National Diabetes Audit 2021/22 for types and ages;
NHS England, *Recorded dementia diagnoses*, 2023, for ages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from datasets.synthetic.region.calendar import DAYS_IN_YEAR, Period, ages
from datasets.synthetic.region.draws import Bools, Curve, Days, Floats, Ints, Rng, along, stream
from datasets.synthetic.region.households import FEMALE
from datasets.synthetic.region.people import Population


@dataclass(frozen=True)
class Condition:
    """A condition, its SNOMED CT concept and its prevalence in percent by age, men's and women's."""

    name: str
    snomed: str
    term: str
    men: Curve
    women: Curve


TYPE_2: Final = Condition(
    "type 2 diabetes",
    "44054006",
    "Type 2 diabetes mellitus",
    ((18, 0), (30, 0.54), (40, 2.8), (50, 7.7), (60, 13.9), (70, 19.8), (80, 22.5), (105, 23)),
    ((18, 0), (30, 0.75), (40, 2.5), (50, 5.8), (60, 10.1), (70, 14.4), (80, 17.1), (105, 17.7)),
)
TYPE_1: Final = Condition(
    "type 1 diabetes",
    "46635009",
    "Type 1 diabetes mellitus",
    ((1, 0), (10, 0.22), (20, 0.5), (40, 0.62), (105, 0.64)),
    ((1, 0), (10, 0.21), (20, 0.44), (40, 0.5), (105, 0.52)),
)
DEMENTIA: Final = Condition(
    "dementia",
    "52448006",
    "Dementia",
    ((50, 0), (65, 0.23), (70, 0.72), (75, 1.8), (80, 4.2), (85, 8.4), (90, 13.5), (105, 19.8)),
    ((50, 0), (65, 0.23), (70, 0.72), (75, 2), (80, 5.1), (85, 10.8), (90, 18), (105, 27)),
)
HYPERTENSION: Final = Condition(
    "hypertension",
    "38341003",
    "Hypertensive disorder, systemic arterial",
    ((18, 0), (30, 1.1), (40, 5.3), (50, 13.9), (60, 26.1), (70, 38.5), (80, 48.2), (105, 52)),
    ((18, 0), (30, 0.77), (40, 3.9), (50, 11.6), (60, 23.1), (70, 36.6), (80, 50.1), (105, 55.9)),
)
ASTHMA: Final = Condition(
    "asthma",
    "195967001",
    "Asthma",
    ((3, 0), (10, 5.1), (20, 6.2), (50, 6.6), (105, 7.7)),
    ((3, 0), (10, 3.5), (20, 6.6), (50, 8.8), (105, 10.5)),
)
COPD: Final = Condition(
    "copd",
    "13645005",
    "Chronic obstructive lung disease",
    ((35, 0), (50, 0.92), (60, 3.2), (70, 6.8), (80, 9.7), (105, 10.3)),
    ((35, 0), (50, 0.92), (60, 3), (70, 5.9), (80, 7.9), (105, 8.6)),
)
CONDITIONS: Final = (TYPE_2, TYPE_1, DEMENTIA, HYPERTENSION, ASTHMA, COPD)

NEVER, FORMER, CURRENT = range(3)
# Smokers among grown-ups by age, percent (ONS, *Adult smoking habits in the UK*, 2022: 12.9 % in all), and
# those who have given it up.
_SMOKERS: Final = ((15, 4), (18, 11), (30, 16), (45, 15), (60, 14), (70, 9), (80, 6), (105, 3))
_FORMER: Final = ((15, 1), (30, 15), (45, 24), (60, 30), (75, 38), (105, 36))
# Drawing a lower number means an earlier onset: what goes together in people goes together here. The factors
# are such that the curves, which hold for all, stay about right.
_HYPERTENSION_WITH_TYPE_2: Final = 0.55
_COPD_OF: Final = {NEVER: 2.2, FORMER: 0.7, CURRENT: 0.35}


@dataclass(frozen=True)
class Histories:
    """Conditions of each person: the day of onset (NaT if never), and smoking."""

    onset: dict[str, Days]
    smoking: Ints

    def has(self, condition: Condition, day: Days | np.datetime64) -> Bools:
        """Whether each person has a condition on a day."""
        return self.onset[condition.name] <= day


def draw(seed: int, population: Population, period: Period) -> Histories:
    """Conditions of everybody, up to the end of life or period."""
    smoking = _smoking(stream(seed, "smoking"), population, period)
    lots = {one.name: stream(seed, one.name).random(len(population)) for one in CONDITIONS}
    type_1 = _onset(TYPE_1, lots[TYPE_1.name], population, period)
    type_2 = _onset(TYPE_2, lots[TYPE_2.name], population, period)
    type_2 = np.where(np.isnat(type_1), type_2, np.datetime64("NaT"))
    lots[HYPERTENSION.name] *= np.where(np.isnat(type_2), 1.0, _HYPERTENSION_WITH_TYPE_2)
    lots[COPD.name] *= np.choose(smoking, [_COPD_OF[NEVER], _COPD_OF[FORMER], _COPD_OF[CURRENT]])
    onset = {one.name: _onset(one, lots[one.name], population, period) for one in CONDITIONS}
    return Histories(onset | {TYPE_2.name: type_2}, smoking)


def _onset(condition: Condition, lot: Floats, population: Population, period: Period) -> Days:
    age = np.full(len(lot), np.inf)
    for curve, those in (
        (condition.men, population.sex != FEMALE),
        (condition.women, population.sex == FEMALE),
    ):
        known, percent = (np.asarray(one, dtype=np.float64) for one in zip(*curve, strict=True))
        age[those] = np.interp(lot[those] * 100, percent, known, right=np.inf)
    ever = np.isfinite(age)
    days = np.where(ever, age * DAYS_IN_YEAR, 0).astype("timedelta64[D]")
    onset = population.birth + days
    return np.where(ever & (onset <= population.last_day(period)), onset, np.datetime64("NaT"))


def _smoking(rng: Rng, population: Population, period: Period) -> Ints:
    age = ages(population.birth, period.last)
    current, former = (along(curve, age) / 100 for curve in (_SMOKERS, _FORMER))
    lot = rng.random(len(age))
    status = np.select([lot < current, lot < current + former], [CURRENT, FORMER], NEVER)
    return np.where(age < 15, NEVER, status)
