"""General practice: who is on which list since when, and what was entered in the record.

Nearly everybody is on a list; lists hold about 9,700 patients each (NHS England, *Patients registered at a GP
practice*, 2023). Some came from another practice of the region. A diagnosis is entered at its onset, or when
the record begins if that is later; measurements are taken during the period, the more often the more ill
somebody is, and agree with what they have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from datasets.synthetic.region.calendar import DAYS_IN_YEAR, Period, ages
from datasets.synthetic.region.conditions import (
    CONDITIONS,
    COPD,
    CURRENT,
    FORMER,
    HYPERTENSION,
    NEVER,
    TYPE_1,
    TYPE_2,
    Histories,
)
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints, Rng, days, share, stream
from datasets.synthetic.region.people import Population

REGISTRATION_KEY: Final = "SYNTHETIC-R"
EVENT_KEY: Final = "SYNTHETIC-V"
PATIENTS_OF_PRACTICE: Final = 9_700
REGISTERED: Final = 0.97
MOVED: Final = 0.15
# Households go to the practice of their small area, but for one in eight.
_ELSEWHERE: Final = 0.12
# Years on the present list: people move (a tenth does each year), and most practices stay.
_YEARS_ON_LIST: Final = 12.0
_OLDEST_LIST: Final = np.datetime64("1985-01-01", "D")
_WEEKS_TO_REGISTER_A_BABY: Final = 8


@dataclass(frozen=True)
class Code:
    """A SNOMED CT concept as it is entered, with the unit of its value if it is a measurement."""

    snomed: str
    term: str
    unit: str | None = None


BMI: Final = Code("60621009", "Body mass index", "kg/m2")
SYSTOLIC: Final = Code("271649006", "Systolic blood pressure", "mm[Hg]")
HBA1C: Final = Code(
    "999791000000106",
    "Haemoglobin A1c level - International Federation of Clinical Chemistry and Laboratory Medicine standardised",
    "mmol/mol",
)
SMOKER: Final = Code("77176002", "Smoker")
FORMER_SMOKER: Final = Code("8517006", "Ex-smoker")
NEVER_SMOKED: Final = Code("266919005", "Never smoked tobacco")
DIAGNOSES: Final = tuple(Code(one.snomed, one.term) for one in CONDITIONS)
CODES: Final = (*DIAGNOSES, BMI, SYSTOLIC, HBA1C, SMOKER, FORMER_SMOKER, NEVER_SMOKED)


@dataclass(frozen=True)
class Lists:
    """One entry for each person: present practice since when, and the one before (NaT and -1 if none).

    ``begins`` is the first day on any list of the region, NaT for those who are on none.
    """

    practice: Ints
    since: Days
    earlier: Ints
    begins: Days

    @property
    def registered(self) -> Bools:
        """Who is on a list."""
        return ~np.isnat(self.begins)


@dataclass(frozen=True)
class _Entries:
    person: Ints
    day: Days
    code: Ints
    value: Floats


def register(rng: Rng, population: Population, period: Period) -> Lists:
    """Put people on lists."""
    people = len(population)
    practices = max(2, round(people / PATIENTS_OF_PRACTICE))
    near = population.homes.area % practices
    chosen = np.where(share(rng, _ELSEWHERE, len(near)), rng.integers(0, practices, len(near)), near)[
        population.household
    ]
    last = population.last_day(period)
    ago = np.floor(rng.exponential(_YEARS_ON_LIST, people) * 365).astype("timedelta64[D]")
    since = np.maximum(last - ago, _OLDEST_LIST)
    baby = population.birth + rng.integers(1, _WEEKS_TO_REGISTER_A_BABY * 7, people).astype("timedelta64[D]")
    born_here = since <= baby
    since = np.where(born_here, baby, since)
    on_list = share(rng, REGISTERED, people) & (since <= last)
    room = (since - np.maximum(population.birth, _OLDEST_LIST)).astype(np.int64) > 2 * 365
    moved = on_list & room & ~born_here & share(rng, MOVED, people)
    earlier = np.where(moved, (chosen + rng.integers(1, practices, people)) % practices, -1)
    long_ago = days(rng, np.maximum(population.birth, _OLDEST_LIST), np.maximum(since - 2, _OLDEST_LIST))
    never = np.datetime64("NaT")
    begins = np.where(on_list, np.where(moved, np.minimum(long_ago, since - 1), since), never)
    return Lists(chosen, np.where(on_list, since, never), earlier, begins)


def registrations(lists: Lists, population: Population) -> pl.LazyFrame:
    """The table ``registrations``, in order of their first day."""
    now, before = np.flatnonzero(lists.registered), np.flatnonzero(lists.earlier >= 0)
    table = pl.LazyFrame(
        {
            "nhs_number": population.nhs_number[np.concatenate([now, before])],
            "practice": np.concatenate([lists.practice[now], lists.earlier[before]]),
            "start_date": np.concatenate([lists.since[now], lists.begins[before]]),
            "end_date": np.concatenate([population.death[now], lists.since[before] - 1]),
        }
    )
    return (
        table.sort("start_date", "nhs_number")
        .with_row_index("row", offset=1)
        .select(
            registration_id=pl.lit(REGISTRATION_KEY) + pl.col("row").cast(pl.String).str.zfill(8),
            nhs_number=pl.col("nhs_number").cast(pl.String),
            practice_code=_practice_code(pl.col("practice")),
            start_date="start_date",
            end_date="end_date",
        )
    )


def events(
    seed: int, population: Population, histories: Histories, lists: Lists, period: Period
) -> pl.LazyFrame:
    """The table ``events``, in order of their day."""
    parts = [
        *_diagnoses(histories, lists),
        _bmi(stream(seed, "bmi"), population, histories, lists, period),
        _systolic(stream(seed, "systolic"), population, histories, lists, period),
        _hba1c(stream(seed, "hba1c"), population, histories, lists, period),
        _smoking(stream(seed, "smoking entries"), population, histories, lists, period),
    ]
    person = np.concatenate([one.person for one in parts])
    day = np.concatenate([one.day for one in parts])
    order = np.lexsort((person, day))
    person, day = person[order], day[order]
    code = np.concatenate([one.code for one in parts])[order]
    value = np.concatenate([one.value for one in parts])[order]
    practice = np.where(day < lists.since[person], lists.earlier[person], lists.practice[person])
    numbers = list(range(len(CODES)))
    table = pl.LazyFrame(
        {
            "nhs_number": population.nhs_number[person],
            "practice": practice.astype(np.int32),
            "event_date": day,
            "code": code.astype(np.int32),
            "value": value,
        }
    )
    return table.with_row_index("row", offset=1).select(
        event_id=pl.lit(EVENT_KEY) + pl.col("row").cast(pl.String).str.zfill(9),
        nhs_number=pl.col("nhs_number").cast(pl.String),
        practice_code=_practice_code(pl.col("practice")),
        event_date="event_date",
        snomed_code=pl.col("code").replace_strict(
            numbers, [one.snomed for one in CODES], return_dtype=pl.String
        ),
        term=pl.col("code").replace_strict(numbers, [one.term for one in CODES], return_dtype=pl.String),
        value=pl.col("value").fill_nan(None),
        unit=pl.col("code").replace_strict(numbers, [one.unit for one in CODES], return_dtype=pl.String),
    )


def _practice_code(number: pl.Expr) -> pl.Expr:
    """Codes that no organisation has: real ones are a letter and five digits."""
    return pl.lit("SYN") + (number + 1).cast(pl.String).str.zfill(3)


def _diagnoses(histories: Histories, lists: Lists) -> list[_Entries]:
    made = []
    for number, condition in enumerate(CONDITIONS):
        onset = histories.onset[condition.name]
        person = np.flatnonzero(~np.isnat(onset) & lists.registered)
        day = np.maximum(onset[person], lists.begins[person])
        made.append(_Entries(person, day, np.full(len(person), number), np.full(len(person), np.nan)))
    return made


def _bmi(rng: Rng, population: Population, histories: Histories, lists: Lists, period: Period) -> _Entries:
    """Health Survey for England 2021: grown-ups 27.6 on average; type 2 diabetes goes with about four more."""
    own = rng.normal(0, 5.0, len(population))
    person, day = _visits(rng, _yearly(0.20, 0.9, histories, period), population, lists, period)
    age = ages(population.birth[person], day)
    grown = 24.5 + 3.4 * np.clip((age - 18) / 30, 0, 1) - 0.06 * np.maximum(age - 70, 0)
    with_type_2 = 3.6 * histories.has(TYPE_2, period.last)[person]
    small = 16.0 + 0.35 * np.maximum(age - 4, 0) + 0.35 * own[person]
    value = np.where(age < 18, small, grown + own[person] + with_type_2) + rng.normal(0, 0.5, len(person))
    return _entries(person, day, BMI, np.clip(value, 11.5, 62.0), decimals=1)


def _systolic(
    rng: Rng, population: Population, histories: Histories, lists: Lists, period: Period
) -> _Entries:
    """Rises with age; treated hypertension stays some way above. Grown-ups only."""
    own = rng.normal(0, 8.0, len(population))
    person, day = _visits(rng, _yearly(0.35, 1.6, histories, period), population, lists, period)
    age = ages(population.birth[person], day)
    grown = age >= 18
    person, day, age = person[grown], day[grown], age[grown]
    high = np.where(histories.onset[HYPERTENSION.name][person] <= day, 11.0, 0.0)
    value = 114 + 0.28 * (age - 18) + high + own[person] + rng.normal(0, 8.0, len(person))
    return _entries(person, day, SYSTOLIC, np.clip(value, 75, 230), decimals=0)


def _hba1c(rng: Rng, population: Population, histories: Histories, lists: Lists, period: Period) -> _Entries:
    """National Diabetes Audit 2021/22: two thirds of type 2 and a third of type 1 are at 58 mmol/mol or below.

    Without diabetes below 48, the limit at which it is diagnosed; once in a while before the diagnosis above.
    """
    type_1, type_2 = (histories.onset[one.name] for one in (TYPE_1, TYPE_2))
    diabetic = ~np.isnat(type_1) | ~np.isnat(type_2)
    own = rng.gamma(4.0, 1.0, len(population)) / 4 - 1
    yearly = np.where(diabetic, 1.7, _yearly(0.10, 0.35, histories, period))
    person, day = _visits(rng, yearly, population, lists, period)
    one, two = type_1[person] <= day, type_2[person] <= day
    noise = rng.normal(0, 1, len(person))
    value = np.select(
        [one, two],
        [65 + 22 * own[person] + 5 * noise, 55 + 20 * own[person] + 4 * noise],
        np.minimum(37 + 3.2 * own[person] + 2.4 * noise, 47),
    )
    return _entries(person, day, HBA1C, np.clip(value, 20, 150), decimals=0)


def _smoking(
    rng: Rng, population: Population, histories: Histories, lists: Lists, period: Period
) -> _Entries:
    person, day = _visits(rng, _yearly(0.22, 0.8, histories, period), population, lists, period)
    grown = ages(population.birth[person], day) >= 15
    person, day = person[grown], day[grown]
    entered = {CURRENT: SMOKER, FORMER: FORMER_SMOKER, NEVER: NEVER_SMOKED}
    code = np.choose(histories.smoking[person], [CODES.index(entered[one]) for one in sorted(entered)])
    return _Entries(person, day, code, np.full(len(person), np.nan))


def _yearly(well: float, ill: float, histories: Histories, period: Period) -> Floats:
    """How often something is measured in a year: of the well, and of those with an illness that is followed."""
    followed = np.any(
        [histories.has(one, period.last) for one in (TYPE_1, TYPE_2, HYPERTENSION, COPD)], axis=0
    )
    return np.where(followed, ill, well)


def _visits(
    rng: Rng, yearly: Floats, population: Population, lists: Lists, period: Period
) -> tuple[Ints, Days]:
    """Persons and days of measurements: within the period, while on a list and alive."""
    last = population.last_day(period)
    first = np.where(lists.registered, np.maximum(lists.begins, period.first), last + 1)
    length = np.maximum((last - first).astype(np.int64) + 1, 0) / DAYS_IN_YEAR
    person = np.repeat(np.arange(len(population)), rng.poisson(yearly * length))
    return person, days(rng, first[person], last[person])


def _entries(person: Ints, day: Days, code: Code, value: Floats, *, decimals: int) -> _Entries:
    return _Entries(person, day, np.full(len(person), CODES.index(code)), np.round(value, decimals))
