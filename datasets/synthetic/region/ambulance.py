"""The ambulance service's two tables: what crews and control room wrote down of the patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from datasets import national_grid
from datasets.link.road_users import ROAD_USER_TYPES
from datasets.synthetic.region import disagreement, places
from datasets.synthetic.region.complaints import COMPLAINTS, ROAD
from datasets.synthetic.region.draws import Days, Floats, Ints, Rng, Spans, share, stream
from datasets.synthetic.region.patients import NONE, Patients
from datasets.synthetic.region.people import Population, known
from datasets.synthetic.region.places import PROVIDERS
from datasets.synthetic.region.residents import VISITOR

INCIDENT_KEY: Final = "SYNTHETIC-I"
RECORD_KEY: Final = "SYNTHETIC-A"
# Minutes to the scene, by category (Ambulance Quality Indicators, 2022/23: means of 9, 50, 150 and 180).
_RESPONSE: Final = {1: 9.0, 2: 45.0, 3: 120.0, 4: 150.0}
_ARRIVAL_MISSING: Final = 0.01


@dataclass(frozen=True)
class Journeys:
    """When crews arrived and handed over (UTC, NaT if they did not), and at which of PROVIDERS (or ``NONE``)."""

    on_scene: Days
    handover: Days
    provider: Ints


def journeys(rng: Rng, who: Patients, population: Population) -> Journeys:
    """Arrival at the scene, the same for all of an incident, then handover at the nearest hospital, mostly."""
    incidents = int(who.incident.max(initial=-1)) + 1
    mean = np.choose(who.urgency - 1, [_RESPONSE[one] for one in sorted(_RESPONSE)])
    slow = rng.gamma(2.0, 0.5, incidents)[who.incident]
    by_incident = np.full(incidents, np.inf)
    np.minimum.at(by_incident, who.incident, np.minimum(mean * slow, 300) + 1)
    on_scene = who.call + _minutes(by_incident[who.incident])
    unrecorded = share(rng, _ARRIVAL_MISSING, incidents)[who.incident]
    handover = on_scene + _minutes(np.minimum(15 + rng.gamma(3.0, 15.0, len(who)), 180))
    anywhere = rng.integers(0, len(PROVIDERS), len(who))
    area = np.where(who.person == VISITOR, anywhere, population.area[np.maximum(who.person, 0)])
    provider = places.provider(rng, area)
    never = np.datetime64("NaT")
    return Journeys(
        np.where(unrecorded, never, on_scene),
        np.where(who.conveyed, handover, never),
        np.where(who.conveyed, provider, NONE),
    )


def incidents(who: Patients, ways: Journeys) -> pl.LazyFrame:
    """The table ``incidents``: one row for each, with its most urgent patient's category."""
    first = np.unique(who.incident, return_index=True)[1]
    urgency = np.full(len(first), 9)
    np.minimum.at(urgency, who.incident, who.urgency)
    latitude, longitude = national_grid.to_wgs84(who.easting[first], who.northing[first])
    return pl.LazyFrame(
        {
            "incident": who.incident[first],
            "call_datetime": who.call[first].astype("datetime64[us]"),
            "on_scene_datetime": ways.on_scene[first].astype("datetime64[us]"),
            "latitude": np.round(latitude, 6),
            "longitude": np.round(longitude, 6),
            "response_category": urgency,
            "complaint": who.complaint[first],
        }
    ).select(
        incident_id=incident_ids(pl.col("incident")),
        call_datetime=pl.col("call_datetime").dt.replace_time_zone("UTC"),
        on_scene_datetime=pl.col("on_scene_datetime").dt.replace_time_zone("UTC"),
        latitude="latitude",
        longitude="longitude",
        response_category=pl.lit("C") + pl.col("response_category").cast(pl.String),
        chief_complaint=pl.col("complaint").replace_strict(
            range(len(COMPLAINTS)), [one.words for one in COMPLAINTS], return_dtype=pl.String
        ),
    )


def patient_records(seed: int, who: Patients, ways: Journeys, population: Population) -> pl.LazyFrame:
    """The table ``patient_records``: what the crews wrote down of each patient."""
    rng = stream(seed, "patient records")
    resident = who.person != VISITOR
    somebody = np.maximum(who.person, 0)
    on_road = who.complaint == ROAD
    named = disagreement.number_known(rng, who.age, on_road, who.news2 >= disagreement.VERY_ILL)
    # Somebody from elsewhere has a birthday too, but no more is known of it here than the age.
    birthday = disagreement.birthday_known(rng, named) & resident
    postcode = disagreement.postcode_known(rng, named) & resident
    age = disagreement.told_age(rng, who.age, birthday)
    sex = disagreement.told_sex(rng, who.sex)
    kind = disagreement.told_type(rng, who.kind)
    return pl.LazyFrame(
        {
            "row": np.arange(len(who)),
            "incident": who.incident,
            "nhs_number": known(population.nhs_numbers(who.person), named),
            "birth_date": np.where(birthday, population.birth[somebody], np.datetime64("NaT")),
            "postcode": known(population.postcode[somebody], postcode),
            "age": age,
            "sex": sex,
            "kind": kind,
            "news2_score": who.news2,
            "conveyed": who.conveyed,
            "provider": ways.provider,
            "handover_datetime": ways.handover.astype("datetime64[us]"),
        }
    ).select(
        record_id=record_ids(pl.col("row")),
        incident_id=incident_ids(pl.col("incident")),
        nhs_number="nhs_number",
        birth_date="birth_date",
        postcode="postcode",
        age=_stated("age"),
        sex=_stated("sex").cast(pl.String),
        road_user_type=pl.col("kind").replace_strict(
            range(len(ROAD_USER_TYPES)), list(ROAD_USER_TYPES), default=None, return_dtype=pl.String
        ),
        news2_score=_stated("news2_score"),
        conveyed=pl.when("conveyed").then(pl.lit("yes")).otherwise(pl.lit("no")),
        destination=pl.col("provider").replace_strict(
            range(len(PROVIDERS)), list(PROVIDERS), default=None, return_dtype=pl.String
        ),
        handover_datetime=pl.col("handover_datetime").dt.replace_time_zone("UTC"),
    )


def incident_ids(number: pl.Expr) -> pl.Expr:
    """Names of incidents by their number from 0."""
    return pl.lit(INCIDENT_KEY) + (number + 1).cast(pl.String).str.zfill(8)


def record_ids(number: pl.Expr) -> pl.Expr:
    """Names of patient records by their place among the patients."""
    return pl.lit(RECORD_KEY) + (number + 1).cast(pl.String).str.zfill(8)


def _stated(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != NONE).then(name)


def _minutes(minutes: Floats) -> Spans:
    return np.rint(minutes * 60).astype("timedelta64[s]")
