"""Which snapshot an extract is made of, and whether it may be."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from output_checker.errors import PlainError

from datasets import optout
from datasets.extract.layout import LAYOUTS, SnapshotManifest
from datasets.extract.spec import ExtractSpec
from datasets.manifest import LinkedManifest, SourceFile, read_manifest_as
from datasets.zone import DataZone, is_hash


def source_snapshot(zone: DataZone, spec: ExtractSpec) -> tuple[Path, SnapshotManifest]:
    """The pinned snapshot, or the one in use. Raises PlainError when it is not there."""
    layout = LAYOUTS[spec.source]
    parent = zone.sources(spec.source)
    name = spec.snapshot
    if name is None:
        pointer = parent / "current"
        if not pointer.is_file():
            raise PlainError(f"There are no {spec.source} data: {layout.how_to_get_it}.")
        name = pointer.read_text("ascii", errors="replace").strip()
    folder = parent / name
    if not is_hash(name) or not folder.is_dir():
        raise PlainError(f"The {spec.source} snapshot {name[:64]} is not in the data zone: make it again.")
    manifest = read_manifest_as(folder, layout.manifest)
    if manifest.sha256 != name:
        raise PlainError(f"{folder} does not bear the name of its content: move it away and make it again.")
    return folder, manifest


def parts_of(source: SnapshotManifest) -> dict[str, bool]:
    """Every source that records come from, and whether they are synthetic."""
    return source.parts if isinstance(source, LinkedManifest) else {source.source: source.synthetic}


def files_of(source: SnapshotManifest) -> list[SourceFile]:
    """The files that a snapshot comes from; of linked records, with the source before the table."""
    if not isinstance(source, LinkedManifest):
        return source.provenance.files
    return [
        file.model_copy(update={"role": f"{name} {file.role}"})
        for name, one in source.provenance.inputs.items()
        for file in one.files
    ]


def refuse_real(spec: ExtractSpec, source: SnapshotManifest, may_be_real: Collection[str]) -> None:
    """Raise PlainError where a source is real that may not be in this project."""
    real = [name for name, synthetic in parts_of(source).items() if not synthetic and name not in may_be_real]
    if real:
        raise PlainError(
            f"{spec.project} is a project of a tier that may not hold real records of {', '.join(real)}, and "
            f"{spec.source} {source.sha256[:12]} has them: approve synthetic data, or give the project another tier."
        )


def refuse_outdated(zone: DataZone, source: SnapshotManifest) -> None:
    """Raise PlainError for linked records if the opt-out list has changed since they were linked."""
    if isinstance(source, LinkedManifest) and optout.current(zone).sha256 != source.optout_sha256:
        raise PlainError(
            "The opt-out list has changed since the records were linked: run `lockedroom data link`, then make the "
            "extract again."
        )
