"""Which records are of the same person and event: known here because both were made from it.

Written apart from the keepers' files. It serves to say how good a linkage is, and nothing else.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from datasets.synthetic.region import ambulance, hospital
from datasets.synthetic.region.casualties import Casualties
from datasets.synthetic.region.draws import Ints
from datasets.synthetic.region.patients import NONE, Patients
from datasets.synthetic.region.people import Population
from datasets.synthetic.region.residents import VISITOR
from datasets.synthetic.region.stays import Stays


def police_ambulance(casualties: Casualties, who: Patients) -> pl.LazyFrame:
    """Casualties and the ambulance's records of them: the STATS19 names and ``record_id``."""
    row = np.flatnonzero(who.casualty != NONE)
    table = pl.LazyFrame({**casualties.names(who.casualty[row]), "row": row})
    return table.select(
        "collision_index",
        "vehicle_reference",
        "casualty_reference",
        record_id=ambulance.record_ids(pl.col("row")),
    )


def ambulance_hospital(stays: Stays, first_episode: Ints) -> pl.LazyFrame:
    """The ambulance's records and the first episode of the stay that followed: ``record_id``, ``epikey``."""
    those = np.flatnonzero(stays.patient != NONE)
    table = pl.LazyFrame({"row": stays.patient[those], "episode": first_episode[those]})
    return table.sort("row").select(
        record_id=ambulance.record_ids(pl.col("row")), epikey=hospital.epikeys(pl.col("episode"))
    )


def persons(casualties: Casualties, person: Ints, who: Patients, population: Population) -> pl.LazyFrame:
    """NHS numbers of everybody who lives in the region and is in a record of police or ambulance.

    A row has either ``record_id`` or the three names of a casualty; ``person`` is each casualty's.
    """
    row = np.flatnonzero(who.person != VISITOR)
    hurt = np.flatnonzero(person != VISITOR)
    of_ambulance = pl.LazyFrame({"row": row, "nhs_number": population.nhs_numbers(who.person[row])}).select(
        collision_index=pl.lit(None, pl.String),
        vehicle_reference=pl.lit(None, pl.Int64),
        casualty_reference=pl.lit(None, pl.Int64),
        record_id=ambulance.record_ids(pl.col("row")),
        nhs_number="nhs_number",
    )
    of_police = pl.LazyFrame(
        {**casualties.names(hurt), "nhs_number": population.nhs_numbers(person[hurt])}
    ).select(
        "collision_index",
        "vehicle_reference",
        "casualty_reference",
        record_id=pl.lit(None, pl.String),
        nhs_number="nhs_number",
    )
    return pl.concat([of_police, of_ambulance])
