"""Make a project's extract: approved columns and rows, pseudonyms, an order that tells nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.extract.conditions import NAMES_A_RECORD, check_spec, filter_of
from datasets.extract.layout import LAYOUTS, SnapshotManifest
from datasets.extract.source import files_of, parts_of, refuse_outdated, refuse_real, source_snapshot
from datasets.extract.spec import Condition, ExtractSpec, TableSpec
from datasets.manifest import (
    ColumnManifest,
    ExtractManifest,
    ExtractProvenance,
    LinkedManifest,
    TableManifest,
    extract_header,
    read_manifest_as,
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
from datasets.zone import DataZone

EXTRACTOR_VERSION = 2
_ORDER = "__order"
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
    may_be_real: Collection[str] = (),
) -> ExtractResult:
    """Make the extract that was approved and let ``current`` name it.

    ``record`` is called when the snapshot stands and before ``current`` names it, so that nothing comes into
    use that was not written down; if it raises, ``current`` stays what it was.

    ``may_be_real`` are the sources whose real records the project may hold; synthetic ones it may always.

    Runs of one project wait for one another. The same approval over the same source gives the same snapshot.
    Raises PlainError when there is no source, when it may not be used for the project, when the approval does
    not fit it, or selects nothing; then
    nothing is put in place and ``current`` stays what it was.
    """
    source_folder, source = source_snapshot(zone, spec)
    refuse_real(spec, source, may_be_real)
    check_spec(spec, source)
    with plain_disk_errors(zone.root), zone.lock(f"extract-{spec.project}"):
        refuse_outdated(zone, source)
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
            manifest = read_manifest_as(final, ExtractManifest)
        if record is not None:
            record(manifest)
        replace_file(parent / "current", f"{manifest.sha256}\n".encode(), 0o444)
    return ExtractResult(final, manifest, existed)


def _make_tables(
    made: Path,
    source_folder: Path,
    source: SnapshotManifest,
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
        parts=parts_of(source),
        optout_sha256=source.optout_sha256 if isinstance(source, LinkedManifest) else None,
        linkage=source.linkage if isinstance(source, LinkedManifest) else None,
        provenance=ExtractProvenance(
            source=source.source,
            source_sha256=source.sha256,
            source_files=files_of(source),
            source_rows={name: table.rows for name, table in source.tables.items()},
            extractor_version=EXTRACTOR_VERSION,
            made_at=now,
        ),
        approved=approved,
    )


def _rows(name: str, folder: Path, source: SnapshotManifest, spec: ExtractSpec) -> pl.LazyFrame:
    """The approved rows of a table: its own conditions, and none that belongs to a row that was not chosen.

    A row that should name such a row and names none, such as a patient whose person is not known, is not chosen
    either.
    """
    frame = pl.scan_parquet(folder / source.tables[name].file, glob=False)
    for condition in _conditions(name, spec):
        frame = frame.filter(filter_of(condition, name, source))
    for parent in LAYOUTS[spec.source].tables[name].belongs_to:
        if parent.table in source.tables and _narrowed(parent.table, source, spec):
            chosen = _rows(parent.table, folder, source, spec).select(parent.on)
            frame = frame.join(chosen, on=parent.on, how="semi", maintain_order="left")
    return frame


def _narrowed(name: str, source: SnapshotManifest, spec: ExtractSpec) -> bool:
    """Whether conditions, its own or others', choose among a table's rows."""
    return bool(_conditions(name, spec)) or any(
        parent.table in source.tables and _narrowed(parent.table, source, spec)
        for parent in LAYOUTS[spec.source].tables[name].belongs_to
    )


def _conditions(name: str, spec: ExtractSpec) -> list[Condition]:
    return spec.tables[name].rows if name in spec.tables else []


def _selected(
    rows: pl.LazyFrame, name: str, table: TableSpec, source: SnapshotManifest, key: bytes
) -> pl.LazyFrame:
    """The approved columns, references as pseudonyms, and the order key of each record."""
    kinds = {column.name: column.kind for column in source.tables[name].columns}
    layout = LAYOUTS[source.source]
    columns = [
        pseudonymised(pl.col(column), key, layout.domains.get(column, f"{source.source}/{column}")).alias(
            column
        )
        if kinds[column] in NAMES_A_RECORD
        else pl.col(column)
        for column in table.columns
    ]
    record = pl.concat_str(layout.tables[name].key, separator="/", ignore_nulls=False)
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
    tables: dict[str, Path], delivered: dict[str, TableSpec], source: SnapshotManifest
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
    if column.kind not in NAMES_A_RECORD:
        return column
    return column.model_copy(
        update={"kind": "pseudonym", "description": f"Pseudonym, this project's own. {column.description}"}
    )
