"""The table ``admissions``: stays as the finished consultant episodes of HES, with their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from datasets.link.road_users import ROAD_USER_TYPES
from datasets.synthetic.region import diagnoses as dx
from datasets.synthetic.region import places
from datasets.synthetic.region.calendar import ages
from datasets.synthetic.region.conditions import (
    ASTHMA,
    COPD,
    CURRENT,
    DEMENTIA,
    HYPERTENSION,
    NEVER,
    TYPE_1,
    TYPE_2,
    Histories,
)
from datasets.synthetic.region.draws import Bools, Days, Ints, Rng, pick, share, stream
from datasets.synthetic.region.patients import NONE
from datasets.synthetic.region.people import Population, known
from datasets.synthetic.region.places import PROVIDERS
from datasets.synthetic.region.residents import VISITOR
from datasets.synthetic.region.stays import GROUPS, Stays

EPISODE_KEY: Final = "SYNTHETIC-E"
FURTHER: Final = 5
# HES data quality: 98 to 99 % of episodes have an NHS number.
NUMBER_MISSING: Final = 0.015
_BIRTHDAY_MISSING: Final = 0.003
_POSTCODE_MISSING: Final = 0.006
# Longer stays pass from one consultant to another now and then, the old to geriatricians.
_ANOTHER_CONSULTANT: Final = 0.18
_ETHNIC_NOT_STATED: Final = 0.10
_CLINICAL_ADVICE, _SELF_DISCHARGED, _DIED = 1, 2, 4
_DISCHARGED_SELF: Final = 0.015
_OLD: Final = 78
# How often a condition that somebody has stands among the further diagnoses. Dementia is one of four kinds for
# each person; Alzheimer's disease has two codes, G309 for the disease and F009 for the dementia.
_CODED: Final = {
    DEMENTIA.name: 0.87,
    TYPE_1.name: 0.95,
    TYPE_2.name: 0.92,
    HYPERTENSION.name: 0.85,
    COPD.name: 0.88,
    ASTHMA.name: 0.75,
}
_DEMENTIAS: Final = (("F009", 48), ("F019", 22), ("F03X", 26), ("F028", 4))
_SMOKING: Final = 0.55
# Specialties that treat children and grown-ups alike.
_OF_ALL_AGES: Final = ("100", "110", "120", "130", "180", "501", "800")
_DIAGNOSES: Final = tuple(f"diag_{place:02}" for place in range(1, FURTHER + 2))
Texts = npt.NDArray[np.str_]
_COMPLICATED: Final = 0.25


@dataclass(frozen=True)
class _Episodes:
    stay: Ints
    order: Ints
    begins: Days
    ends: Days
    last: Bools


def admissions(
    seed: int, stays: Stays, population: Population, histories: Histories
) -> tuple[pl.LazyFrame, Ints]:
    """The table, and for each stay the row (from 0) of its first episode."""
    episodes = _episodes(stream(seed, "episodes"), stays)
    stay = episodes.stay
    rng = stream(seed, "hospital records")
    person = stays.person[stay]
    somebody, resident = np.maximum(person, 0), person != VISITOR
    numbered, birthday, postcode = (
        resident & ~share(rng, missing, len(stays))[stay]
        for missing in (NUMBER_MISSING, _BIRTHDAY_MISSING, _POSTCODE_MISSING)
    )
    not_stated = share(rng, _ETHNIC_NOT_STATED, len(stays))[stay] | ~resident
    by_self = share(rng, _DISCHARGED_SELF, len(stays))
    method = np.where(stays.died, _DIED, np.where(by_self, _SELF_DISCHARGED, _CLINICAL_ADVICE))[stay]
    codes = _codes(seed, stays, histories)
    table = pl.LazyFrame(
        {
            "row": np.arange(len(stay)),
            "newnhsno": known(population.nhs_numbers(person), numbered),
            "dob": np.where(birthday, population.birth[somebody], np.datetime64("NaT")),
            "homeadd": known(population.postcode[somebody], postcode),
            "sex": stays.sex[stay],
            "startage": np.where(
                resident, ages(population.birth[somebody], episodes.begins), stays.age[stay]
            ),
            "ethnos": _ethnic(population.ethnic[somebody], not_stated),
            "lsoa11": _areas(population, somebody, resident),
            "provider": stays.provider[stay],
            "admidate": stays.admitted[stay],
            "admimeth": stays.method[stay],
            "epistart": episodes.begins,
            "epiend": episodes.ends,
            "epiorder": episodes.order,
            "disdate": np.where(episodes.last, stays.discharged[stay], np.datetime64("NaT")),
            "dismeth": np.where(episodes.last, method, NONE),
            "mainspef": _specialties(stays, episodes),
            **{name: column[stay] for name, column in codes.items()},
            "speldur": (stays.discharged - stays.admitted).astype(np.int64)[stay],
        }
    )
    first = np.flatnonzero(episodes.order == 1)
    return _named(table), first


def epikeys(row: pl.Expr) -> pl.Expr:
    """Names of episodes by their row from 0."""
    return pl.lit(EPISODE_KEY) + (row + 1).cast(pl.String).str.zfill(8)


def _named(table: pl.LazyFrame) -> pl.LazyFrame:
    """The columns as the keeper writes them, in the schema's order."""
    return table.select(
        epikey=epikeys(pl.col("row")),
        newnhsno="newnhsno",
        dob="dob",
        homeadd="homeadd",
        sex=pl.col("sex").cast(pl.String),
        startage="startage",
        ethnos="ethnos",
        lsoa11="lsoa11",
        procode3=pl.col("provider").replace_strict(
            range(len(PROVIDERS)), list(PROVIDERS), return_dtype=pl.String
        ),
        admidate="admidate",
        admimeth=pl.col("admimeth").cast(pl.String),
        epistart="epistart",
        epiend="epiend",
        epiorder="epiorder",
        disdate="disdate",
        dismeth=pl.when(pl.col("dismeth") != NONE).then(pl.col("dismeth").cast(pl.String)),
        mainspef="mainspef",
        **{name: name for name in (*_DIAGNOSES, "cause", "opertn_01")},
        speldur="speldur",
    )


def _ethnic(category: pl.Series, not_stated: Bools) -> pl.Series:
    return known(category, ~not_stated).fill_null("Z")


def _areas(population: Population, somebody: Ints, resident: Bools) -> pl.Series:
    return places.area_codes(population.area[somebody]).zip_with(
        pl.Series(resident), pl.repeat(places.ELSEWHERE, len(somebody), eager=True)
    )


def _episodes(rng: Rng, stays: Stays) -> _Episodes:
    """One to three episodes for each stay; each begins on the day on which the one before ends."""
    length = (stays.discharged - stays.admitted).astype(np.int64)
    more = (length >= 2) * rng.binomial(2, _ANOTHER_CONSULTANT / 2 * np.clip(length / 4, 0, 2))
    number = 1 + more
    stay = np.repeat(np.arange(len(stays)), number)
    order = np.arange(len(stay)) - np.repeat(np.cumsum(number) - number, number) + 1
    last = order == number[stay]
    # Changes at random days: the part of the stay gone by when each episode ends.
    part = np.where(last, 1.0, rng.random(len(stay)))
    first_of_three = (number[stay] == 3) & (order == 1)
    part = np.where(first_of_three, part / 2, np.where((number[stay] == 3) & ~last, 0.5 + part / 2, part))
    ends = stays.admitted[stay] + np.floor(part * length[stay]).astype("timedelta64[D]")
    begins = stays.admitted[stay].copy()
    later = np.flatnonzero(order > 1)
    begins[later] = ends[later - 1]
    return _Episodes(stay, order, begins, ends, last)


def _specialties(stays: Stays, episodes: _Episodes) -> pl.Series:
    """The reason's own; children are paediatrics', and the old pass to geriatricians with a later episode."""
    own = np.array([group.specialty for group in GROUPS])[stays.group]
    surgical = np.isin(own, _OF_ALL_AGES)
    of_stay = np.where((stays.age < dx.CHILD_UNTIL) & ~surgical, dx.PAEDIATRICS, own)
    of_episode = of_stay[episodes.stay]
    passed_on = (episodes.order > 1) & (stays.age[episodes.stay] >= _OLD)
    return pl.Series(np.where(passed_on, dx.GERIATRICS, of_episode), dtype=pl.String)


def _codes(seed: int, stays: Stays, histories: Histories) -> dict[str, pl.Series]:
    """Diagnoses, cause and procedure of each stay."""
    rng = stream(seed, "diagnoses")
    primary = np.full(len(stays), "", dtype="U4")
    cause, procedure = primary.copy(), primary.copy()
    for number, group in enumerate(GROUPS):
        those = np.flatnonzero(stays.group == number)
        young = stays.age[those] < dx.CHILD_UNTIL
        grown = _drawn(rng, group.codes, len(those))
        primary[those] = np.where(young, _drawn(rng, group.child_codes or group.codes, len(those)), grown)
        cause[those] = _drawn(rng, group.causes, len(those))
        procedure[those] = _drawn(rng, group.procedures, len(those))
    primary = _diabetic_problem(stays, histories, primary)
    cause = _road_causes(rng, stays, cause)
    further = _further(rng, stays, histories, primary, seed)
    columns = {"diag_01": primary, **{f"diag_{place + 2:02}": further[:, place] for place in range(FURTHER)}}
    columns |= {"cause": cause, "opertn_01": procedure}
    return {name: known(pl.Series(texts, dtype=pl.String), texts != "") for name, texts in columns.items()}


def _diabetic_problem(stays: Stays, histories: Histories, primary: Texts) -> Texts:
    """Ketoacidosis with type 1, other complications with type 2, whichever the person has."""
    type_1 = _has(histories.onset[TYPE_1.name], stays)
    return np.where(np.isin(primary, ("E101", "E116")), np.where(type_1, "E101", "E116"), primary)


def _road_causes(rng: Rng, stays: Stays, cause: Texts) -> Texts:
    hurt = np.isin(stays.group, (GROUPS.index(dx.BADLY_HURT), GROUPS.index(dx.LIGHTLY_HURT)))
    cause[hurt & (stays.kind == NONE)] = "V892"
    for number, name in enumerate(ROAD_USER_TYPES):
        for alone, causes in ((False, dx.ROAD_CAUSES), (True, dx.ROAD_CAUSES_ALONE)):
            those = np.flatnonzero(hurt & (stays.kind == number) & (stays.alone == alone))
            cause[those] = _drawn(rng, causes[name], len(those))
    return cause


def _further(rng: Rng, stays: Stays, histories: Histories, primary: Texts, seed: int) -> Texts:
    """What else somebody has, at most five; never the primary diagnosis again."""
    size = len(stays)
    has = {
        name: _has(histories.onset[name], stays) & share(rng, often, size) for name, often in _CODED.items()
    }
    kinds = np.array([code for code, _ in _DEMENTIAS])
    kind = kinds[
        pick(stream(seed, "kinds of dementia"), [weight for _, weight in _DEMENTIAS], _people(histories))
    ]
    dementia = kind[np.maximum(stays.person, 0)]
    smoking = histories.smoking[np.maximum(stays.person, 0)]
    told = (stays.person != VISITOR) & (stays.age >= dx.CHILD_UNTIL) & share(rng, _SMOKING, size)
    type_2 = np.where(share(rng, _COMPLICATED, size), "E116", "E119")
    candidates = [
        np.where(has[DEMENTIA.name], dementia, ""),
        np.where(has[DEMENTIA.name] & (dementia == "F009"), "G309", ""),
        np.where(has[TYPE_1.name], "E109", ""),
        np.where(has[TYPE_2.name], type_2, ""),
        np.where(has[HYPERTENSION.name], "I10X", ""),
        np.where(has[COPD.name], "J449", ""),
        np.where(has[ASTHMA.name], "J459", ""),
        np.where(told & (smoking == CURRENT), "F171", np.where(told & (smoking != NEVER), "Z864", "")),
    ]
    table = np.stack(candidates, axis=1)
    table[table == primary[:, None]] = ""
    order = np.argsort(table == "", axis=1, kind="stable")
    return np.take_along_axis(table, order, axis=1)[:, :FURTHER]


def _has(onset: Days, stays: Stays) -> Bools:
    return (stays.person != VISITOR) & (onset[np.maximum(stays.person, 0)] <= stays.admitted)


def _people(histories: Histories) -> int:
    return len(histories.smoking)


def _drawn(rng: Rng, weighted: dx.Weighted, size: int) -> Texts:
    if not weighted:
        return np.full(size, "", dtype="U4")
    return np.array([code for code, _ in weighted])[pick(rng, [weight for _, weight in weighted], size)]
