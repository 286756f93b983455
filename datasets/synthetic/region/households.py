"""Households: how many live together, as what, of which sex and age.

Sizes follow Census 2021, England and Wales (ONS, table TS017: 30 % of households hold one person, 34 % two,
16 % three, 13 % four, 7 % more); ages its pyramid (ONS, *Population and household estimates*, five-year
bands). Who lives with whom is a rough account of the census's household compositions: half of those who live
alone are over 65, 15 % of families have one parent, 86 % of those the mother. There are no care homes and no
halls of residence.

Ages are drawn first and given out afterwards: each place in a household has an age that would suit it, and the
k-th youngest place gets the k-th youngest person. So the pyramid comes out as drawn. It is that of the living:
of those who would be so old at the end of the period, as many more are there as die during it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from datasets.synthetic.region import mortality
from datasets.synthetic.region.draws import Bools, Floats, Ints, Rng, along, pick, share

MALE: Final = 1
FEMALE: Final = 2
_SIZES: Final = (30.1, 34.0, 15.9, 12.9, 4.8, 1.5, 0.8)
# Percent of the population in bands of five years, 0 to 4 first, 90 and over last.
_PYRAMID: Final = (
    *(5.4, 5.9, 6.0, 5.7, 6.1, 6.6, 7.0, 6.7, 6.3, 6.4),
    *(6.9, 6.7, 5.8, 4.9, 4.9, 3.6, 2.5, 1.5, 0.9),
)
OLDEST: Final = 104
# Women among those of an age: boys are born more often, women live longer.
_WOMEN: Final = ((0, 0.487), (20, 0.495), (40, 0.51), (65, 0.517), (80, 0.56), (90, 0.66), (104, 0.8))
# Who of an age lives with parents (ONS, *Families and households*, 2021: a third of those of 20 to 34).
_AT_HOME: Final = ((16, 1.0), (18, 0.9), (20, 0.62), (24, 0.45), (28, 0.22), (34, 0.07), (45, 0.0))
# Kinds of household by size, percent.
_ALONE, _COUPLE, _LONE, _PARENTS, _SHARERS = range(5)
_KIND_BY_SIZE: Final = {
    1: (100, 0, 0, 0, 0),
    2: (0, 73, 13, 0, 14),
    3: (0, 0, 18, 68, 14),
    4: (0, 0, 8, 83, 9),
    5: (0, 0, 6, 88, 6),
}
_MOTHERS_AMONG_LONE: Final = 0.86
# ONS, *Births by parents' characteristics*, 2021: mothers are 30.9 on average; of first children, 29.
_AGE_AT_ELDEST: Final = (29.0, 5.2)
_YOUNGEST_PARENT: Final = 16
# Years: brothers and sisters are some three apart.
_SIBLINGS_APART: Final = 2.4
_PARTNER_OLDER: Final = (2.2, 3.6)


@dataclass(frozen=True)
class Members:
    """One entry for each person: household, sex, whole years of age, and whether somebody's child there."""

    household: Ints
    sex: Ints
    age: Ints
    child: Bools

    def of(self, those: Ints) -> Members:
        """Some of them, in that order."""
        return Members(self.household[those], self.sex[those], self.age[those], self.child[those])


def form(rng: Rng, people: int, years: int) -> Members:
    """Put so many people into households, who stay there for a period of so many years."""
    sizes = _sizes(rng, people)
    kinds = _kinds(rng, sizes)
    household = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(people) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kind = kinds[household]
    child = ((kind == _LONE) & (place >= 1)) | ((kind == _PARENTS) & (place >= 2))
    age = np.zeros(people, dtype=np.int64)
    age[child] = _siblings(rng, household[child], years)
    eldest = np.full(len(sizes), -1)
    np.maximum.at(eldest, household[child], age[child])

    suits = _suitable_ages(rng, kind, place, household, eldest)
    sex = _sexes(rng, kind, place, suits)
    sex[child] = np.where(share(rng, _women_at(age[child]), int(child.sum())), FEMALE, MALE)
    for one in (MALE, FEMALE):
        theirs = ~child & (sex == one)
        age[theirs] = _give_out(suits[theirs], _adult_ages(rng, int(theirs.sum()), one, years))
    # The tails of the giving out could make a parent too young.
    age = np.where(
        ~child, np.maximum(age, eldest[household] + _YOUNGEST_PARENT * (eldest[household] >= 0)), age
    )
    return Members(household, sex, np.minimum(age, OLDEST), child)


def _sizes(rng: Rng, people: int) -> Ints:
    """Sizes that sum to the number of people; the last household takes what is left."""
    drawn = pick(rng, _SIZES, people) + 1
    ends = np.cumsum(drawn)
    last = int(np.searchsorted(ends, people))
    sizes = drawn[: last + 1].copy()
    sizes[last] -= ends[last] - people
    return sizes


def _kinds(rng: Rng, sizes: Ints) -> Ints:
    kinds = np.empty(len(sizes), dtype=np.int64)
    for size, weights in _KIND_BY_SIZE.items():
        those = sizes == size if size < max(_KIND_BY_SIZE) else sizes >= size
        kinds[those] = pick(rng, weights, int(those.sum()))
    return kinds


def _siblings(rng: Rng, household: Ints, years: int) -> Ints:
    """Ages of children at home: those of about the same age become sisters and brothers."""
    pool = _ages(rng, _pyramid(years) * _at_home(), len(household))
    pool = pool[np.argsort(pool + rng.normal(0, _SIBLINGS_APART, len(pool)), kind="stable")]
    families, counts = np.unique(household, return_counts=True)
    order = rng.permutation(len(families))
    begins = np.empty(len(families), dtype=np.int64)
    begins[order] = np.cumsum(counts[order]) - counts[order]
    within = np.arange(len(household)) - np.repeat(np.cumsum(counts) - counts, counts)
    return pool[np.repeat(begins, counts) + within]


def _suitable_ages(rng: Rng, kind: Ints, place: Ints, household: Ints, eldest: Ints) -> Floats:
    """For each grown-up place an age that would suit; partners' near to one another."""
    homes = len(eldest)
    parent = eldest + np.clip(rng.normal(*_AGE_AT_ELDEST, homes), _YOUNGEST_PARENT + 1, 46)
    of_home = {
        _ALONE: np.where(
            share(rng, 0.5, homes), rng.triangular(62, 78, 97, homes), rng.triangular(22, 52, 68, homes)
        ),
        _COUPLE: np.where(
            share(rng, 0.42, homes), rng.triangular(20, 28, 48, homes), rng.triangular(48, 66, 90, homes)
        ),
        _LONE: parent,
        _PARENTS: parent,
        _SHARERS: np.where(
            share(rng, 0.7, homes), rng.triangular(18, 24, 38, homes), rng.uniform(38, 85, homes)
        ),
    }
    base = np.choose(kind, [of_home[one][household] for one in sorted(of_home)])
    partner = np.isin(kind, (_COUPLE, _PARENTS)) & (place == 1)
    apart = np.where(partner, rng.normal(*_PARTNER_OLDER, len(place)), 0.0)
    flatmate = (kind == _SHARERS) & (place > 0)
    return base + apart + np.where(flatmate, rng.normal(0, 3, len(place)), 0.0)


def _sexes(rng: Rng, kind: Ints, place: Ints, suits: Floats) -> Ints:
    woman = np.select(
        [kind == _LONE, np.isin(kind, (_COUPLE, _PARENTS))],
        [share(rng, _MOTHERS_AMONG_LONE, len(kind)), place == 0],
        share(rng, np.where(suits > 65, 0.66, 0.45), len(kind)),
    )
    return np.where(woman, FEMALE, MALE)


def _give_out(suits: Floats, pool: Ints) -> Ints:
    given = np.empty(len(pool), dtype=np.int64)
    given[np.argsort(suits, kind="stable")] = np.sort(pool)
    return given


def _adult_ages(rng: Rng, size: int, sex: int, years: int) -> Ints:
    women = _women_at(np.arange(OLDEST + 1))
    weights = _pyramid(years) * (1 - _at_home()) * (women if sex == FEMALE else 1 - women)
    return _ages(rng, weights, size)


def _ages(rng: Rng, weights: Floats, size: int) -> Ints:
    return pick(rng, weights, size)


def _pyramid(years: int) -> Floats:
    """Weight of each year of age at the end of the period; those of 90 and over thin out with age."""
    weights = np.repeat(np.asarray(_PYRAMID) / 5, 5)[: OLDEST + 1]
    old = np.exp(-0.32 * np.arange(OLDEST - 89))
    living = np.concatenate([weights[:90], _PYRAMID[-1] * old / old.sum()])
    return living / mortality.survived(np.arange(OLDEST + 1), years)


def _at_home() -> Floats:
    return along(_AT_HOME, np.arange(OLDEST + 1))


def _women_at(age: Ints) -> Floats:
    return along(_WOMEN, age)
