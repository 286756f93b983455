"""The population: everybody who lived in the region at the end of the period, or died there during it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from datasets.synthetic.region import households, mortality, names, nhs_numbers, places
from datasets.synthetic.region.calendar import Period, ages, years_before
from datasets.synthetic.region.draws import Bools, Days, Ints, Rng, pick, share, stream

KEY: Final = "SYNTHETIC-P"
HOUSEHOLD_KEY: Final = "SYNTHETIC-H"
# Ethnic categories of the health service, percent (Census 2021, England and Wales, table TS021).
ETHNIC_CATEGORIES: Final = {
    **{"A": 74.4, "B": 0.9, "C": 6.4, "D": 0.9, "E": 0.4, "F": 0.8, "G": 0.8, "H": 3.1},
    **{"J": 2.7, "K": 1.1, "L": 1.6, "M": 1.0, "N": 2.5, "P": 0.5, "R": 0.7, "S": 2.2},
}


@dataclass
class Population:
    """One entry for each person, in no order that tells anything.

    ``death`` is NaT for the living; ``area`` is the number of the small area of the home.
    """

    nhs_number: Ints
    sex: Ints
    birth: Days
    death: Days
    household: Ints
    child: Bools
    ethnic: pl.Series
    given_name: pl.Series
    family_name: pl.Series
    homes: places.Homes

    def __len__(self) -> int:
        return len(self.sex)

    @property
    def area(self) -> Ints:
        """The number of each person's small area."""
        return self.homes.area[self.household]

    @property
    def postcode(self) -> pl.Series:
        """Each person's postcode."""
        return self.homes.postcode[self.household]

    def nhs_numbers(self, people: Ints) -> pl.Series:
        """NHS numbers of people by place; missing for -1, who lives elsewhere."""
        return known(pl.Series(self.nhs_number[np.maximum(people, 0)]).cast(pl.String), people >= 0)

    def last_day(self, period: Period) -> Days:
        """The last day of each person in the period: its end, or the day of death."""
        return np.where(np.isnat(self.death), period.last, self.death)


def populate(seed: int, people: int, period: Period, square: places.Square) -> Population:
    """A population of so many people."""
    members = households.form(stream(seed, "households"), people, period.years).of(
        stream(seed, "order").permutation(people)
    )
    household, sex, child = members.household, members.sex, members.child
    birth = _births(stream(seed, "birthdays"), members.age, period)
    named = stream(seed, "names")
    return Population(
        nhs_number=nhs_numbers.draw(stream(seed, "nhs numbers"), people),
        sex=sex,
        birth=birth,
        death=_deaths(stream(seed, "deaths"), birth, period),
        household=household,
        child=child,
        ethnic=_ethnic(stream(seed, "ethnic categories"), household),
        given_name=names.given_names(named, sex),
        family_name=names.family_names(named, household, child),
        homes=places.build(stream(seed, "homes"), int(household.max()) + 1, square),
    )


def frame(population: Population) -> pl.LazyFrame:
    """The table ``people``."""
    numbers = pl.Series(np.arange(1, len(population) + 1))
    return pl.LazyFrame(
        {
            "row": numbers,
            "nhs_number": population.nhs_number,
            "given_name": population.given_name,
            "family_name": population.family_name,
            "birth_date": population.birth,
            "postcode": population.postcode,
            "household": population.household + 1,
            "sex": population.sex,
            "lsoa11": places.area_codes(population.area),
            "death_date": population.death,
        }
    ).select(
        person_row=pl.lit(KEY) + pl.col("row").cast(pl.String).str.zfill(7),
        nhs_number=pl.col("nhs_number").cast(pl.String),
        given_name="given_name",
        family_name="family_name",
        birth_date=pl.col("birth_date").cast(pl.Date),
        postcode="postcode",
        household_id=pl.lit(HOUSEHOLD_KEY) + pl.col("household").cast(pl.String).str.zfill(7),
        birth_year=pl.col("birth_date").cast(pl.Date).dt.year().cast(pl.Int64),
        sex=pl.col("sex").cast(pl.String),
        lsoa11="lsoa11",
        death_date=pl.col("death_date").cast(pl.Date),
    )


def known(values: pl.Series, those: Bools) -> pl.Series:
    """The values, missing except for those."""
    return pl.select(pl.when(pl.Series(those)).then(values)).to_series()


def _births(rng: Rng, age: Ints, period: Period) -> Days:
    day = np.full(len(age), period.last)
    since = np.floor(rng.random(len(age)) * 365).astype("timedelta64[D]")
    return years_before(day, age) - since


def _deaths(rng: Rng, birth: Days, period: Period) -> Days:
    """Deaths year by year, at the year's rate for the age; those not yet born cannot die."""
    death = np.full(len(birth), np.datetime64("NaT"), dtype="datetime64[D]")
    for year in range(period.first_year, period.last_year + 1):
        first, last = np.datetime64(f"{year}-01-01", "D"), np.datetime64(f"{year}-12-31", "D")
        there = np.isnat(death) & (birth <= last)
        dies = there & share(rng, mortality.yearly(np.maximum(ages(birth, last), 0)), len(birth))
        begins = np.maximum(birth, first)
        on = begins + np.floor(rng.random(len(birth)) * ((last - begins).astype(np.int64) + 1)).astype(
            "timedelta64[D]"
        )
        death = np.where(dies, on, death)
    return death


def _ethnic(rng: Rng, household: Ints) -> pl.Series:
    """A household shares its category, but for one person in twelve."""
    weights = list(ETHNIC_CATEGORIES.values())
    of_home = pick(rng, weights, int(household.max()) + 1)[household]
    own = pick(rng, weights, len(household))
    chosen = np.where(share(rng, 1 / 12, len(household)), own, of_home)
    return pl.Series(list(ETHNIC_CATEGORIES))[chosen]
