"""Make a project's extract: approved columns and rows, pseudonyms, an order that tells nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.extract.conditions import check_spec, filter_of
from datasets.extract.spec import ExtractSpec, TableSpec
from datasets.manifest import (
    ColumnManifest,
    ExtractManifest,
    ExtractProvenance,
    SourceManifest,
    TableManifest,
    extract_header,
    read_manifest,
    write_manifest,
)
from datasets.progress import Progress, silent
from datasets.pseudonymise.keys import project_key
from datasets.pseudonymise.pseudonym import order_key, pseudonymised
from datasets.snapshot import (
    content_hash,
    describe_tables,
    plain_disk_errors,
    publish,
    replace_file,
    staging,
    verify_files,
    verify_snapshot,
    write_table,
)
from datasets.zone import DataZone, is_hash

EXTRACTOR_VERSION = 1
_ORDER = "__order"
_LINK = "collision_index"
_RECORD_KEY = {
    "collisions": [_LINK],
    "casualties": [_LINK, "vehicle_reference", "casualty_reference"],
    "vehicles": [_LINK, "vehicle_reference"],
}
# A table with more rows is sorted in parts.
_SORTED_AT_ONCE = 500_000
_HEXADECIMAL = "0123456789abcdef"


@dataclass(frozen=True)
class ExtractResult:
    """Where the extract is, its manifest, and whether the same was there before."""

    folder: Path
    manifest: ExtractManifest
    existed: bool


def make_extract(
    zone: DataZone,
    spec: ExtractSpec,
    *,
    now: datetime,
    progress: Progress = silent,
    record: Callable[[ExtractManifest], None] | None = None,
    only_synthetic: bool = False,
) -> ExtractResult:
    """Make the extract that was approved and let ``current`` name it.

    ``record`` is called when the snapshot stands and before ``current`` names it, so that nothing comes into
    use that was not written down; if it raises, ``current`` stays what it was.

    ``only_synthetic`` refuses a source of real records: for projects whose rooms are kept for synthetic data.

    Runs of one project wait for one another. The same approval over the same source gives the same snapshot.
    Raises PlainError when there is no source, when the approval does not fit it, or selects nothing; then
    nothing is put in place and ``current`` stays what it was.
    """
    source_folder, source = source_snapshot(zone, spec)
    if only_synthetic and not source.synthetic:
        raise PlainError(
            f"{spec.project} is a project for synthetic data, and {spec.source} {source.sha256[:12]} holds "
            "real records: give the project another tier, or approve a synthetic snapshot."
        )
    check_spec(spec, source)
    with plain_disk_errors(zone.root), zone.lock(f"extract-{spec.project}"):
        verify_files(source_folder, source.tables)
        parent = zone.create_extracts(spec.project)
        key = project_key(zone, spec.project)
        with staging(parent) as made:
            manifest = _make_tables(made, source_folder, source, spec, key, now, progress)
            write_manifest(made, manifest)
            final = parent / manifest.sha256
            existed = not publish(made, final)
        if existed:
            verify_snapshot(final)
            first = read_manifest(final)
            assert isinstance(first, ExtractManifest)
            manifest = first
        if record is not None:
            record(manifest)
        replace_file(parent / "current", f"{manifest.sha256}\n".encode(), 0o444)
    return ExtractResult(final, manifest, existed)


def source_snapshot(zone: DataZone, spec: ExtractSpec) -> tuple[Path, SourceManifest]:
    """The pinned source snapshot, or the one imported last. Raises PlainError when it is not there."""
    parent = zone.sources(spec.source)
    name = spec.snapshot
    if name is None:
        pointer = parent / "current"
        if not pointer.is_file():
            raise PlainError(
                f"No {spec.source} data have been imported: run `lockedroom data import {spec.source} DIR` "
                "first."
            )
        name = pointer.read_text("ascii", errors="replace").strip()
    folder = parent / name
    if not is_hash(name) or not folder.is_dir():
        raise PlainError(f"The {spec.source} snapshot {name[:64]} is not in the data zone: import it again.")
    manifest = read_manifest(folder)
    if not isinstance(manifest, SourceManifest) or manifest.sha256 != name:
        raise PlainError(f"{folder} is not an imported snapshot: move it away and import again.")
    return folder, manifest


def _make_tables(
    made: Path,
    source_folder: Path,
    source: SourceManifest,
    spec: ExtractSpec,
    key: bytes,
    now: datetime,
    progress: Progress,
) -> ExtractManifest:
    delivered = {name: table for name, table in spec.tables.items() if table.columns}
    tables: dict[str, Path] = {}
    for step, (name, table) in enumerate(delivered.items()):
        progress("extracting", step, len(delivered))
        tables[name] = made / f"{name}.parquet"
        rows = _rows(name, source_folder, source, spec)
        with tempfile.TemporaryDirectory(dir=made) as work:
            _write_in_order(_selected(rows, name, table, source, key), tables[name], Path(work))
        if pl.scan_parquet(tables[name], glob=False).select(pl.len()).collect().item() == 0:
            raise PlainError(f"The approved conditions select no row of {name}: check their values.")
    progress("extracting", len(delivered), len(delivered))
    described = _describe(tables, delivered, source)
    approved = spec.model_dump(mode="json", exclude={"project"})
    header = extract_header(spec.project, source.sha256, source.synthetic, approved, described)
    return ExtractManifest(
        sha256=content_hash(header, tables, progress),
        project=spec.project,
        synthetic=source.synthetic,
        licence=source.licence,
        tables=described,
        provenance=ExtractProvenance(
            source=source.source,
            source_sha256=source.sha256,
            source_files=source.provenance.files,
            source_rows={name: table.rows for name, table in source.tables.items()},
            extractor_version=EXTRACTOR_VERSION,
            made_at=now,
        ),
        approved=approved,
    )


def _rows(name: str, folder: Path, source: SourceManifest, spec: ExtractSpec) -> pl.LazyFrame:
    """The approved rows of a table: its own conditions, and none whose collision was not chosen."""
    frame = _filtered(name, folder, source, spec)
    collisions = spec.tables.get("collisions")
    if name != "collisions" and collisions is not None and collisions.rows:
        chosen = _filtered("collisions", folder, source, spec).select(_LINK)
        frame = frame.join(chosen, on=_LINK, how="semi")
    return frame


def _filtered(name: str, folder: Path, source: SourceManifest, spec: ExtractSpec) -> pl.LazyFrame:
    frame = pl.scan_parquet(folder / source.tables[name].file, glob=False)
    for condition in spec.tables[name].rows:
        frame = frame.filter(filter_of(condition, name, source))
    return frame


def _selected(
    rows: pl.LazyFrame, name: str, table: TableSpec, source: SourceManifest, key: bytes
) -> pl.LazyFrame:
    """The approved columns, references as pseudonyms, and the order key of each record."""
    kinds = {column.name: column.kind for column in source.tables[name].columns}
    columns = [
        pseudonymised(pl.col(column), key, f"{source.source}/{column}").alias(column)
        if kinds[column] == "reference"
        else pl.col(column)
        for column in table.columns
    ]
    record = pl.concat_str(_RECORD_KEY[name], separator="/", ignore_nulls=False)
    return rows.select(*columns, order_key(record, key, f"{source.source}/order of {name}").alias(_ORDER))


def _write_in_order(frame: pl.LazyFrame, target: Path, work: Path) -> None:
    """Sort by the order key, random to whoever lacks the project's key: the source's order is gone."""
    unsorted = work / "unsorted.parquet"
    write_table(frame, unsorted)
    whole = pl.scan_parquet(unsorted, glob=False)
    rows = int(whole.select(pl.len()).collect().item())
    parts = [whole.filter(part) for part in _parts(rows)] if rows > _SORTED_AT_ONCE else [whole]
    ordered = [work / f"ordered-{number}.parquet" for number in range(len(parts))]
    for part, path in zip(parts, ordered, strict=True):
        write_table(part.sort(_ORDER, maintain_order=True), path)
    write_table(pl.concat([pl.scan_parquet(path, glob=False) for path in ordered]).drop(_ORDER), target)


def _parts(rows: int) -> list[pl.Expr]:
    """Conditions that cut the table, by the first character of the order key, in parts that fit in memory."""
    size = max(1, len(_HEXADECIMAL) * _SORTED_AT_ONCE // rows)
    first = pl.col(_ORDER).str.slice(0, 1)
    return [
        first.is_in(list(_HEXADECIMAL[start : start + size])) for start in range(0, len(_HEXADECIMAL), size)
    ]


def _describe(
    tables: dict[str, Path], delivered: dict[str, TableSpec], source: SourceManifest
) -> dict[str, TableManifest]:
    sizes = describe_tables(tables)
    described = {}
    for name, path in tables.items():
        known = {column.name: column for column in source.tables[name].columns}
        columns = [_as_delivered(known[column]) for column in delivered[name].columns]
        rows, sha256 = sizes[name]
        described[name] = TableManifest(file=path.name, rows=rows, sha256=sha256, columns=columns)
    return described


def _as_delivered(column: ColumnManifest) -> ColumnManifest:
    if column.kind != "reference":
        return column
    return column.model_copy(
        update={"kind": "pseudonym", "description": f"Pseudonym, this project's own. {column.description}"}
    )
