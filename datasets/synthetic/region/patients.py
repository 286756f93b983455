"""Whom ambulance crews saw, as it was; what they wrote down of it is ambulance.py's.

Four streams of patients meet here: casualties whom the police know, casualties of the road whom they do not
know, illness and falls of every other kind, and those fetched for the stay in which they die.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from datasets.link.road_users import ROAD_USER_TYPES
from datasets.synthetic.region import disagreement
from datasets.synthetic.region.calendar import ages, from_london, local_days, london
from datasets.synthetic.region.casualties import FATAL, SERIOUS, SLIGHT, UNKNOWN, Casualties
from datasets.synthetic.region.complaints import AGES as COMPLAINT_AGES
from datasets.synthetic.region.complaints import COMPLAINTS, DIABETIC, ROAD
from datasets.synthetic.region.conditions import TYPE_1, TYPE_2, Histories
from datasets.synthetic.region.draws import Bools, Days, Floats, Ints, Rng, along, pick, share, stream
from datasets.synthetic.region.lives import Lives
from datasets.synthetic.region.people import Population
from datasets.synthetic.region.places import Square
from datasets.synthetic.region.residents import VISITOR

NONE: Final = -1

# Share of the police's casualties to whom an ambulance comes, by severity.
ATTENDED: Final = {FATAL: 0.97, SERIOUS: 0.90, SLIGHT: 0.50}
# The feasibility study of 2025 (see disagreement.py) found about half of the ambulance service's road casualties
# in STATS19, cyclists without another party least of all.
UNKNOWN_TO_POLICE: Final = 0.9
_UNKNOWN_TYPES: Final = {
    **{"pedestrian": 11, "cyclist": 42, "motorcyclist": 15, "car occupant": 27},
    **{"bus occupant": 3, "goods vehicle occupant": 1, "other": 1},
}
_UNKNOWN_SERIOUS: Final = 0.15
# Whom crews see on the road: the young most, children and the old less.
_ROAD_AGES: Final = ((0, 0.2), (8, 0.6), (17, 1.6), (24, 2.0), (40, 1.2), (60, 0.8), (80, 0.5), (100, 0.2))
_CONVEYED: Final = {FATAL: 0.40, SERIOUS: 0.95, SLIGHT: 0.55}
_ADMITTED: Final = {FATAL: 0.50, SERIOUS: 0.62, SLIGHT: 0.05}
_NEWS2: Final = {FATAL: 12.0, SERIOUS: 4.0, SLIGHT: 1.0}
_NEWS2_MISSING: Final = 0.10
# Calls for illness by hour of the day: most in the late morning.
_HOURS: Final = (
    *(3.3, 2.9, 2.6, 2.4, 2.3, 2.4, 2.8, 3.5, 4.5, 5.3, 5.6, 5.5),
    *(5.3, 5.1, 4.9, 4.9, 4.9, 5.0, 5.0, 4.8, 4.6, 4.3, 4.1, 3.7),
)
_AT_HOME: Final = 0.85
# Roads on which the police know of collisions have others too: metres from one of those, minutes from its hour.
_NEAR_A_COLLISION: Final = 150.0
_AROUND_ITS_HOUR: Final = 90


@dataclass(frozen=True)
class Patients:
    """One entry for each patient, as it was.

    ``incident`` numbers the incidents; ``person`` is ``VISITOR`` for those from elsewhere; ``casualty`` is the
    place among the police's casualties, ``NONE`` if they do not know of it; ``kind`` (a number in
    ROAD_USER_TYPES) and ``severity`` are ``NONE`` off the road; ``complaint`` is a number in COMPLAINTS. Calls
    are in UTC. ``admitted`` implies ``conveyed``; ``last`` marks those who die in the stay that follows.
    """

    incident: Ints
    person: Ints
    casualty: Ints
    age: Ints
    sex: Ints
    kind: Ints
    severity: Ints
    complaint: Ints
    call: Days
    easting: Floats
    northing: Floats
    urgency: Ints
    news2: Ints
    conveyed: Bools
    admitted: Bools
    last: Bools

    def __len__(self) -> int:
        return len(self.person)

    def of(self, those: Bools | Ints) -> Patients:
        """Some of them."""
        return Patients(*(getattr(self, field.name)[those] for field in fields(self)))


def together(parts: Sequence[Patients]) -> Patients:
    """All patients in order of their calls, incidents numbered in that order from 0."""
    after = np.cumsum([0, *(int(one.incident.max(initial=-1)) + 1 for one in parts)])
    apart = [replace(one, incident=one.incident + offset) for one, offset in zip(parts, after, strict=False)]
    joined = Patients(
        *(np.concatenate([getattr(one, field.name) for one in apart]) for field in fields(Patients))
    )
    ordered = joined.of(np.lexsort((joined.incident, joined.call)))
    _, first, number = np.unique(ordered.incident, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return replace(ordered, incident=rank[number])


def patients(
    seed: int,
    population: Population,
    histories: Histories,
    casualties: Casualties,
    person: Ints,
    lives: Lives,
    square: Square,
) -> Patients:
    """All whom crews saw; ``person`` is each casualty's."""
    known_to_police = _known_to_police(stream(seed, "attended casualties"), population, casualties, person)
    return together(
        [
            known_to_police,
            _unknown(stream(seed, "other road users"), population, casualties, lives, len(known_to_police)),
            _ill(stream(seed, "calls"), population, histories, lives, square),
            _fetched(stream(seed, "last calls"), population, lives),
        ]
    )


def _known_to_police(rng: Rng, population: Population, casualties: Casualties, person: Ints) -> Patients:
    """Casualties of the police to whom an ambulance came; one call for each collision."""
    comes = share(rng, _by_severity(ATTENDED, casualties.severity), len(casualties)) & casualties.located
    delay = disagreement.call_delay(rng, len(casualties.references))[casualties.collision]
    east, north = (
        error[casualties.collision] for error in disagreement.place_error(rng, len(casualties.references))
    )
    moment: Days = np.where(casualties.located, casualties.moment, np.datetime64(0, "s")).astype(
        "datetime64[s]"
    )
    call = moment + delay
    # Of a death on the day no clock may say that the call came on the day after it.
    deadly = np.zeros(len(casualties.references), dtype=bool)
    deadly[casualties.collision[casualties.severity == FATAL]] = True
    another_day = local_days(call) != local_days(moment)
    call = np.where(deadly[casualties.collision] & another_day, moment, call)
    those = np.flatnonzero(comes)
    who, severity, day = person[those], casualties.severity[those], casualties.day[those]
    resident = who != VISITOR
    somebody = np.maximum(who, 0)
    guessed = rng.integers(18, 70, len(those))
    age = np.where(casualties.age[those] == UNKNOWN, guessed, casualties.age[those])
    sex = np.where(casualties.sex[those] == UNKNOWN, rng.integers(1, 3, len(those)), casualties.sex[those])
    lingered = (severity == FATAL) & resident & (population.death[somebody] > day)
    conveyed = lingered | share(rng, _by_severity(_CONVEYED, severity), len(those))
    admitted = conveyed & (lingered | share(rng, _by_severity(_ADMITTED, severity), len(those)))
    return Patients(
        incident=casualties.collision[those],
        person=who,
        casualty=those,
        age=np.where(resident, ages(population.birth[somebody], day), age),
        sex=np.where(resident, population.sex[somebody], sex),
        kind=casualties.kind[those],
        severity=severity,
        complaint=np.full(len(those), ROAD),
        call=call[those],
        easting=casualties.easting[those] + east[those],
        northing=casualties.northing[those] + north[those],
        urgency=_road_urgency(rng, severity),
        news2=_news2(rng, severity),
        conveyed=conveyed,
        admitted=admitted,
        last=admitted & (severity == FATAL),
    )


def _unknown(
    rng: Rng, population: Population, casualties: Casualties, lives: Lives, known_to_police: int
) -> Patients:
    """Road users of whom the police have no record: mostly cyclists who fell, nearly all lightly hurt."""
    weights = along(_ROAD_AGES, ages(population.birth, lives.last))
    person, day = lives.happen_so_often(rng, weights, round(UNKNOWN_TO_POLICE * known_to_police))
    size = len(person)
    like = rng.choice(np.flatnonzero(casualties.located), size) if size else np.empty(0, dtype=np.int64)
    severity = np.where(share(rng, _UNKNOWN_SERIOUS, size), SERIOUS, SLIGHT)
    conveyed = share(rng, _by_severity(_CONVEYED, severity), size)
    return Patients(
        incident=np.arange(size),
        person=person,
        casualty=np.full(size, NONE),
        age=ages(population.birth[person], day),
        sex=population.sex[person],
        kind=pick(rng, [_UNKNOWN_TYPES[name] for name in ROAD_USER_TYPES], size),
        severity=severity,
        complaint=np.full(size, ROAD),
        call=_at_about(rng, day, casualties.moment[like]),
        easting=casualties.easting[like] + rng.normal(0, _NEAR_A_COLLISION, size),
        northing=casualties.northing[like] + rng.normal(0, _NEAR_A_COLLISION, size),
        urgency=_road_urgency(rng, severity),
        news2=_news2(rng, severity),
        conveyed=conveyed,
        admitted=conveyed & share(rng, _by_severity(_ADMITTED, severity), size),
        last=np.zeros(size, dtype=bool),
    )


def _ill(rng: Rng, population: Population, histories: Histories, lives: Lives, square: Square) -> Patients:
    """Calls for illness and falls, by age; people with diabetes have its problems, nobody else."""
    age = ages(population.birth, lives.last)
    diabetic = histories.has(TYPE_1, lives.last) | histories.has(TYPE_2, lives.last)
    parts = []
    for number, complaint in enumerate(COMPLAINTS):
        yearly = (
            np.interp(age, COMPLAINT_AGES, complaint.yearly) / 1000 * (diabetic if number == DIABETIC else 1)
        )
        person, day = lives.happen(rng, yearly)
        size = len(person)
        conveyed = share(rng, complaint.conveyed, size)
        admitted = conveyed & share(rng, complaint.admitted, size)
        parts.append(
            _off_the_road(rng, population, person, day, square, number, conveyed=conveyed, admitted=admitted)
        )
    return together(parts)


def _fetched(rng: Rng, population: Population, lives: Lives) -> Patients:
    """Those who were brought to the stay in which they died."""
    person = np.flatnonzero(lives.fetched)
    everything = np.ones(len(person), dtype=bool)
    weights = [sum(one.yearly[3:]) * one.admitted for one in COMPLAINTS[:DIABETIC]]
    made = _off_the_road(
        rng,
        population,
        person,
        lives.admitted[person],
        None,
        pick(rng, weights, len(person)),
        conveyed=everything,
        admitted=everything,
    )
    return replace(made, last=everything, news2=np.minimum(made.news2 + 4, 20))


def _off_the_road(
    rng: Rng,
    population: Population,
    person: Ints,
    day: Days,
    square: Square | None,
    complaint: int | Ints,
    *,
    conveyed: Bools,
    admitted: Bools,
) -> Patients:
    size = len(person)
    complaint = np.broadcast_to(complaint, size).astype(np.int64)
    home = population.household[person]
    easting, northing = population.homes.easting[home], population.homes.northing[home]
    if square is not None:
        out = ~share(rng, _AT_HOME, size)
        elsewhere = square.anywhere(rng, size)
        easting, northing = np.where(out, elsewhere[0], easting), np.where(out, elsewhere[1], northing)
    urgency = np.empty(size, dtype=np.int64)
    for number in np.unique(complaint):
        those = complaint == number
        urgency[those] = pick(rng, COMPLAINTS[number].urgency, int(those.sum())) + 1
    ill = np.where(admitted, 4.5, np.where(conveyed, 2.5, 1.2))
    return Patients(
        incident=np.arange(size),
        person=person,
        casualty=np.full(size, NONE),
        age=ages(population.birth[person], day),
        sex=population.sex[person],
        kind=np.full(size, NONE),
        severity=np.full(size, NONE),
        complaint=complaint,
        call=_moments(rng, day, _HOURS),
        easting=easting,
        northing=northing,
        urgency=urgency,
        news2=np.where(share(rng, _NEWS2_MISSING, size), NONE, np.minimum(rng.poisson(ill), 20)),
        conveyed=conveyed,
        admitted=admitted,
        last=np.zeros(size, dtype=bool),
    )


def _by_severity(shares: dict[int, float], severity: Ints) -> Floats:
    return np.choose(severity, [shares[one] for one in (FATAL, SERIOUS, SLIGHT)])


def _road_urgency(rng: Rng, severity: Ints) -> Ints:
    worst = {FATAL: (0.95, 0.05, 0, 0), SERIOUS: (0.25, 0.65, 0.1, 0), SLIGHT: (0.03, 0.5, 0.4, 0.07)}
    drawn = [pick(rng, worst[one], len(severity)) + 1 for one in (FATAL, SERIOUS, SLIGHT)]
    return np.choose(severity, drawn)


def _news2(rng: Rng, severity: Ints) -> Ints:
    score = np.minimum(rng.poisson(_by_severity(_NEWS2, severity)), 20)
    return np.where(share(rng, _NEWS2_MISSING, len(severity)), NONE, score)


def _moments(rng: Rng, day: Days, hours: Sequence[float]) -> Days:
    """A moment in UTC on each day in London, by the hour's weight."""
    seconds = pick(rng, hours, len(day)) * 3600 + rng.integers(0, 3600, len(day))
    return from_london(day.astype("datetime64[s]") + seconds.astype("timedelta64[s]"))


def _at_about(rng: Rng, day: Days, moment: Days) -> Days:
    """A moment in UTC on each day in London at about the time of day of another moment."""
    clock = london(moment)
    seconds = (clock - clock.astype("datetime64[D]")).astype(np.int64)
    seconds = (seconds + rng.integers(-_AROUND_ITS_HOUR * 60, _AROUND_ITS_HOUR * 60, len(day))) % 86_400
    return from_london(day.astype("datetime64[s]") + seconds.astype("timedelta64[s]"))
