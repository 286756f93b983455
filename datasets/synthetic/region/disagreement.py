"""How two services that were at the same event write down different things.

Constants are not fitted to any records: they are sizes that people who link such records report, chosen so that
the task is neither trivial nor hopeless. The Department for Transport's *Linking police and health data on road
collisions: an initial feasibility study* (2025) linked on place, time, age and sex, with wide windows, for the
reasons that are written out here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from datasets.link.road_users import ROAD_USER_TYPES
from datasets.synthetic.region.draws import Bools, Floats, Ints, Rng, Spans, pick, share
from datasets.synthetic.region.households import FEMALE, MALE

MISSING: Final = -1

# Time. The police write down when it happened, often to five minutes, as told afterwards; the ambulance service's
# clock starts with the call, a few minutes later as a rule. Student's t with two degrees of freedom has the tail.
_CALL_AFTER: Final = 4.0
_CALL_SPREAD: Final = 5.0
_CALL_FREEDOM: Final = 2
_CALL_FURTHEST: Final = 6 * 60.0
# A clock or a form an hour off (summer time, a slip of the pen).
_HOUR_OFF: Final = 0.012

# Place. Police: a grid reference of ten metres. Ambulance: the caller's address or the vehicle's own position.
_NEAR: Final = 35.0
_JUNCTION: Final = (0.16, 250.0)
_FAR: Final = (0.025, 2_500.0)

# Age: counted from the date of birth where the crew has one; else not asked for, guessed to five years, off by
# a few, or right, in these shares.
_AGE_WITHOUT_BIRTHDAY: Final = (0.27, 0.38, 0.20, 0.15)
_GUESS_SPREAD: Final = 4.0
_OFF_SPREAD: Final = 2.5
SEX_MISSING: Final = 0.03
_SEX_WRONG: Final = 0.007
_TYPE_MISSING: Final = 0.06
# What a crew takes for something else, and for what: a moped for a bicycle, a van for a car.
_TYPE_WRONG: Final = 0.05
_TAKEN_FOR: Final = {
    "pedestrian": ("cyclist", "other"),
    "cyclist": ("motorcyclist", "pedestrian"),
    "motorcyclist": ("cyclist", "car occupant"),
    "car occupant": ("goods vehicle occupant", "other"),
    "bus occupant": ("pedestrian", "other"),
    "goods vehicle occupant": ("car occupant", "other"),
    "other": ("car occupant", "pedestrian"),
}

# NHS number. 13 % of those conveyed and 15 % of those left at home could not be traced by any means in a large
# English ambulance service (Turner et al., Programme Grants Appl Res 2019;7(3)); more have none on the crew's
# record. The young give a wrong name or none more often; the very ill cannot be asked.
_NUMBER_MISSING: Final = 0.14
_NUMBER_MISSING_YOUNG: Final = 0.08
_NUMBER_MISSING_VERY_ILL: Final = 0.20
_NUMBER_MISSING_ON_ROAD: Final = 0.08
VERY_ILL: Final = 7
# Who gives a name that can be traced mostly gives a birthday too.
_BIRTHDAY_MISSING: Final = 0.08
_BIRTHDAY_MISSING_WITHOUT_NUMBER: Final = 0.55
_POSTCODE_MISSING: Final = 0.08
_POSTCODE_MISSING_WITHOUT_NUMBER: Final = 0.40


def call_delay(rng: Rng, incidents: int) -> Spans:
    """Time of the call less the police's time of the collision, in seconds."""
    minutes = _CALL_AFTER + _CALL_SPREAD * rng.standard_t(_CALL_FREEDOM, incidents)
    minutes = np.clip(minutes, -_CALL_FURTHEST / 3, _CALL_FURTHEST)
    minutes += np.where(share(rng, _HOUR_OFF, incidents), rng.choice([-60.0, 60.0], incidents), 0.0)
    return np.rint(minutes * 60).astype("timedelta64[s]")


def place_error(rng: Rng, incidents: int) -> tuple[Floats, Floats]:
    """Metres east and north by which the two services' places differ."""
    kind = pick(rng, (1 - _JUNCTION[0] - _FAR[0], _JUNCTION[0], _FAR[0]), incidents)
    spread = np.choose(kind, [_NEAR, _JUNCTION[1], _FAR[1]])
    return spread * rng.normal(0, 1, incidents), spread * rng.normal(0, 1, incidents)


def number_known(rng: Rng, age: Ints, on_road: Bools, very_ill: Bools) -> Bools:
    """Whether the crew's record has an NHS number."""
    missing = (
        _NUMBER_MISSING
        + _NUMBER_MISSING_YOUNG * ((age >= 16) & (age < 35))
        + _NUMBER_MISSING_VERY_ILL * very_ill
        + _NUMBER_MISSING_ON_ROAD * on_road
    )
    return ~share(rng, missing, len(age))


def birthday_known(rng: Rng, number: Bools) -> Bools:
    """Whether it has a date of birth."""
    return ~share(rng, np.where(number, _BIRTHDAY_MISSING, _BIRTHDAY_MISSING_WITHOUT_NUMBER), len(number))


def postcode_known(rng: Rng, number: Bools) -> Bools:
    """Whether it has the postcode of the home."""
    return ~share(rng, np.where(number, _POSTCODE_MISSING, _POSTCODE_MISSING_WITHOUT_NUMBER), len(number))


def told_age(rng: Rng, true: Ints, birthday: Bools) -> Ints:
    """The age in the crew's record."""
    size = len(true)
    missing, guessed, off = range(3)
    kind = pick(rng, _AGE_WITHOUT_BIRTHDAY, size)
    said = np.select(
        [kind == guessed, kind == off],
        [
            5 * np.rint((true + rng.normal(0, _GUESS_SPREAD, size)) / 5).astype(np.int64),
            true + np.rint(rng.normal(0, _OFF_SPREAD, size)).astype(np.int64),
        ],
        true,
    )
    without = np.where(kind == missing, MISSING, np.clip(said, 0, 110))
    return np.where(birthday, true, without)


def told_sex(rng: Rng, true: Ints) -> Ints:
    """The sex in the crew's record."""
    wrong = share(rng, _SEX_WRONG, len(true))
    said = np.where(wrong, MALE + FEMALE - true, true)
    return np.where(share(rng, SEX_MISSING, len(true)), MISSING, said)


def told_type(rng: Rng, true: Ints) -> Ints:
    """The road-user type (a number in ROAD_USER_TYPES) in the crew's record; what is missing stays so."""
    taken = np.array([[ROAD_USER_TYPES.index(one) for one in _TAKEN_FOR[name]] for name in ROAD_USER_TYPES])
    which = rng.integers(0, taken.shape[1], len(true))
    wrong = share(rng, _TYPE_WRONG, len(true))
    said = np.where(wrong, taken[np.maximum(true, 0), which], true)
    return np.where((true == MISSING) | share(rng, _TYPE_MISSING, len(true)), MISSING, said)
