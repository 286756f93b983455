"""A few linked records, written as the linker writes them: small enough to be looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from datasets import optout
from datasets.link.described import AmbulanceHospital, Linkage, PersonRows, PoliceAmbulance
from datasets.link.hospital import RULE, RULE_TEXT, RULE_VERSION
from datasets.link.tables import LINK_COLUMNS, TABLES
from datasets.manifest import (
    ColumnManifest,
    LinkedInput,
    LinkedManifest,
    LinkedProvenance,
    SourceFile,
    TableManifest,
    write_manifest,
)
from datasets.optout import take_list
from datasets.snapshot import content_hash, describe_tables, publish, staging, write_table
from datasets.sources.health.schema import SOURCES
from datasets.sources.health.split import attribute_columns
from datasets.sources.stats19.columns import COLUMNS
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.health.keepers import NUMBERS, opt_out_file
from tests.unit.datasets.link.test_scoring import TRAINED

Rows = dict[str, list[dict[str, Any]]]
CALL = datetime(2021, 3, 5, 14, 0, tzinfo=UTC)
_RULE = {"rule": RULE, "rule_version": RULE_VERSION}
_PAIR = {"probability": 0.98, "match_weight": 9.5, "model_version": TRAINED.version}

# The ambulance service numbers incidents and records alike.
# Three collisions, four casualties; two of them taken to hospital. Person c has no household in the region.
ROWS: Rows = {
    "collisions": [
        {
            "collision_index": f"2021POLICE{n}",
            "collision_ref_no": f"POLICE{n}",
            "collision_severity": severity,
        }
        for n, severity in enumerate(["Slight", "Serious", "Fatal"], start=1)
    ],
    "casualties": [
        {
            "collision_index": f"2021POLICE{n}",
            "vehicle_reference": 1,
            "casualty_reference": casualty,
            "casualty_type": kind,
            "linked_to_ambulance": linked,
        }
        for n, casualty, kind, linked in [
            (1, 1, "Pedestrian", "yes"),
            (1, 2, "Cyclist", "yes"),
            (2, 1, "Car occupant", "yes"),
            (3, 1, "Pedestrian", "no"),
        ]
    ],
    "vehicles": [
        {"collision_index": f"2021POLICE{n}", "vehicle_reference": 1, "vehicle_type": "Car"}
        for n in (1, 2, 3)
    ],
    "ambulance_incidents": [
        {
            "incident_id": f"RECORD{n}",
            "call_datetime": CALL,
            "call_date": CALL.date(),
            "grid_square": "TQ3789",
        }
        for n in (1, 2, 3)
    ],
    "ambulance_records": [
        {
            "record_id": "RECORD1",
            "incident_id": "RECORD1",
            "person": "ZONEPERSONA",
            "linked_to_casualty": "yes",
        },
        {"record_id": "RECORD2", "incident_id": "RECORD1", "person": None, "linked_to_casualty": "yes"},
        {
            "record_id": "RECORD3",
            "incident_id": "RECORD2",
            "person": "ZONEPERSONB",
            "linked_to_casualty": "yes",
        },
        {
            "record_id": "RECORD4",
            "incident_id": "RECORD3",
            "person": "ZONEPERSONC",
            "linked_to_casualty": "no",
        },
    ],
    "admissions": [
        {"epikey": "EPISODE1", "person": "ZONEPERSONA", "diag_01": "S720", "linked_to_casualty": "yes"},
        {"epikey": "EPISODE2", "person": "ZONEPERSONB", "diag_01": "S060", "linked_to_casualty": "yes"},
        {"epikey": "EPISODE3", "person": "ZONEPERSONB", "diag_01": "E119", "linked_to_casualty": "no"},
        {"epikey": "EPISODE4", "person": None, "diag_01": "I21", "linked_to_casualty": "no"},
    ],
    "people": [
        {"person_row": f"ROW{n}", "person": person, "sex": sex, "death_date": None}
        for n, (person, sex) in enumerate([("ZONEPERSONA", "2"), ("ZONEPERSONB", "1")])
    ],
    "gp_registrations": [
        {"registration_id": "REGISTRATION1", "person": "ZONEPERSONA", "start_date": date(2015, 1, 1)}
    ],
    "gp_events": [
        {"event_id": f"EVENT{n}", "person": person, "snomed_code": "44054006"}
        for n, person in enumerate(["ZONEPERSONA", "ZONEPERSONA", "ZONEPERSONB"])
    ],
    "links_police_ambulance": [
        {"collision_index": f"2021POLICE{n}", "vehicle_reference": 1, "casualty_reference": casualty}
        | {"record_id": record}
        | _PAIR
        for n, casualty, record in [(1, 1, "RECORD1"), (1, 2, "RECORD2"), (2, 1, "RECORD3")]
    ],
    "links_ambulance_hospital": [
        {"record_id": "RECORD1", "epikey": "EPISODE1"} | _RULE,
        {"record_id": "RECORD3", "epikey": "EPISODE2"} | _RULE,
    ],
}
LINKAGE = Linkage(
    police_ambulance=PoliceAmbulance(
        model=TRAINED,
        threshold=0.5,
        casualties=4,
        casualties_not_placed=0,
        patients=4,
        patients_not_placed=0,
        candidates=6,
        pairs_that_cannot_match=100,
        pairs_trained_on=3,
        components=2,
        components_approximated=0,
        links=3,
        expected_precision=0.98,
        expected_recall=0.9,
        match_rates=(),
    ),
    ambulance_hospital=AmbulanceHospital(
        rule=RULE,
        rule_version=RULE_VERSION,
        rule_text=RULE_TEXT,
        conveyed=3,
        conveyed_without_person=1,
        candidates=2,
        links=2,
    ),
    persons={"ambulance_records": PersonRows(rows=4, with_person=3, in_population=2)},
)
SYNTHETIC = {"stats19": True} | dict.fromkeys(SOURCES, True)
_DTYPES = {"Int64": pl.Int64(), "Float64": pl.Float64(), "Date": pl.Date(), "Datetime(us, UTC)": None}


def put_linked_records(
    zone: DataZone, folder: Path, synthetic: dict[str, bool] = SYNTHETIC, rows: Rows | None = None
) -> LinkedManifest:
    """Put linked records, ROWS if not told otherwise, in the zone and in use.

    They are made with the opt-out list in force, or a list of two persons if there is none.
    """
    if not (zone.optout / "current").exists():
        take_list(zone, opt_out_file(folder / "list.txt", *NUMBERS[:2]), now=NOW)
    left_out, described, rows = optout.current(zone), _columns(), rows or ROWS
    parent = zone.create_sources("linked")
    with staging(parent) as made:
        tables = {name: made / f"{name}.parquet" for name in rows}
        for name, path in tables.items():
            frame = pl.DataFrame(rows[name], infer_schema_length=None)
            write_table(frame.cast(_schema(described[name], frame.columns)).lazy(), path)
        sizes = describe_tables(tables)
        manifest = LinkedManifest(
            sha256="",
            synthetic=all(synthetic.values()),
            licence="Made up",
            tables={
                name: TableManifest(
                    file=path.name,
                    rows=sizes[name][0],
                    sha256=sizes[name][1],
                    columns=[one for one in described[name] if one.name in rows[name][0]],
                )
                for name, path in tables.items()
            },
            optout_sha256=left_out.sha256,
            linkage_key=left_out.linkage_key,
            linkage=LINKAGE,
            provenance=LinkedProvenance(
                inputs={
                    name: LinkedInput(
                        sha256="01"[invented] * 64, synthetic=invented, licence="Made up", files=[FILE]
                    )
                    for name, invented in synthetic.items()
                },
                truth_sha256=None,
                linker_version=1,
                linked_at=NOW,
            ),
        )
        manifest = manifest.model_copy(update={"sha256": content_hash(manifest.header(), tables)})
        write_manifest(made, manifest)
        publish(made, parent / manifest.sha256)
    (parent / "current").write_text(manifest.sha256 + "\n")
    return manifest


FILE = SourceFile(name="file.parquet", role="table", bytes=1, rows=1, sha256="2" * 64)


def _columns() -> dict[str, list[ColumnManifest]]:
    """The columns that the sources describe and linking adds; the rows above are in the order of these."""
    found = dict(LINK_COLUMNS)
    for linked in TABLES:
        if linked.source == "stats19":
            columns = [
                ColumnManifest(name=one.name, type=_police_type(one.kind), kind=one.kind, description="")
                for one in COLUMNS[linked.table]  # type: ignore[index]
            ]
        else:
            columns = attribute_columns(SOURCES[linked.source].table(linked.table))
        found[linked.name] = [*columns, *linked.added]
    return found


def _police_type(kind: str) -> str:
    return "Int64" if kind == "integer" else "String"


def _schema(columns: list[ColumnManifest], names: list[str]) -> dict[str, Any]:
    kinds = {column.name: column.type for column in columns}
    assert set(names) <= kinds.keys(), set(names) - kinds.keys()
    datetimes = pl.Datetime("us", "UTC")
    return {name: _DTYPES.get(kinds[name], pl.String()) or datetimes for name in names}
