"""Import what a keeper of health records sends: opt-out before anything else, then checks, then the split."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets import optout
from datasets.manifest import (
    CONFIDENTIAL,
    ColumnManifest,
    HealthManifest,
    IdentifiersManifest,
    KeeperProvenance,
    RowCounts,
    SourceFile,
    TableManifest,
    read_manifest_as,
    write_manifest,
)
from datasets.optout import OptOut
from datasets.progress import Progress, silent
from datasets.pseudonymise.keys import fingerprint, linkage_key
from datasets.snapshot import (
    content_hash,
    describe_tables,
    plain_disk_errors,
    publish,
    replace_file,
    staging,
    verify_snapshot,
)
from datasets.sources.health import checks
from datasets.sources.health.apart import keep_rows_apart
from datasets.sources.health.checks import Kept
from datasets.sources.health.files import KeeperFile, open_files
from datasets.sources.health.keep import KeepFile, KeepTask, KeptRows
from datasets.sources.health.schema import SOURCES, Source
from datasets.sources.health.snapshots import verify_identifiers
from datasets.sources.health.split import (
    PERSON,
    attribute_columns,
    identifier_columns,
    write_attributes,
    write_identifiers,
)
from datasets.synthetic import marker
from datasets.zone import DataZone, is_hash

IMPORTER_VERSION = 1


@dataclass(frozen=True)
class HealthImport:
    """Where the snapshot is, its (first) manifest, and whether the same was there before."""

    folder: Path
    manifest: HealthManifest
    existed: bool


@dataclass(frozen=True)
class _Given:
    """A keeper's folder, each file read once."""

    source: Source
    files: list[KeeperFile]
    synthetic: bool
    licence: str


def import_health(
    zone: DataZone,
    name: str,
    folder: Path,
    *,
    now: datetime,
    progress: Progress = silent,
    record: Callable[[HealthManifest], None] | None = None,
) -> HealthImport:
    """Read a keeper's folder and put its attributes, and apart from them its identifiers, in the zone.

    ``name`` is one of ``SOURCES``. Rows of persons on the opt-out list in force are dropped before anything
    else; without a list nothing is read. The same files, list and linkage key give the same snapshot.
    ``record`` is called when both parts stand and before ``current`` names them; if it raises, ``current`` stays
    what it was. Memory does not grow with the files, but for one pass over the keys of a table.

    Raises PlainError for anything wrong with the files; nothing is put in place then.
    """
    source = SOURCES[name]
    optout.current(zone)
    with plain_disk_errors(folder):
        synthetic = marker.read_marker(folder)
        terms = marker.licence(folder) if synthetic else CONFIDENTIAL
        given = _Given(source, open_files(folder, source, progress), synthetic, terms)
    with plain_disk_errors(zone.root), zone.lock(f"source-{name}"):
        left_out, key = _list_and_key(zone)
        attributes, identifiers = zone.create_sources(name), zone.create_identifiers(name)
        _remove_split_off_from_nothing(attributes, identifiers)
        with staging(identifiers) as private, staging(attributes) as made:
            kept, counts = _keep(private, given, left_out, progress)
            checks.refuse_what_is_wrong(kept, synthetic=given.synthetic, now=now, progress=progress)
            split = private / "identifiers"
            split.mkdir(mode=0o700)
            manifest = _split(made, split, kept, counts, given, left_out, key, now, progress)
            final = attributes / manifest.sha256
            try:
                publish(split, identifiers / final.name, private=True)
                existed = not publish(made, final)
            finally:
                _remove_split_off_from_nothing(attributes, identifiers)
        if existed:
            verify_snapshot(final)
            manifest = read_manifest_as(final, HealthManifest)
            verify_identifiers(zone, manifest)
        if record is not None:
            record(manifest)
        replace_file(attributes / "current", f"{manifest.sha256}\n".encode(), 0o444)
    return HealthImport(final, manifest, existed)


def _list_and_key(zone: DataZone) -> tuple[OptOut, bytes]:
    left_out, key = optout.current(zone), linkage_key(zone)
    if left_out.linkage_key != fingerprint(key):
        raise PlainError(
            "The opt-out list in force was taken with another linkage key: give the list again with `lockedroom "
            "data opt-out FILE`, and import all health sources again."
        )
    return left_out, key


def _remove_split_off_from_nothing(attributes: Path, identifiers: Path) -> None:
    """Identifiers come into place first: those of an import that broke off in between belong to nothing."""
    for folder in identifiers.iterdir():
        if is_hash(folder.name) and not (attributes / folder.name).exists():
            folder.chmod(0o700)
            shutil.rmtree(folder)


def _keep(
    private: Path, given: _Given, left_out: OptOut, progress: Progress
) -> tuple[dict[str, Kept], dict[str, KeptRows]]:
    files = {
        file.table.name: KeepFile(
            table=file.table.name,
            path=file.path.absolute(),
            form=file.form,
            target=private / f"{file.table.name}.kept",
        )
        for file in given.files
    }
    task = KeepTask(
        source=given.source.name, files=list(files.values()), numbers=left_out.numbers_path.absolute()
    )
    counts = keep_rows_apart(task, progress)
    for file in given.files:
        file.refuse_change()
        read, kept = counts[file.table.name].read, counts[file.table.name].kept
        if file.rows is not None and read != file.rows:
            raise PlainError(
                f"{file.path.name}: {file.rows:,} rows were counted but {read:,} hold anything; the file is "
                "damaged."
            )
        if kept == 0:
            raise PlainError(
                f"{file.path.name}: every person in it has opted out; there is nothing to import."
            )
    return {
        file.table.name: Kept(file.table, files[file.table.name].target, file.path.name)
        for file in given.files
    }, counts


def _split(
    made: Path,
    split: Path,
    kept: Mapping[str, Kept],
    counts: Mapping[str, KeptRows],
    given: _Given,
    left_out: OptOut,
    key: bytes,
    now: datetime,
    progress: Progress,
) -> HealthManifest:
    """Write both parts with their manifests; the source's names the other by its content."""
    attributes: dict[str, Path] = {}
    identifiers: dict[str, Path] = {}
    for step, (name, one) in enumerate(kept.items()):
        progress("splitting", step, len(kept))
        attributes[name] = made / f"{name}.parquet"
        write_attributes(one, key, attributes[name])
        if one.table.identifiers:
            identifiers[name] = split / f"{name}.parquet"
            write_identifiers(one, identifiers[name])
        one.path.unlink()
    progress("splitting", len(kept), len(kept))
    identifying = IdentifiersManifest(
        sha256="",
        source=given.source.name,
        tables=_describe(identifiers, {name: identifier_columns(one.table) for name, one in kept.items()}),
    )
    identifying = identifying.model_copy(
        update={"sha256": content_hash(identifying.header(), identifiers, progress)}
    )
    write_manifest(split, identifying)
    manifest = HealthManifest(
        sha256="",
        source=given.source.name,
        synthetic=given.synthetic,
        licence=given.licence,
        tables=_describe(attributes, {name: attribute_columns(one.table) for name, one in kept.items()}),
        identifiers_sha256=identifying.sha256,
        optout_sha256=left_out.sha256,
        linkage_key=fingerprint(key),
        rows={name: _counted(one, counts[name], attributes[name]) for name, one in kept.items()},
        provenance=KeeperProvenance(
            keeper=given.source.keeper,
            files=_sources(given, counts),
            importer_version=IMPORTER_VERSION,
            imported_at=now,
        ),
    )
    manifest = manifest.model_copy(update={"sha256": content_hash(manifest.header(), attributes, progress)})
    write_manifest(made, manifest)
    return manifest


def _describe(
    tables: Mapping[str, Path], columns: Mapping[str, list[ColumnManifest]]
) -> dict[str, TableManifest]:
    sizes = describe_tables(tables)
    return {
        name: TableManifest(file=path.name, rows=sizes[name][0], sha256=sizes[name][1], columns=columns[name])
        for name, path in tables.items()
    }


def _counted(kept: Kept, rows: KeptRows, attributes: Path) -> RowCounts:
    without = None
    if kept.table.person is not None:
        table = pl.scan_parquet(attributes, glob=False)
        without = int(table.select(pl.col(PERSON.name).null_count()).collect(engine="streaming").item())
    return RowCounts(
        read=rows.read, opted_out=rows.read - rows.kept, kept=rows.kept, without_nhs_number=without
    )


def _sources(given: _Given, counts: Mapping[str, KeptRows]) -> list[SourceFile]:
    return [
        SourceFile(
            name=file.path.name,
            role=file.table.name,
            bytes=file.bytes,
            rows=counts[file.table.name].read,
            sha256=file.sha256,
        )
        for file in given.files
    ]
