"""Import the Department for Transport's STATS19 files as an immutable, labelled snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.manifest import (
    OGL,
    SYNTHETIC_LICENCE,
    ColumnManifest,
    Provenance,
    SourceFile,
    SourceManifest,
    TableManifest,
    read_manifest,
    source_header,
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
from datasets.sources.stats19 import checks
from datasets.sources.stats19.canonical import Layout, canonical, layout
from datasets.sources.stats19.codes import CodeList, read_code_list, without_code_list
from datasets.sources.stats19.columns import TABLES, Table, find
from datasets.sources.stats19.csv_file import CsvFile, open_csv
from datasets.sources.stats19.files import CODE_LIST, find_files
from datasets.synthetic.marker import read_marker, refuse_false_marker
from datasets.zone import DataZone

IMPORTER_VERSION = 1


@dataclass(frozen=True)
class ImportResult:
    """Where the snapshot is, its (first) manifest, and whether the same was there before."""

    folder: Path
    manifest: SourceManifest
    existed: bool


@dataclass(frozen=True)
class _Input:
    """What a folder holds, every file read once and found whole."""

    files: dict[Table, list[CsvFile]]
    codes: CodeList
    coded: bool
    synthetic: bool
    ignored: list[str]


def import_stats19(
    zone: DataZone,
    folder: Path,
    *,
    now: datetime,
    codes: Path | None = None,
    progress: Progress = silent,
    record: Callable[[SourceManifest], None] | None = None,
) -> ImportResult:
    """Read a folder of STATS19 CSV files and put the canonical snapshot in the zone.

    ``record`` is called when the snapshot stands and before ``current`` names it; if it raises, ``current``
    stays what it was.

    The same records give the same snapshot in the coded and in the labelled form. The order of the rows is
    the files' (by name, then by line) and part of the content. Memory does not grow with the files, but for
    one pass over the references.

    Raises PlainError for anything wrong with the files; nothing is put in place then.
    """
    with plain_disk_errors(folder):
        given = _read_folder(folder, codes, progress)
    with plain_disk_errors(zone.root), zone.lock("source-stats19"):
        parent = zone.create_sources("stats19")
        with staging(parent) as made:
            manifest = _make(made, given, now, progress)
            write_manifest(made, manifest)
            final = parent / manifest.sha256
            existed = not publish(made, final)
        if existed:
            verify_snapshot(final)
            first = read_manifest(final)
            assert isinstance(first, SourceManifest)
            manifest = first
        if record is not None:
            record(manifest)
        replace_file(parent / "current", f"{manifest.sha256}\n".encode(), 0o444)
    return ImportResult(final, manifest, existed)


def _read_folder(folder: Path, codes: Path | None, progress: Progress) -> _Input:
    found = find_files(folder)
    synthetic = read_marker(folder)
    beside = folder / CODE_LIST
    code_list = read_code_list(codes or beside) if codes or beside.exists() else without_code_list()
    files = {table: [open_csv(table, path, progress) for path in found.tables[table]] for table in TABLES}
    coded = [file for table in TABLES for file in files[table] if file.is_coded()]
    if coded and code_list.file is None:
        raise PlainError(
            f"{coded[0].name} holds codes, and there is no code list: put {CODE_LIST} beside it "
            "or name one with --codes FILE."
        )
    return _Input(files, code_list, bool(coded), synthetic, found.ignored)


def _make(made: Path, given: _Input, now: datetime, progress: Progress) -> SourceManifest:
    """Write the three canonical tables into the staging folder and describe them."""
    layouts = {
        table: layout(table, [name for file in given.files[table] for name in file.names]) for table in TABLES
    }
    tables = {table: made / f"{table}.parquet" for table in TABLES}
    for step, table in enumerate(TABLES):
        progress("converting", step, len(TABLES))
        _convert(given.files[table], layouts[table], given.codes, tables[table])
    progress("converting", len(TABLES), len(TABLES))
    checks.refuse_duplicates(tables["collisions"])
    for table in ("casualties", "vehicles"):
        checks.refuse_orphans(table, tables[table], tables["collisions"])
    if given.synthetic:
        refuse_false_marker(tables["collisions"])
    described = _describe(tables, layouts)
    paths = {str(table): path for table, path in tables.items()}
    return SourceManifest(
        sha256=content_hash(source_header("stats19", given.synthetic, described), paths, progress),
        source="stats19",
        synthetic=given.synthetic,
        licence=SYNTHETIC_LICENCE if given.synthetic else OGL,
        tables=described,
        provenance=Provenance(
            publisher="Lockedroom's synthesiser" if given.synthetic else "Department for Transport",
            files=_sources(given),
            form="coded" if given.coded else "labelled",
            importer_version=IMPORTER_VERSION,
            imported_at=now,
        ),
        unknown_codes=checks.unknown_codes(tables, layouts, given.codes),
        unrecognised_columns={
            table: list(layouts[table].unrecognised) for table in TABLES if layouts[table].unrecognised
        },
        ignored_files=given.ignored,
        datetime_disagreements=sum(checks.datetime_disagreements(file) for file in given.files["collisions"]),
    )


def _convert(files: list[CsvFile], layout: Layout, codes: CodeList, target: Path) -> None:
    for file in files:
        checks.refuse_bad_values(file, layout)
    frames = [canonical(file.scan(), file.names, layout, codes) for file in files]
    write_table(pl.concat(frames), target)
    rows = int(pl.scan_parquet(target, glob=False).select(pl.len()).collect().item())
    expected = sum(file.checked.rows for file in files)
    if rows != expected:
        names = ", ".join(file.name for file in files)
        raise PlainError(
            f"{names}: {expected:,} rows were counted but {rows:,} hold anything; "
            "the file is damaged or was changed while it was read."
        )


def _describe(tables: dict[Table, Path], layouts: dict[Table, Layout]) -> dict[str, TableManifest]:
    sizes = describe_tables({str(name): path for name, path in tables.items()})
    described = {}
    for table, path in tables.items():
        rows, sha256 = sizes[table]
        columns = [_column(table, name, dtype) for name, dtype in layouts[table].schema.items()]
        described[str(table)] = TableManifest(file=path.name, rows=rows, sha256=sha256, columns=columns)
    return described


def _column(table: Table, name: str, dtype: pl.DataType) -> ColumnManifest:
    known = find(table, name)
    return ColumnManifest(
        name=name,
        type="Datetime(us, UTC)" if isinstance(dtype, pl.Datetime) else str(dtype),
        kind=known.kind if known else "text",
        description=known.description if known else "Kept as it came: the importer has no description of it",
    )


def _sources(given: _Input) -> list[SourceFile]:
    """The files that were read. Of the code list only its hash tells anything: its form does not matter."""
    read = [
        SourceFile(
            name=file.name,
            role=table,
            bytes=file.checked.bytes,
            rows=file.checked.rows,
            sha256=file.checked.sha256,
        )
        for table in TABLES
        for file in given.files[table]
    ]
    codes = given.codes.file
    if codes is not None:
        read.append(
            SourceFile(
                name=codes.path.name, role="codes", bytes=codes.bytes, rows=codes.rows, sha256=codes.sha256
            )
        )
    return read
