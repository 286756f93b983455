"""The tables of linked records: which table of which source becomes which, and what linking adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from datasets.link.places import grid_square
from datasets.manifest import ColumnManifest


@dataclass(frozen=True)
class Linked:
    """A table that comes from a source as it is, with columns that linking adds at its end."""

    name: str
    source: str
    table: str
    added: tuple[ColumnManifest, ...] = ()


def _flag(name: str, description: str) -> ColumnManifest:
    return ColumnManifest(name=name, type="String", kind="category", description=f"yes or no: {description}")


_TO_CASUALTY: Final = "linked_to_casualty"
_TO_AMBULANCE: Final = "linked_to_ambulance"
_TO_ADMISSION: Final = "linked_to_admission"

TABLES: Final = (
    Linked("collisions", "stats19", "collisions"),
    Linked(
        "casualties",
        "stats19",
        "casualties",
        (_flag(_TO_AMBULANCE, "a record of the ambulance service is linked to the casualty"),),
    ),
    Linked("vehicles", "stats19", "vehicles"),
    Linked(
        "ambulance_incidents",
        "ambulance",
        "incidents",
        (
            ColumnManifest(
                name="call_date", type="Date", kind="date", description="Day of the call, local date"
            ),
            ColumnManifest(
                name="call_hour", type="Int64", kind="integer", description="Hour of the call, local, 0 to 23"
            ),
            ColumnManifest(
                name="grid_square",
                type="String",
                kind="category",
                description="Square kilometre of the scene, National Grid, such as TQ3789",
            ),
            _flag(_TO_CASUALTY, "a patient of the incident is linked to a casualty of the police"),
        ),
    ),
    Linked(
        "ambulance_records",
        "ambulance",
        "patient_records",
        (
            _flag(_TO_CASUALTY, "the patient is linked to a casualty of the police"),
            _flag(_TO_ADMISSION, "an admission to hospital is linked to the patient"),
        ),
    ),
    Linked(
        "admissions",
        "hospital",
        "admissions",
        (
            _flag(_TO_AMBULANCE, "the episode is linked to a patient of the ambulance service"),
            _flag(_TO_CASUALTY, "that patient is linked to a casualty of the police"),
        ),
    ),
    Linked(
        "people",
        "population",
        "people",
        (_flag(_TO_CASUALTY, "a patient record of the person is linked to a casualty of the police"),),
    ),
    Linked("gp_registrations", "gp", "registrations"),
    Linked("gp_events", "gp", "events"),
)
LINKS_POLICE_AMBULANCE: Final = "links_police_ambulance"
LINKS_AMBULANCE_HOSPITAL: Final = "links_ambulance_hospital"
LINK_COLUMNS: Final = {
    LINKS_POLICE_AMBULANCE: [
        ColumnManifest(name="collision_index", type="String", kind="reference", description="The collision"),
        ColumnManifest(
            name="vehicle_reference",
            type="Int64",
            kind="integer",
            description="Number of the vehicle within its collision",
        ),
        ColumnManifest(
            name="casualty_reference",
            type="Int64",
            kind="integer",
            description="Number of the casualty within its collision",
        ),
        ColumnManifest(
            name="record_id", type="String", kind="reference", description="The ambulance service's record"
        ),
        ColumnManifest(
            name="probability",
            type="Float64",
            kind="number",
            description="How likely the link is to be right, given that nobody is linked twice",
        ),
        ColumnManifest(
            name="match_weight",
            type="Float64",
            kind="number",
            description="Log2 odds of the pair by itself, whatever other pairs there are",
        ),
        ColumnManifest(
            name="model_version",
            type="String",
            kind="category",
            description="Hash of the trained model that gave the weight",
        ),
    ],
    LINKS_AMBULANCE_HOSPITAL: [
        ColumnManifest(
            name="record_id", type="String", kind="reference", description="The ambulance service's record"
        ),
        ColumnManifest(name="epikey", type="String", kind="reference", description="The first episode"),
        ColumnManifest(
            name="rule", type="String", kind="category", description="The rule by which the two are linked"
        ),
        ColumnManifest(name="rule_version", type="Int64", kind="integer", description="The rule's version"),
    ],
}


@dataclass(frozen=True)
class Links:
    """Pairs of keys: casualties and records, records and episodes, and whose record is whose."""

    police_ambulance: pl.DataFrame
    ambulance_hospital: pl.DataFrame
    records: pl.DataFrame

    def with_added(self, name: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        """A source's table with the columns that linking adds to it."""
        hurt = self.records.join(self.police_ambulance, on="record_id", how="semi")
        match name:
            case "casualties":
                return flagged(frame, _TO_AMBULANCE, self.police_ambulance, CASUALTY)
            case "ambulance_incidents":
                return flagged(_with_time_and_place(frame), _TO_CASUALTY, hurt, ["incident_id"])
            case "ambulance_records":
                frame = flagged(frame, _TO_CASUALTY, self.police_ambulance, ["record_id"])
                return flagged(frame, _TO_ADMISSION, self.ambulance_hospital, ["record_id"])
            case "admissions":
                frame = flagged(frame, _TO_AMBULANCE, self.ambulance_hospital, ["epikey"])
                both = self.ambulance_hospital.join(self.police_ambulance, on="record_id", how="semi")
                return flagged(frame, _TO_CASUALTY, both, ["epikey"])
            case "people":
                return flagged(frame, _TO_CASUALTY, hurt, ["person"])
            case _:
                return frame


CASUALTY: Final = ["collision_index", "vehicle_reference", "casualty_reference"]


def flagged(frame: pl.LazyFrame, name: str, linked: pl.DataFrame, on: list[str]) -> pl.LazyFrame:
    """The rows, in their order, with ``yes`` where their key is among the linked ones and ``no`` elsewhere."""
    keys = linked.lazy().select(on).drop_nulls().unique().with_columns(pl.lit("yes").alias(name))
    return frame.join(keys, on=on, how="left", maintain_order="left").with_columns(
        pl.col(name).fill_null("no")
    )


def _with_time_and_place(incidents: pl.LazyFrame) -> pl.LazyFrame:
    local = pl.col("call_datetime").dt.convert_time_zone("Europe/London")
    return incidents.with_columns(
        local.dt.date().alias("call_date"),
        local.dt.hour().cast(pl.Int64).alias("call_hour"),
        grid_square(pl.col("latitude"), pl.col("longitude")).alias("grid_square"),
    )
