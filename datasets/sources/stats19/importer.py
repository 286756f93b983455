"""Import the Department for Transport's STATS19 files as an immutable, labelled snapshot."""

from __future__ import annotations

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
)
from datasets.sources.stats19.canonical import (
    NULLS,
    WHAT,
    Layout,
    canonical,
    is_bad,
    is_unlisted,
    layout,
    stated_datetime,
    typed_value,
    utc_datetime,
)
from datasets.sources.stats19.codes import CodeList, read_code_list, without_code_list
from datasets.sources.stats19.columns import COLUMNS, TABLES, Column, Table, canonical_names, find
from datasets.sources.stats19.files import CODE_LIST, find_files
from datasets.sources.stats19.reading import CheckedFile, check_csv
from datasets.synthetic.marker import read_marker, refuse_false_marker
from datasets.zone import DataZone

IMPORTER_VERSION = 1
_FORM_COLUMN: dict[Table, str] = {
    "collisions": "collision_severity",
    "casualties": "casualty_severity",
    "vehicles": "vehicle_type",
}


@dataclass(frozen=True)
class ImportResult:
    """Where the snapshot is, its manifest, and whether it was there before."""

    folder: Path
    manifest: SourceManifest
    existed: bool


@dataclass(frozen=True)
class _File:
    """A checked CSV file with its columns under canonical names."""

    checked: CheckedFile
    names: list[str]

    def scan(self) -> pl.LazyFrame:
        """The rows as text; lines with nothing on them are left out."""
        raw = pl.scan_csv(
            self.checked.path, infer_schema=False, null_values=NULLS, glob=False, truncate_ragged_lines=False
        )
        return raw.rename(dict(zip(self.checked.headings, self.names, strict=True)), strict=False).filter(
            ~pl.all_horizontal(pl.all().is_null())
        )


def import_stats19(
    zone: DataZone, folder: Path, *, now: datetime, codes: Path | None = None, progress: Progress = silent
) -> ImportResult:
    """Read a folder of STATS19 CSV files and put the canonical snapshot in the zone.

    The same records give the same snapshot in the coded and in the labelled form. The order of the rows is
    the files' (by name, then by line) and part of the content. Memory does not grow with the files, but for
    one pass over the references.

    Raises PlainError for anything wrong with the files; nothing is put in place then.
    """
    found = find_files(folder)
    synthetic = read_marker(folder)
    list_path = codes if codes is not None else folder / CODE_LIST
    code_list = read_code_list(list_path) if codes is not None or list_path.exists() else without_code_list()
    files = {table: [_checked(table, path, progress) for path in found.tables[table]] for table in TABLES}
    coded = [file for table in TABLES for file in files[table] if _is_coded(table, file)]
    if coded and code_list.path is None:
        raise PlainError(
            f"{coded[0].checked.path.name} holds codes, and there is no code list: put {CODE_LIST} beside it "
            "or name one with --codes FILE."
        )
    with plain_disk_errors(zone.root), zone.lock("source-stats19"):
        parent = zone.create_sources("stats19")
        with staging(parent) as made:
            tables: dict[Table, Path] = {}
            layouts: dict[Table, Layout] = {}
            for step, table in enumerate(TABLES):
                progress("converting", step, len(TABLES))
                layouts[table] = layout(table, [name for file in files[table] for name in file.names])
                tables[table] = made / f"{table}.parquet"
                _convert(files[table], layouts[table], code_list, tables[table])
            progress("converting", len(TABLES), len(TABLES))
            _refuse_duplicates(tables["collisions"])
            for table in ("casualties", "vehicles"):
                _refuse_orphans(table, tables[table], tables["collisions"])
            if synthetic:
                refuse_false_marker(tables["collisions"])
            described = _describe(tables, layouts)
            sha256 = content_hash(
                source_header("stats19", synthetic, described),
                {str(name): path for name, path in tables.items()},
                progress,
            )
            manifest = SourceManifest(
                sha256=sha256,
                source="stats19",
                synthetic=synthetic,
                licence=SYNTHETIC_LICENCE if synthetic else OGL,
                tables=described,
                provenance=Provenance(
                    publisher="Lockedroom's synthesiser" if synthetic else "Department for Transport",
                    files=_sources(files, code_list),
                    form="coded" if coded else "labelled",
                    importer_version=IMPORTER_VERSION,
                    imported_at=now,
                ),
                unknown_codes=_unknown_codes(tables, layouts, code_list),
                unrecognised_columns={
                    table: list(layouts[table].unrecognised)
                    for table in TABLES
                    if layouts[table].unrecognised
                },
                ignored_files=found.ignored,
                datetime_disagreements=sum(_datetime_disagreements(file) for file in files["collisions"]),
            )
            write_manifest(made, manifest)
            final = parent / sha256
            existed = not publish(made, final)
            if existed:
                verify_snapshot(final)
        replace_file(parent / "current", f"{sha256}\n".encode(), 0o444)
    return ImportResult(final, manifest, existed)


def _checked(table: Table, path: Path, progress: Progress) -> _File:
    checked = check_csv(path, progress)
    names = canonical_names(checked.headings)
    seen: dict[str, str] = {}
    for heading, name in zip(checked.headings, names, strict=True):
        if name in seen:
            raise PlainError(f"{path.name} has two columns for {name}: '{seen[name]}' and '{heading}'.")
        seen[name] = heading
    for column in COLUMNS[table]:
        if column.required and column.name not in names:
            raise PlainError(
                f"{path.name} has no column '{column.name}'{_also_called(column)}, which {table} need."
            )
    return _File(checked, names)


def _also_called(column: Column) -> str:
    others = []
    if column.name.endswith("_historic"):
        others.append(column.name.removesuffix("_historic"))
    if "collision" in column.name:
        others.append(column.name.replace("collision", "accident"))
    if column.name == "vehicle_left_hand_drive":
        others.append("was_vehicle_left_hand_drive")
    return f" (or '{others[0]}')" if others else ""


def _is_coded(table: Table, file: _File) -> bool:
    """Whether the column that is a label in every labelled file holds whole numbers only."""
    value = pl.col(_FORM_COLUMN[table]).str.strip_chars()
    return not bool(
        file.scan().select((~value.str.contains(r"^-?[0-9]+$")).any()).collect(engine="streaming").item()
    )


def _convert(files: list[_File], layout: Layout, codes: CodeList, target: Path) -> None:
    for file in files:
        _refuse_bad_values(file, layout)
    frames = [canonical(file.scan(), file.names, layout, codes) for file in files]
    pl.concat(frames).sink_parquet(target, maintain_order=True, row_group_size=200_000, engine="streaming")
    rows = int(pl.scan_parquet(target, glob=False).select(pl.len()).collect().item())
    expected = sum(file.checked.rows for file in files)
    if rows != expected:
        names = ", ".join(file.checked.path.name for file in files)
        raise PlainError(
            f"{names}: {expected:,} rows were counted but {rows:,} hold anything; the file is damaged or "
            "was changed while it was read."
        )


def _refuse_bad_values(file: _File, layout: Layout) -> None:
    columns = [column for column in layout.columns if column.kind in WHAT and column.name in file.names]
    counts = (
        file.scan()
        .select(is_bad(column).sum().alias(column.name) for column in columns)
        .collect(engine="streaming")
    )
    for column in columns:
        bad = int(counts[column.name].item())
        if bad:
            first = (
                file.scan()
                .with_row_index("row", offset=1)
                .filter(is_bad(column))
                .select("row", column.name)
                .head(1)
                .collect()
            )
            row, value = first.row(0)
            heading = file.checked.headings[file.names.index(column.name)]
            said = "nothing" if value is None else repr(str(value)[:40])
            raise PlainError(
                f"{file.checked.path.name}: row {row:,} says {said} in '{heading}', which is not "
                f"{WHAT[column.kind]}; "
                f"{bad:,} {'row does' if bad == 1 else 'rows do'}."
            )


def _refuse_duplicates(collisions: Path) -> None:
    counted = (
        pl.scan_parquet(collisions, glob=False).group_by("collision_index").len().filter(pl.col("len") > 1)
    )
    twice = counted.select(pl.len(), pl.col("collision_index").min()).collect(engine="streaming")
    number, example = twice.row(0)
    if number:
        raise PlainError(
            f"{number:,} collision references stand more than once in the collision files (such as "
            f"{example}): "
            "are two files of the same year there?"
        )


def _refuse_orphans(table: Table, path: Path, collisions: Path) -> None:
    """A record whose collision is missing would vanish from every extract unseen: refuse the set."""
    known = pl.scan_parquet(collisions, glob=False).select("collision_index")
    lost = (
        pl.scan_parquet(path, glob=False)
        .select("collision_index")
        .join(known, on="collision_index", how="anti")
    )
    number, example = (
        lost.select(pl.len(), pl.col("collision_index").min()).collect(engine="streaming").row(0)
    )
    if number:
        raise PlainError(
            f"{number:,} {table} belong to collisions that are not in the collision files (such as "
            f"{example}): "
            "are the files of the same years?"
        )


def _describe(tables: dict[Table, Path], layouts: dict[Table, Layout]) -> dict[str, TableManifest]:
    sizes = describe_tables({str(name): path for name, path in tables.items()})
    described = {}
    for table, path in tables.items():
        columns = []
        for name, dtype in layouts[table].schema.items():
            known = find(table, name)
            columns.append(
                ColumnManifest(
                    name=name,
                    type=_type_name(dtype),
                    kind=known.kind if known else "text",
                    description=known.description
                    if known
                    else "Kept as it came: the importer has no description of it",
                )
            )
        rows, sha256 = sizes[table]
        described[str(table)] = TableManifest(file=path.name, rows=rows, sha256=sha256, columns=columns)
    return described


def _type_name(dtype: pl.DataType) -> str:
    return "Datetime(us, UTC)" if isinstance(dtype, pl.Datetime) else str(dtype)


def _sources(files: dict[Table, list[_File]], codes: CodeList) -> list[SourceFile]:
    read = [
        SourceFile(name=c.path.name, role=table, bytes=c.bytes, rows=c.rows, sha256=c.sha256)
        for table in TABLES
        for c in (file.checked for file in files[table])
    ]
    if codes.path is not None and codes.sha256 is not None:
        rows = len(codes.path.read_bytes().splitlines()) - 1
        read.append(
            SourceFile(
                name=codes.path.name,
                role="codes",
                bytes=codes.path.stat().st_size,
                rows=rows,
                sha256=codes.sha256,
            )
        )
    return read


def _unknown_codes(
    tables: dict[Table, Path], layouts: dict[Table, Layout], codes: CodeList
) -> dict[str, dict[str, dict[str, int]]]:
    """Count what the code list does not have; columns it does not list have nothing to compare with."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for table, path in tables.items():
        for column in layouts[table].columns:
            listed = codes.of(table, column.name)
            if column.kind != "category":
                continue
            unlisted = (
                is_unlisted(column.name, listed)
                if listed.labels
                else pl.col(column.name).str.starts_with("Unknown code ")
            )
            counted = (
                pl.scan_parquet(path, glob=False)
                .filter(unlisted)
                .group_by(column.name)
                .len()
                .collect(engine="streaming")
            )
            values = {str(value): int(number) for value, number in counted.sort(column.name).iter_rows()}
            if values:
                found.setdefault(str(table), {})[column.name] = values
    return found


def _datetime_disagreements(file: _File) -> int:
    if "datetime" not in file.names:
        return 0
    own = stated_datetime()
    typed = [
        typed_value(column).alias(column.name)
        for column in COLUMNS["collisions"]
        if column.name in ("date", "time")
    ]
    compared = file.scan().select(own.alias("own"), *typed).select((pl.col("own") != utc_datetime()).sum())
    return int(compared.collect(engine="streaming").item())
