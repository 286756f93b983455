"""``lockedroom data``: import sources, synthesise a set, make a project's extract."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from datasets.extract import ExtractSpec, make_extract
from datasets.manifest import ExtractManifest, TableManifest
from datasets.progress import Progress
from datasets.sources.stats19 import import_stats19
from datasets.synthetic import synthesise as synthesise_set
from datasets.zone import DataZone, checked_slug
from hub.cli.context import console_actor, settings, shown, store
from hub.governance import approved_extract
from hub.governance.lookup import find_project
from hub.governance.policies import projects as project_policy
from hub.ledger import EventKind, append
from hub.settings import Settings
from hub.store import Store
from hub.store.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="The data zone: sources in, extracts for projects out.")


class Source(StrEnum):
    """Sources that can be imported."""

    STATS19 = "stats19"


@app.command("import")
def import_source(
    source: Annotated[Source, typer.Argument(help="What the files are.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds the CSV files.")],
    codes: Annotated[
        Path | None,
        typer.Option(help="The code list, where it is not DIR/code_labels.csv.", metavar="FILE"),
    ] = None,
) -> None:
    """Import the Department for Transport's STATS19 files, coded or labelled, as an immutable snapshot."""
    with _bars() as progress:
        result = import_stats19(_zone(settings()), folder, now=utc_now(), codes=codes, progress=progress)
    manifest = result.manifest
    typer.echo(f"{'Already there' if result.existed else 'Imported'}: {source.value} {manifest.sha256}")
    kind = f"{manifest.provenance.form} files" + (", synthetic" if manifest.synthetic else "")
    typer.echo(f"  {_counts(manifest.tables)}; {kind}")
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


@app.command()
def synthesise(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the files.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files, byte for byte.")] = 7,
    collisions: Annotated[int, typer.Option(help="How many collisions.")] = 3000,
) -> None:
    """Write a small synthetic set in the shape of STATS19 files, which `data import stats19` reads."""
    with _bars() as progress:
        result = synthesise_set(out, seed=seed, collisions=collisions, progress=progress)
    counts = ", ".join(f"{number:,} {table}" for table, number in result.rows.items())
    typer.echo(f"{'Already there' if result.existed else 'Written'}: {counts} (synthetic) in {out}")


@app.command()
def extract(
    project: Annotated[str, typer.Argument(help="The project's short name.")],
) -> None:
    """Make the extract that the committee approved for PROJECT: approved columns and rows, pseudonymised."""
    chosen = settings()
    now = utc_now()
    slug = checked_slug(project)
    with store(chosen) as opened:
        tier, approved = _approved(opened, slug, now)
        approval = approval_hash(approved)
        spec = ExtractSpec.approved(slug, {**approved, "approval": {"sha256": approval}})

        def record(manifest: ExtractManifest) -> None:
            with opened.write() as session:
                append(
                    session,
                    EventKind.EXTRACT_MADE,
                    actor=console_actor(),
                    project=slug,
                    now=now,
                    payload={
                        "snapshot": manifest.sha256,
                        "source": f"{manifest.provenance.source}/{manifest.provenance.source_sha256}",
                        "rows": {name: table.rows for name, table in manifest.tables.items()},
                        "approval": approval,
                    },
                )

        with _bars() as progress:
            result = make_extract(
                _zone(chosen),
                spec,
                now=now,
                progress=progress,
                record=record,
                only_synthetic=tier == "synthetic",
            )
    typer.echo(f"{'Already there' if result.existed else 'Made'}: extract {result.manifest.sha256} of {slug}")
    typer.echo(f"  {_counts(result.manifest.tables)}{'; synthetic' if result.manifest.synthetic else ''}")


def approval_hash(approved: dict[str, Any]) -> str:
    """SHA-256 of an approval in the canonical JSON in which the store keeps it."""
    text = json.dumps(approved, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _approved(opened: Store, project: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """The project's tier and what was approved for it. Raises NotFound, or NotNow once the project is over."""
    with opened.read() as session:
        found = find_project(session, project)
        project_policy.check_is_open(closed=found.closed_at is not None, ends_at=found.ends_at, now=now)
        return found.tier, approved_extract(session, project)


def _zone(chosen: Settings) -> DataZone:
    return DataZone(chosen.state / "data")


def _counts(tables: dict[str, TableManifest]) -> str:
    return ", ".join(f"{table.rows:,} {name}" for name, table in tables.items())


@contextmanager
def _bars() -> Iterator[Progress]:
    """Progress bars on standard error, one per step; nothing when nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        steps: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in steps:
                steps[step] = bars.add_task(escape(step), total=total)
            bars.update(steps[step], completed=done, total=total)

        yield show
