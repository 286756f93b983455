"""``lockedroom data import``: what keepers send comes into the data zone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from datasets.sources.stats19 import import_stats19
from hub.cli.context import settings, shown
from hub.cli.data_context import bars, counts, zone
from hub.store.clock import utc_now


class SourceName(StrEnum):
    """Sources that can be imported."""

    STATS19 = "stats19"


def import_source(
    source: Annotated[SourceName, typer.Argument(help="What the files are.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds the CSV files.")],
    codes: Annotated[
        Path | None,
        typer.Option(help="The code list, where it is not DIR/code_labels.csv.", metavar="FILE"),
    ] = None,
) -> None:
    """Import the Department for Transport's STATS19 files, coded or labelled, as an immutable snapshot."""
    with bars() as progress:
        result = import_stats19(zone(settings()), folder, now=utc_now(), codes=codes, progress=progress)
    manifest = result.manifest
    typer.echo(f"{'Already there' if result.existed else 'Imported'}: {source.value} {manifest.sha256}")
    kind = f"{manifest.provenance.form} files" + (", synthetic" if manifest.synthetic else "")
    typer.echo(f"  {counts(manifest.tables)}; {kind}")
    unknown = sum(
        number
        for table in manifest.unknown_codes.values()
        for values in table.values()
        for number in values.values()
    )
    if unknown:
        typer.echo(
            f"  {unknown:,} values are not in the code list; they were kept, and the manifest counts them."
        )
    if manifest.ignored_files:
        typer.echo(f"  Not read: {', '.join(shown(name) for name in manifest.ignored_files)}")
    typer.echo(f"  {manifest.licence}.")
