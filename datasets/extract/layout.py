"""What an extract has to know of a source's tables: what names a row, what a row belongs to, whose name a reference is.

Adding a source, or a table, is adding a description here; nothing else of the extract changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from datasets.manifest import LinkedManifest, SourceManifest

SnapshotManifest = SourceManifest | LinkedManifest


@dataclass(frozen=True)
class BelongsTo:
    """Each row names, by these columns, a row of another table, which has them under the same names."""

    table: str
    on: tuple[str, ...]


@dataclass(frozen=True)
class TableLayout:
    """One table. ``key`` columns together name a row, once; ``belongs_to`` says which rows its rows go with."""

    key: tuple[str, ...]
    belongs_to: tuple[BelongsTo, ...] = ()


@dataclass(frozen=True)
class SourceLayout:
    """A source of extracts.

    ``domains`` has, for a reference column, what it names: columns with one domain have one pseudonym for one
    value, whatever their names and tables. A column that is not in it is a domain of its own.
    """

    manifest: type[SnapshotManifest]
    how_to_get_it: str
    tables: Mapping[str, TableLayout]
    domains: Mapping[str, str] = field(default_factory=dict)


_COLLISION: Final = ("collision_index",)
_VEHICLE: Final = (*_COLLISION, "vehicle_reference")
_CASUALTY: Final = (*_VEHICLE, "casualty_reference")
_OF_COLLISION: Final = (BelongsTo("collisions", _COLLISION),)
_OF_PERSON: Final = (BelongsTo("people", ("person",)),)
_POLICE: Final = {
    "collisions": TableLayout(_COLLISION),
    "casualties": TableLayout(_CASUALTY, _OF_COLLISION),
    "vehicles": TableLayout(_VEHICLE, _OF_COLLISION),
}
# As they were before records were linked: a project keeps its pseudonyms.
_POLICE_DOMAINS: Final = {
    "collision_index": "stats19/collision_index",
    "collision_ref_no": "stats19/collision_ref_no",
}

LAYOUTS: Final[Mapping[str, SourceLayout]] = {
    "stats19": SourceLayout(
        SourceManifest, "run `lockedroom data import stats19 DIR` first", _POLICE, _POLICE_DOMAINS
    ),
    "linked": SourceLayout(
        LinkedManifest,
        "run `lockedroom data link` first",
        _POLICE
        | {
            "ambulance_incidents": TableLayout(("incident_id",)),
            "ambulance_records": TableLayout(
                ("record_id",), (BelongsTo("ambulance_incidents", ("incident_id",)), *_OF_PERSON)
            ),
            "admissions": TableLayout(("epikey",), _OF_PERSON),
            "people": TableLayout(("person_row",)),
            "gp_registrations": TableLayout(("registration_id",), _OF_PERSON),
            "gp_events": TableLayout(("event_id",), _OF_PERSON),
            "links_police_ambulance": TableLayout(
                (*_CASUALTY, "record_id"),
                (BelongsTo("casualties", _CASUALTY), BelongsTo("ambulance_records", ("record_id",))),
            ),
            "links_ambulance_hospital": TableLayout(
                ("record_id", "epikey"),
                (BelongsTo("ambulance_records", ("record_id",)), BelongsTo("admissions", ("epikey",))),
            ),
        },
        _POLICE_DOMAINS
        | {
            "incident_id": "ambulance/incident_id",
            "record_id": "ambulance/record_id",
            "epikey": "hospital/epikey",
            "registration_id": "gp/registration_id",
            "event_id": "gp/event_id",
            "person_row": "population/person_row",
            "person": "person",
        },
    ),
}
