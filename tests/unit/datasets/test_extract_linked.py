"""Extracts of linked records: one pseudonym for one thing, rows that belong together, and no identifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.extract import ExtractResult, ExtractSpec, make_extract
from datasets.extract.layout import LAYOUTS
from datasets.link.tables import LINK_COLUMNS, TABLES
from datasets.manifest import ExtractManifest, read_manifest_as
from datasets.optout import take_list
from datasets.pseudonymise.keys import project_key
from datasets.pseudonymise.pseudonym import pseudonymiser
from datasets.snapshot import verify_snapshot
from datasets.sources.health.schema import SOURCES
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.health.keepers import NUMBERS, opt_out_file
from tests.unit.datasets.linked_zone import LINKAGE, ROWS, SYNTHETIC, put_linked_records

EVERYTHING: dict[str, Any] = {name: {"columns": list(rows[0])} for name, rows in ROWS.items()}


@pytest.fixture
def linked(zone: DataZone, tmp_path: Path) -> DataZone:
    """A zone with a few linked records, all of them synthetic."""
    put_linked_records(zone, tmp_path)
    return zone


def approved(tables: dict[str, Any] = EVERYTHING, project: str = "falls", **changed: Any) -> ExtractSpec:
    return ExtractSpec.approved(project, {"source": "linked", "tables": tables} | changed)


def where(table: str, column: str, op: str, value: Any = None) -> dict[str, Any]:
    """Everything, with one condition on one table."""
    condition = {"column": column, "op": op} | ({} if value is None else {"value": value})
    return EVERYTHING | {table: EVERYTHING[table] | {"rows": [condition]}}


def delivered(result: ExtractResult, table: str) -> pl.DataFrame:
    return pl.read_parquet(result.folder / f"{table}.parquet")


def refusal(zone: DataZone, spec: ExtractSpec, **more: Any) -> str:
    with pytest.raises(PlainError) as refused:
        make_extract(zone, spec, now=NOW, **more)
    assert not zone.extracts(spec.project).exists() or not any(zone.extracts(spec.project).iterdir())
    return refused.value.sentence


def heights(result: ExtractResult) -> dict[str, int]:
    return {name: table.rows for name, table in result.manifest.tables.items()}


def test_every_table_that_linking_makes_has_a_layout_whose_columns_it_has() -> None:
    added = {linked.name: linked for linked in TABLES}
    columns = {name: {column.name for column in found} for name, found in LINK_COLUMNS.items()}
    for name, linked in added.items():
        if linked.source == "stats19":
            columns[name] = {"collision_index", "vehicle_reference", "casualty_reference"}
        else:
            table = SOURCES[linked.source].table(linked.table)
            columns[name] = {column.name for column in table.attributes} | {"person"}
    layout = LAYOUTS["linked"].tables
    assert layout.keys() == columns.keys()
    for name, table in layout.items():
        assert set(table.key) <= columns[name]
        for parent in table.belongs_to:
            assert set(parent.on) <= columns[name] & columns[parent.table]


def test_one_thing_has_one_pseudonym_in_all_tables_and_joins_are_those_of_the_source(
    linked: DataZone,
) -> None:
    result = make_extract(linked, approved(), now=NOW)
    tables = {name: delivered(result, name) for name in ROWS}
    source = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in ROWS.items()}

    def kinds_and_diagnoses(found: dict[str, pl.DataFrame]) -> list[tuple[Any, ...]]:
        key = ["collision_index", "vehicle_reference", "casualty_reference"]
        return (
            found["casualties"]
            .join(found["links_police_ambulance"], on=key)
            .join(found["links_ambulance_hospital"], on="record_id")
            .join(found["ambulance_records"], on="record_id")
            .join(found["admissions"], on=["epikey", "person"])
            .join(found["people"], on="person")
            .join(found["gp_events"], on="person")
            .select("casualty_type", "diag_01", "sex", "snomed_code")
            .sort(pl.all())
            .rows()
        )

    assert len(kinds_and_diagnoses(source)) == 3
    assert kinds_and_diagnoses(tables) == kinds_and_diagnoses(source)


def test_no_reference_and_no_pseudonym_of_the_zone_is_in_the_extract(linked: DataZone) -> None:
    folder = make_extract(linked, approved(), now=NOW).folder
    names = {
        value
        for rows in ROWS.values()
        for row in rows
        for column, value in row.items()
        if isinstance(value, str) and column in LAYOUTS["linked"].domains
    }
    assert {"ZONEPERSONA", "RECORD1", "EPISODE1", "2021POLICE1", "ROW0", "EVENT0"} <= names
    for path in folder.iterdir():
        content = path.read_bytes()
        for name in names:
            assert name.encode() not in content, (path.name, name)


def test_missing_persons_stay_missing(linked: DataZone) -> None:
    assert delivered(make_extract(linked, approved(), now=NOW), "admissions")["person"].null_count() == 1


def test_pseudonyms_of_different_things_do_not_agree(linked: DataZone) -> None:
    result = make_extract(linked, approved(), now=NOW)
    seen: dict[str, str] = {}
    for name in ROWS:
        for column in LAYOUTS["linked"].domains.keys() & set(delivered(result, name).columns):
            for value in delivered(result, name)[column].drop_nulls():
                assert seen.setdefault(value, column) == column


def test_two_projects_cannot_be_joined_on_any_pseudonym(linked: DataZone) -> None:
    ours, theirs = (
        make_extract(linked, approved(project=project), now=NOW) for project in ("falls", "roads")
    )
    for name in ROWS:
        for column in LAYOUTS["linked"].domains.keys() & set(ROWS[name][0]):
            mine, yours = (
                delivered(ours, name)[column].drop_nulls(),
                delivered(theirs, name)[column].drop_nulls(),
            )
            assert not set(mine) & set(yours)


@pytest.mark.parametrize(
    ("tables", "rows"),
    [
        (EVERYTHING, {name: len(rows) for name, rows in ROWS.items()}),
        # Conditions on collisions choose among casualties, vehicles, and the links of these casualties.
        (
            where("collisions", "collision_severity", "!=", "Slight"),
            {"collisions": 2, "casualties": 2, "vehicles": 2, "links_police_ambulance": 1},
        ),
        (
            where("casualties", "casualty_type", "==", "Pedestrian"),
            {"casualties": 2, "links_police_ambulance": 1},
        ),
        # Conditions on people choose among all that has a person, and the links of what was chosen; a record of
        # nobody known is not chosen.
        (
            where("people", "sex", "==", "2"),
            {
                "people": 1,
                "ambulance_records": 1,
                "admissions": 1,
                "gp_registrations": 1,
                "gp_events": 2,
                "links_police_ambulance": 1,
                "links_ambulance_hospital": 1,
            },
        ),
        # What linking adds chooses the records of casualties alone.
        (
            where("ambulance_records", "linked_to_casualty", "==", "yes"),
            {"ambulance_records": 3},
        ),
        (
            where("admissions", "linked_to_casualty", "==", "yes"),
            {"admissions": 2},
        ),
    ],
)
def test_conditions_choose_among_the_rows_that_belong_to_the_chosen(
    linked: DataZone, tables: dict[str, Any], rows: dict[str, int]
) -> None:
    whole = {name: len(found) for name, found in ROWS.items()}
    assert heights(make_extract(linked, approved(tables), now=NOW)) == whole | rows


def test_conditions_hold_where_their_table_is_not_delivered(linked: DataZone) -> None:
    tables = {"admissions": EVERYTHING["admissions"], "people": where("people", "sex", "==", "2")["people"]}
    tables["people"] = tables["people"] | {"columns": []}
    assert heights(make_extract(linked, approved(tables), now=NOW)) == {"admissions": 1}


@pytest.mark.parametrize("column", ["person", "record_id", "collision_index", "epikey"])
def test_rows_cannot_be_chosen_by_whose_they_are(linked: DataZone, column: str) -> None:
    table = next(name for name, rows in ROWS.items() if column in rows[0])
    said = refusal(linked, approved(where(table, column, "==", "ZONEPERSONA")))
    assert said == f"Rows of {table} cannot be chosen by {column}: an approval does not name records."


IDENTIFIERS = sorted(
    {column.name for source in SOURCES.values() for table in source.tables for column in table.identifiers}
)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_no_identifier_can_be_asked_for(linked: DataZone, identifier: str) -> None:
    said = f"{identifier} says who somebody is: it is in no extract, and no row can be chosen by it."
    assert refusal(linked, approved({"people": {"columns": ["sex", identifier]}})) == said
    assert refusal(linked, approved(where("people", identifier, "not_null"))) == said


def test_the_manifest_says_how_good_the_links_are_and_what_is_synthetic(
    zone: DataZone, tmp_path: Path
) -> None:
    source = put_linked_records(zone, tmp_path, SYNTHETIC | {"stats19": False})
    result = make_extract(zone, approved(), now=NOW, may_be_real=["stats19"])
    verify_snapshot(result.folder)
    manifest = read_manifest_as(result.folder, ExtractManifest)
    assert manifest.linkage == LINKAGE
    assert manifest.optout_sha256 == source.optout_sha256
    assert not manifest.synthetic
    assert manifest.parts == SYNTHETIC | {"stats19": False}
    assert manifest.provenance.source == "linked"
    assert {file.role for file in manifest.provenance.source_files} == {f"{name} table" for name in SYNTHETIC}


@pytest.mark.parametrize("real", list(SYNTHETIC))
def test_a_real_part_is_refused_where_the_tier_may_not_hold_it(
    zone: DataZone, tmp_path: Path, real: str
) -> None:
    put_linked_records(zone, tmp_path, SYNTHETIC | {real: False})
    others = [name for name in SYNTHETIC if name != real]
    assert f"may not hold real records of {real}" in refusal(zone, approved(), may_be_real=others)
    make_extract(zone, approved(), now=NOW, may_be_real=[real])


def test_an_opt_out_after_linking_stops_extracts_until_records_are_linked_again(
    linked: DataZone, tmp_path: Path
) -> None:
    first = make_extract(linked, approved(), now=NOW)
    take_list(linked, opt_out_file(tmp_path / "new.txt", *NUMBERS[:3]), now=NOW)
    for snapshot in (None, first.manifest.provenance.source_sha256):
        with pytest.raises(
            PlainError, match="The opt-out list has changed since the records were linked: run"
        ):
            make_extract(linked, approved(snapshot=snapshot), now=NOW)
    assert linked.current_extract("falls") == first.folder
    put_linked_records(linked, tmp_path)
    assert make_extract(linked, approved(), now=NOW).folder != first.folder


def test_a_source_that_was_not_linked_has_no_table_and_restricts_nothing(
    zone: DataZone, tmp_path: Path
) -> None:
    rest = {
        name: rows for name, rows in ROWS.items() if name not in ("people", "gp_registrations", "gp_events")
    }
    put_linked_records(zone, tmp_path, rows=rest)
    assert "linked has no table 'people'" in refusal(zone, approved())
    result = make_extract(zone, approved({name: EVERYTHING[name] for name in rest}), now=NOW)
    assert heights(result) == {name: len(rows) for name, rows in rest.items()}


def test_without_linked_records_the_sentence_says_how_to_make_them(zone: DataZone) -> None:
    assert refusal(zone, approved()) == "There are no linked data: run `lockedroom data link` first."


def test_a_project_keeps_the_pseudonyms_of_collisions_from_before_records_were_linked(
    filled: DataZone, tmp_path: Path
) -> None:
    tables = {"collisions": {"columns": ["collision_index"]}}
    before = make_extract(
        filled, ExtractSpec.approved("falls", {"source": "stats19", "tables": tables}), now=NOW
    )
    folder = filled.sources() / (filled.sources() / "current").read_text().strip()
    index = pl.read_parquet(folder / "collisions.parquet")["collision_index"][0]
    both = [*ROWS["collisions"], ROWS["collisions"][0] | {"collision_index": index}]
    put_linked_records(filled, tmp_path, rows=ROWS | {"collisions": both})
    after = make_extract(filled, approved(tables), now=NOW)
    shared = set(delivered(before, "collisions")["collision_index"])
    pseudonym = pseudonymiser(project_key(filled, "falls"), "stats19/collision_index")
    assert pseudonym(index) in shared
    assert len(shared & set(delivered(after, "collisions")["collision_index"])) == 1
