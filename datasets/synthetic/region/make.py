"""The whole region, part after part, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from datasets.progress import Progress, silent
from datasets.synthetic.region import (
    ambulance,
    conditions,
    gp,
    hospital,
    lives,
    optout,
    patients,
    people,
    residents,
    stays,
    truth,
)
from datasets.synthetic.region.calendar import Period
from datasets.synthetic.region.casualties import Casualties
from datasets.synthetic.region.draws import stream
from datasets.synthetic.region.places import Square

STEPS = ("population", "gp", "ambulance", "hospital", "truth")


@dataclass(frozen=True)
class Plan:
    """What a region is made from: the same plan gives the same region."""

    seed: int
    people: int
    period: Period
    square: Square
    casualties: Casualties


@dataclass(frozen=True)
class File:
    """A finished table: the folder and the name under which it is written."""

    folder: str
    table: str
    rows: pl.LazyFrame


def make(plan: Plan, progress: Progress = silent) -> Iterator[File | pl.Series]:
    """The keepers' tables and the truth, one after another; the opt-out list is a series of NHS numbers."""
    seed, period, casualties = plan.seed, plan.period, plan.casualties

    def done(step: str) -> None:
        progress("making the region", STEPS.index(step) + 1, len(STEPS))

    population = people.populate(seed, plan.people, period, plan.square)
    resident = residents.choose_residents(
        stream(seed, "residents"), casualties, plan.people // residents.PEOPLE_PER_CASUALTY
    )
    population, person = residents.settle(
        stream(seed, "persons of casualties"), casualties, resident, population, period
    )
    histories = conditions.draw(seed, population, period)
    yield File("population", "people", people.frame(population))
    yield optout.opted_out(stream(seed, "opt-out"), population, period)
    done("population")

    lists = gp.register(stream(seed, "registrations"), population, period)
    yield File("gp", "registrations", gp.registrations(lists, population))
    yield File("gp", "events", gp.events(seed, population, histories, lists, period))
    done("gp")

    spans = lives.lives(stream(seed, "lives"), population, casualties, person, period)
    who = patients.patients(seed, population, histories, casualties, person, spans, plan.square)
    ways = ambulance.journeys(stream(seed, "journeys"), who, population)
    yield File("ambulance", "incidents", ambulance.incidents(who, ways))
    yield File("ambulance", "patient_records", ambulance.patient_records(seed, who, ways, population))
    done("ambulance")

    all_stays = stays.draw(seed, population, histories, casualties, person, who, ways, spans, period)
    admissions, first_episode = hospital.admissions(seed, all_stays, population, histories)
    yield File("hospital", "admissions", admissions)
    done("hospital")

    yield File("truth", "police_ambulance", truth.police_ambulance(casualties, who))
    yield File("truth", "ambulance_hospital", truth.ambulance_hospital(all_stays, first_episode))
    yield File("truth", "persons", truth.persons(casualties, person, who, population))
    done("truth")


def period_of(casualties: Casualties) -> Period:
    """The whole years from the first casualty to the last."""
    years = casualties.day.astype("datetime64[Y]").astype(np.int64) + 1970
    return Period(int(years.min()), int(years.max()))


def square_of(casualties: Casualties, otherwise: Square) -> Square:
    """Where nearly all of the casualties were hurt."""
    there = np.isfinite(casualties.easting) & np.isfinite(casualties.northing)
    if not there.any():
        return otherwise
    west, east = np.percentile(casualties.easting[there], [1, 99])
    south, north = np.percentile(casualties.northing[there], [1, 99])
    edge = 500.0
    return Square(float(west) - edge, float(south) - edge, float(east) + edge, float(north) + edge)
