"""The manifest beside a snapshot's tables: what they are, where they come from, how many rows they have."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets.link.described import Linkage

FILE_NAME = "manifest.json"
OGL = "Contains public sector information licensed under the Open Government Licence v3.0"
SYNTHETIC_LICENCE = "Synthetic data: no record describes a real collision or person"
AROUND_PUBLISHED_LICENCE = (
    f"Synthetic data around published police records of collisions: no person is real. {OGL}"
)
CONFIDENTIAL = "Confidential patient information, used as its keeper agreed"


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
    role: str = Field(description="the table that it holds, or codes")
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


class KeeperProvenance(_Model):
    """Which files of a keeper a health source was made of."""

    keeper: str
    files: list[SourceFile]
    importer_version: int
    imported_at: datetime


class RowCounts(_Model):
    """What became of the rows of one table."""

    read: int = Field(description="rows in the keeper's file")
    opted_out: int = Field(description="rows dropped because of the national data opt-out")
    kept: int
    without_nhs_number: int | None = Field(
        description="rows kept whose person is not known; null in a table that is not about persons"
    )


class HealthManifest(_Model):
    """The manifest of an imported health source: attributes, with persons under pseudonyms."""

    format: Literal[1] = 1
    sha256: str
    source: Literal["population", "gp", "hospital", "ambulance"]
    synthetic: bool
    licence: str
    tables: dict[str, TableManifest]
    identifiers_sha256: str = Field(description="of what the split-off identifiers say, table by table")
    optout_sha256: str = Field(description="the opt-out list whose persons were left out")
    linkage_key: str = Field(description="fingerprint of the key that made the pseudonyms in `person`")
    rows: dict[str, RowCounts] = Field(description="table: what became of its rows")
    provenance: KeeperProvenance

    def header(self) -> dict[str, Any]:
        """The part of the snapshot's name that is not rows."""
        return source_header(self.source, self.synthetic, self.tables) | {
            "identifiers": self.identifiers_sha256,
            "opt-out": self.optout_sha256,
            "linkage key": self.linkage_key,
        }


class IdentifiersManifest(_Model):
    """The manifest of the identifiers that were split off from a health source.

    They lie in a folder of the same name as the source's.
    """

    format: Literal[1] = 1
    sha256: str = Field(description="of what the tables say; the source's manifest has it too")
    source: Literal["population", "gp", "hospital", "ambulance"]
    tables: dict[str, TableManifest]

    def header(self) -> dict[str, Any]:
        """What the hash covers besides rows."""
        return {"kind": "identifiers", "source": self.source, "schema": schema_of(self.tables)}


class OptOutManifest(_Model):
    """The manifest of a national data opt-out list."""

    format: Literal[1] = 1
    sha256: str
    persons: int = Field(description="different NHS numbers in the list")
    linkage_key: str = Field(description="fingerprint of the key that made the pseudonyms in `person`")
    tables: dict[str, TableManifest]
    taken_at: datetime

    def header(self) -> dict[str, Any]:
        """The part of the snapshot's name that is not rows.

        The name cannot be undone by hashing numbers: it covers pseudonyms, which need the key.
        """
        return {"kind": "opt-out", "linkage key": self.linkage_key, "schema": schema_of(self.tables)}


class LinkedInput(_Model):
    """One snapshot that was linked."""

    sha256: str
    synthetic: bool
    licence: str
    files: list[SourceFile]


class LinkedProvenance(_Model):
    """What linked records were made of."""

    inputs: dict[str, LinkedInput] = Field(description="source: its snapshot")
    truth_sha256: str | None = Field(description="of the truth that the links were measured with, if any")
    linker_version: int
    linked_at: datetime


class LinkedManifest(_Model):
    """The manifest of linked records: the sources' tables side by side, and the links between them."""

    format: Literal[1] = 1
    sha256: str
    source: Literal["linked"] = "linked"
    synthetic: bool = Field(description="whether every part is synthetic")
    licence: str
    tables: dict[str, TableManifest]
    optout_sha256: str = Field(description="the opt-out list whose persons were left out")
    linkage_key: str = Field(description="fingerprint of the key that made the pseudonyms in `person`")
    linkage: Linkage
    provenance: LinkedProvenance

    @property
    def parts(self) -> dict[str, bool]:
        """Source: whether its records are synthetic."""
        return {name: one.synthetic for name, one in self.provenance.inputs.items()}

    def header(self) -> dict[str, Any]:
        """The part of the snapshot's name that is not rows."""
        hospital = self.linkage.ambulance_hospital
        return source_header(self.source, self.synthetic, self.tables) | {
            "inputs": {name: one.sha256 for name, one in self.provenance.inputs.items()},
            "opt-out": self.optout_sha256,
            "linkage key": self.linkage_key,
            "model": self.linkage.police_ambulance.model.version,
            "threshold": self.linkage.police_ambulance.threshold,
            "rule": None if hospital is None else [hospital.rule, hospital.rule_version],
            "truth": self.provenance.truth_sha256,
            "linker": self.provenance.linker_version,
        }


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
    parts: dict[str, bool] = Field(default={}, description="source: whether its records are synthetic")
    optout_sha256: str | None = Field(
        default=None, description="the opt-out list whose persons were left out of linked records"
    )
    linkage: Linkage | None = Field(default=None, description="how linked records were linked, and how well")

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


Manifest = (
    SourceManifest | HealthManifest | IdentifiersManifest | OptOutManifest | LinkedManifest | ExtractManifest
)
M = TypeVar("M", bound=_Model)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot's folder. Raises PlainError if it is missing or not one of ours."""
    content = _content(folder)
    for model in get_args(Manifest):
        try:
            return cast(Manifest, model.model_validate_json(content))
        except ValidationError:
            continue
    raise _unknown(folder)


def read_manifest_as(folder: Path, model: type[M]) -> M:
    """The manifest of a snapshot that is of one kind. Raises PlainError if it is missing or another."""
    try:
        return model.model_validate_json(_content(folder))
    except ValidationError as error:
        raise _unknown(folder) from error


def _content(folder: Path) -> bytes:
    path = folder / FILE_NAME
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlainError(
            f"{path} cannot be read: the snapshot is not whole; move it away and make it again."
        ) from error


def _unknown(folder: Path) -> PlainError:
    return PlainError(
        f"{folder / FILE_NAME} is not a manifest of this version: move the snapshot away and make it again."
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a staging folder."""
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
