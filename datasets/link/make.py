"""Link the sources in use and put the linked records in the zone, as an immutable snapshot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from output_checker.errors import PlainError

from datasets.link import hospital, model, quality
from datasets.link.assignment import OneToOne, chosen, with_probabilities
from datasets.link.comparable import CASUALTY_KEY, casualties_to_compare, casualty_id, patients_to_compare
from datasets.link.described import (
    THRESHOLD,
    AmbulanceHospital,
    Linkage,
    Measured,
    PersonRows,
    PoliceAmbulance,
)
from datasets.link.inputs import AMBULANCE, HOSPITAL, POLICE, Inputs, read_inputs
from datasets.link.scoring import Scored, score
from datasets.link.tables import (
    LINK_COLUMNS,
    LINKS_AMBULANCE_HOSPITAL,
    LINKS_POLICE_AMBULANCE,
    TABLES,
    Links,
)
from datasets.link.truth import Truth, of_records, read_truth
from datasets.manifest import (
    LinkedManifest,
    LinkedProvenance,
    TableManifest,
    read_manifest_as,
    write_manifest,
)
from datasets.progress import Progress, silent
from datasets.snapshot import (
    content_hash,
    describe_tables,
    plain_disk_errors,
    publish,
    replace_file,
    staging,
    verify_snapshot,
    write_table,
)
from datasets.zone import DataZone

LINKER_VERSION: Final = 1
_SOURCE: Final = "linked"
_STEPS: Final = 5
# A pair less likely than one in a thousand, before others are considered, competes with nothing.
_LEAST_WEIGHT: Final = -10.0


@dataclass(frozen=True)
class LinkResult:
    """Where the snapshot is, its (first) manifest, and whether the same was there before."""

    folder: Path
    manifest: LinkedManifest
    existed: bool


@dataclass(frozen=True)
class _PoliceLinks:
    """Links of casualties and patients, with what led to them."""

    scored: Scored
    one_to_one: OneToOne
    links: pl.DataFrame
    casualties: pl.DataFrame
    patients: pl.DataFrame


def link_sources(
    zone: DataZone,
    *,
    now: datetime,
    threshold: float = THRESHOLD,
    truth: Path | None = None,
    progress: Progress = silent,
    record: Callable[[LinkedManifest], None] | None = None,
) -> LinkResult:
    """Link police, ambulance, hospital, population and general practice, as far as they were imported.

    The opt-out list in force is applied once more. The same snapshots, list, threshold and truth give the same
    links, whatever the order of rows. ``truth`` is a folder with the true pairs of synthetic records: the links do
    not depend on it, it only measures them. ``record`` is called when the snapshot stands
    and before ``current`` names it; if it raises, ``current`` stays what it was.

    Casualties, ambulance records and admissions are in memory; the other tables pass through it in parts.

    Raises PlainError when a source is missing or damaged, there is too little to learn from, or the truth or the
    threshold is not right; nothing is put in place then.
    """
    if not 0 < threshold < 1:
        raise PlainError(
            f"--threshold is a probability between 0 and 1, such as {THRESHOLD}: not {threshold:g}."
        )
    with plain_disk_errors(zone.root), zone.lock(f"source-{_SOURCE}"):
        inputs = read_inputs(zone)
        known = None if truth is None else _truth_for(inputs, truth)
        parent = zone.create_sources(_SOURCE)
        with staging(parent) as made:
            manifest = _make(made, inputs, threshold, known, now, progress)
            write_manifest(made, manifest)
            final = parent / manifest.sha256
            existed = not publish(made, final)
        if existed:
            verify_snapshot(final)
            manifest = read_manifest_as(final, LinkedManifest)
        if record is not None:
            record(manifest)
        replace_file(parent / "current", f"{manifest.sha256}\n".encode(), 0o444)
    return LinkResult(final, manifest, existed)


def _truth_for(inputs: Inputs, folder: Path) -> Truth:
    real = [name for name in (AMBULANCE, HOSPITAL) if name in inputs.snapshots]
    real = [name for name in real if not inputs.snapshots[name].manifest.synthetic]
    if real:
        raise PlainError(
            f"--truth measures links of synthetic records, and {', '.join(real)} holds real ones: leave it out."
        )
    return read_truth(folder)


def _make(
    made: Path, inputs: Inputs, threshold: float, truth: Truth | None, now: datetime, progress: Progress
) -> LinkedManifest:
    with tempfile.TemporaryDirectory(dir=made) as work:
        police = _link_police(inputs, threshold, Path(work), progress)
    progress("linking", 3, _STEPS)
    incidents = inputs.frame(AMBULANCE, "incidents").collect()
    records = inputs.frame(AMBULANCE, "patient_records").collect()
    admissions = inputs.frame(HOSPITAL, "admissions").collect() if HOSPITAL in inputs.snapshots else None
    followed = pl.DataFrame(schema={"record_id": pl.String, "epikey": pl.String})
    if admissions is not None:
        followed = hospital.admissions_after_calls(incidents, records, admissions)
    progress("linking", 4, _STEPS)
    links = Links(police.links, followed, records.select("record_id", "incident_id", "person"))
    tables = _write_tables(made, inputs, links, police.scored.model.version)
    progress("linking", _STEPS, _STEPS)
    measured = _measured(inputs, links, records, admissions, truth)
    manifest = LinkedManifest(
        sha256="",
        synthetic=all(one.manifest.synthetic for one in inputs.snapshots.values()),
        licence=licence({name: one.manifest.licence for name, one in inputs.snapshots.items()}),
        tables=_describe(tables, inputs),
        optout_sha256=inputs.left_out.sha256,
        linkage_key=inputs.left_out.linkage_key,
        linkage=Linkage(
            police_ambulance=_about_police(inputs, police, threshold, measured.get(LINKS_POLICE_AMBULANCE)),
            ambulance_hospital=None
            if admissions is None
            else _about_hospital(
                incidents, records, admissions, followed, measured.get(LINKS_AMBULANCE_HOSPITAL)
            ),
            persons=_persons(tables),
        ),
        provenance=LinkedProvenance(
            inputs={name: one.described() for name, one in inputs.snapshots.items()},
            truth_sha256=None if truth is None else truth.sha256,
            linker_version=LINKER_VERSION,
            linked_at=now,
        ),
    )
    return manifest.model_copy(update={"sha256": content_hash(manifest.header(), tables, progress)})


def _link_police(inputs: Inputs, threshold: float, work: Path, progress: Progress) -> _PoliceLinks:
    progress("linking", 0, _STEPS)
    casualties = casualties_to_compare(
        inputs.frame(POLICE, "collisions").collect(), inputs.frame(POLICE, "casualties").collect()
    )
    patients = patients_to_compare(
        inputs.frame(AMBULANCE, "incidents").collect(), inputs.frame(AMBULANCE, "patient_records").collect()
    )
    progress("linking", 1, _STEPS)
    scored = score(model.declared(), casualties, patients, work)
    progress("linking", 2, _STEPS)
    one_to_one = with_probabilities(scored.pairs.filter(pl.col("match_weight") >= _LEAST_WEIGHT))
    keys = inputs.frame(POLICE, "casualties").select(CASUALTY_KEY).collect()
    links = (
        chosen(one_to_one.pairs, threshold)
        .join(keys.with_columns(casualty_id().alias("left")), on="left", how="left")
        .select(*CASUALTY_KEY, pl.col("right").alias("record_id"), "probability", "match_weight")
        .sort(CASUALTY_KEY)
    )
    return _PoliceLinks(scored, one_to_one, links, casualties, patients)


def _write_tables(made: Path, inputs: Inputs, links: Links, model_version: str) -> dict[str, Path]:
    tables = {}
    for linked in TABLES:
        if linked.source in inputs.snapshots:
            tables[linked.name] = made / f"{linked.name}.parquet"
            frame = links.with_added(linked.name, inputs.frame(linked.source, linked.table))
            write_table(frame, tables[linked.name])
    police = links.police_ambulance.with_columns(pl.lit(model_version).alias("model_version"))
    written = {LINKS_POLICE_AMBULANCE: police}
    if HOSPITAL in inputs.snapshots:
        written[LINKS_AMBULANCE_HOSPITAL] = links.ambulance_hospital.with_columns(
            pl.lit(hospital.RULE).alias("rule"), pl.lit(hospital.RULE_VERSION, pl.Int64).alias("rule_version")
        )
    for name, pairs in written.items():
        tables[name] = made / f"{name}.parquet"
        write_table(pairs.lazy(), tables[name])
    return tables


def _describe(tables: dict[str, Path], inputs: Inputs) -> dict[str, TableManifest]:
    sizes = describe_tables(tables)
    columns = dict(LINK_COLUMNS)
    for linked in TABLES:
        if linked.source in inputs.snapshots:
            source = inputs.snapshots[linked.source].manifest.tables[linked.table].columns
            columns[linked.name] = [*source, *linked.added]
    return {
        name: TableManifest(file=path.name, rows=sizes[name][0], sha256=sizes[name][1], columns=columns[name])
        for name, path in tables.items()
    }


def _about_police(
    inputs: Inputs, police: _PoliceLinks, threshold: float, measured: Measured | None
) -> PoliceAmbulance:
    placed = ["at_minute", "easting", "northing"]
    return PoliceAmbulance(
        model=police.scored.model,
        threshold=threshold,
        casualties=police.casualties.height,
        casualties_not_placed=police.casualties.height - police.casualties.drop_nulls(placed).height,
        patients=police.patients.height,
        patients_not_placed=police.patients.height - police.patients.drop_nulls(placed).height,
        candidates=police.scored.pairs.height,
        pairs_that_cannot_match=police.scored.pairs_that_cannot_match,
        pairs_trained_on=police.scored.pairs_trained_on,
        components=police.one_to_one.components,
        components_approximated=police.one_to_one.approximated,
        links=police.links.height,
        expected_precision=quality.expected_precision(police.links),
        expected_recall=quality.expected_recall(police.links, police.one_to_one.pairs),
        match_rates=quality.match_rates(inputs.frame(POLICE, "casualties").collect(), police.links),
        measured=measured,
    )


def _about_hospital(
    incidents: pl.DataFrame,
    records: pl.DataFrame,
    admissions: pl.DataFrame,
    followed: pl.DataFrame,
    measured: Measured | None,
) -> AmbulanceHospital:
    conveyed = records.filter(pl.col("conveyed") == "yes")
    return AmbulanceHospital(
        rule=hospital.RULE,
        rule_version=hospital.RULE_VERSION,
        rule_text=hospital.RULE_TEXT,
        conveyed=conveyed.height,
        conveyed_without_person=conveyed["person"].null_count(),
        candidates=hospital.possible_pairs(incidents, records, admissions).height,
        links=followed.height,
        measured=measured,
    )


def _measured(
    inputs: Inputs, links: Links, records: pl.DataFrame, admissions: pl.DataFrame | None, truth: Truth | None
) -> dict[str, Measured]:
    if truth is None:
        return {}
    casualties = inputs.frame(POLICE, "casualties").select(CASUALTY_KEY).collect()
    known = {"casualties": casualties, "ambulance records": records.select("record_id")}
    absent = {"ambulance records": inputs.left_out_rows(AMBULANCE, "patient_records")}
    found = {
        LINKS_POLICE_AMBULANCE: quality.measured(
            links.police_ambulance.select(*CASUALTY_KEY, "record_id"),
            of_records(truth.police_ambulance, known, absent),
        )
    }
    if admissions is not None:
        known = {"ambulance records": known["ambulance records"], "admissions": admissions.select("epikey")}
        absent |= {"admissions": inputs.left_out_rows(HOSPITAL, "admissions")}
        found[LINKS_AMBULANCE_HOSPITAL] = quality.measured(
            links.ambulance_hospital, of_records(truth.ambulance_hospital, known, absent)
        )
    return found


def _persons(tables: dict[str, Path]) -> dict[str, PersonRows]:
    population = None
    if "people" in tables:
        population = pl.scan_parquet(tables["people"], glob=False).select("person").drop_nulls().unique()
    rows = {}
    for name, path in tables.items():
        table = pl.scan_parquet(path, glob=False)
        if name == "people" or "person" not in table.collect_schema():
            continue
        person = table.select("person")
        whole, known = person.select(pl.len(), pl.col("person").count().alias("known")).collect().row(0)
        inside = None
        if population is not None:
            inside = int(person.join(population, on="person", how="semi").select(pl.len()).collect().item())
        rows[name] = PersonRows(rows=whole, with_person=known, in_population=inside)
    return rows


def licence(of_inputs: dict[str, str]) -> str:
    """The licences of the parts, each once, with the sources it is about where there are several."""
    by_licence: dict[str, list[str]] = {}
    for source, said in of_inputs.items():
        by_licence.setdefault(said, []).append(source)
    if len(by_licence) == 1:
        return next(iter(by_licence))
    return "; ".join(f"{', '.join(sources)}: {said}" for said, sources in by_licence.items())
