"""The manifest beside a snapshot's tables: what they are, where they come from, how many rows they have."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE_NAME = "manifest.json"
OGL = "Contains public sector information licensed under the Open Government Licence v3.0"
SYNTHETIC_LICENCE = "Synthetic data: no record describes a real collision or person"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnManifest(_Model):
    """One column of a table."""

    name: str
    type: str = Field(description="polars type: String, Int64, Float64, Date, Time, Datetime(us, UTC)")
    kind: str = Field(
        description="reference, pseudonym, integer, number, category, text, date, time or datetime"
    )
    description: str


class TableManifest(_Model):
    """One table: its Parquet file, its size and its columns in order."""

    file: str
    rows: int
    sha256: str = Field(description="of the Parquet file's bytes")
    columns: list[ColumnManifest]


class SourceFile(_Model):
    """One file that was read."""

    name: str
    role: str = Field(description="collisions, casualties, vehicles or codes")
    bytes: int
    rows: int
    sha256: str


class Provenance(_Model):
    """Where a source snapshot comes from."""

    publisher: str
    files: list[SourceFile]
    form: Literal["labelled", "coded"]
    importer_version: int
    imported_at: datetime


class SourceManifest(_Model):
    """The manifest of an imported source."""

    format: Literal[1] = 1
    sha256: str
    source: Literal["stats19"]
    synthetic: bool
    licence: str
    tables: dict[str, TableManifest]
    provenance: Provenance
    unknown_codes: dict[str, dict[str, dict[str, int]]] = Field(
        description="table, column, value: rows that hold a code or label which the code list does not have"
    )
    unrecognised_columns: dict[str, list[str]] = Field(
        description="table: columns kept as text because the importer has no description of them"
    )
    ignored_files: list[str]
    datetime_disagreements: int = Field(
        description="rows whose own datetime differs from date and time in London"
    )

    def header(self) -> dict[str, Any]:
        """The part of the snapshot's name that is not rows."""
        return source_header(self.source, self.synthetic, self.tables)


class ExtractProvenance(_Model):
    """Where an extract comes from."""

    source: str
    source_sha256: str
    source_files: list[SourceFile]
    source_rows: dict[str, int]
    extractor_version: int
    made_at: datetime


class ExtractManifest(_Model):
    """The manifest of a project's extract; it lies in the room and holds no identifier."""

    format: Literal[1] = 1
    sha256: str
    project: str
    synthetic: bool
    licence: str
    tables: dict[str, TableManifest]
    provenance: ExtractProvenance
    approved: dict[str, Any] = Field(description="the specification that was approved: tables, columns, rows")

    def header(self) -> dict[str, Any]:
        """The part of the extract's name that is not rows."""
        return extract_header(
            self.project, self.provenance.source_sha256, self.synthetic, self.approved, self.tables
        )


def schema_of(tables: dict[str, TableManifest]) -> dict[str, list[list[str]]]:
    """Names and types of columns, table by table."""
    return {name: [[column.name, column.type] for column in table.columns] for name, table in tables.items()}


def source_header(source: str, synthetic: bool, tables: dict[str, TableManifest]) -> dict[str, Any]:
    """What names a source snapshot besides its rows; not whether the files were coded or labelled."""
    return {"kind": "source", "source": source, "synthetic": synthetic, "schema": schema_of(tables)}


def extract_header(
    project: str,
    source_sha256: str,
    synthetic: bool,
    approved: dict[str, Any],
    tables: dict[str, TableManifest],
) -> dict[str, Any]:
    """What names an extract besides its rows: another approval is another extract."""
    return {
        "kind": "extract",
        "project": project,
        "source": source_sha256,
        "synthetic": synthetic,
        "approved": approved,
        "schema": schema_of(tables),
    }


def read_manifest(folder: Path) -> SourceManifest | ExtractManifest:
    """The manifest of a snapshot's folder. Raises PlainError if it is missing or not one of ours."""
    path = folder / FILE_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlainError(
            f"{path} cannot be read: the snapshot is not whole; move it away and make it again."
        ) from error
    for model in (SourceManifest, ExtractManifest):
        try:
            return model.model_validate_json(content)
        except ValidationError:
            continue
    raise PlainError(f"{path} is not a manifest of this version: move the snapshot away and make it again.")


def write_manifest(folder: Path, manifest: SourceManifest | ExtractManifest) -> None:
    """Write the manifest into a staging folder."""
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
