"""``lockedroom data opt-out``, ``import`` and ``sources``: what keepers send comes into the data zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from output_checker.errors import PlainError

from datasets.inventory import SourceState, opt_out_in_force, source_states
from datasets.manifest import HealthManifest, OptOutManifest, SourceManifest
from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.stats19 import import_stats19
from hub.cli.context import console_actor, print_table, settings, shown, store
from hub.cli.data_context import bars, counts, zone
from hub.ledger import EventKind, append
from hub.store import Store
from hub.store.clock import utc_now

_SHOWN = 12


class SourceName(StrEnum):
    """Sources that can be imported."""

    STATS19 = "stats19"
    POPULATION = "population"
    GP = "gp"
    HOSPITAL = "hospital"
    AMBULANCE = "ambulance"


def opt_out(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list: one NHS number a line.")],
    empty: Annotated[bool, typer.Option("--empty", help="Nobody has opted out: the list is empty.")] = False,
) -> None:
    """Take the national data opt-out list; imports from now on leave out whoever is in it."""
    chosen, now = settings(), utc_now()
    with store(chosen) as opened:

        def record(manifest: OptOutManifest, before: str | None) -> None:
            payload = {"list": manifest.sha256, "persons": manifest.persons, "before": before}
            with opened.write() as session:
                append(session, EventKind.OPT_OUT_TAKEN, actor=console_actor(), now=now, payload=payload)

        result = take_list(zone(chosen), file, now=now, may_be_empty=empty, record=record)
    manifest = result.manifest
    typer.echo(f"{'Already there' if result.existed else 'Taken'}: opt-out list {manifest.sha256}")
    typer.echo(f"  {manifest.persons:,} persons; {result.repeated:,} lines held a number again")
    _tell_what_to_import_again(source_states(zone(chosen)))


def import_source(
    source: Annotated[SourceName, typer.Argument(help="What the files are.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds the files.")],
    codes: Annotated[
        Path | None,
        typer.Option(help="The code list of stats19, where it is not DIR/code_labels.csv.", metavar="FILE"),
    ] = None,
) -> None:
    """Import a source as an immutable snapshot; health records without persons who have opted out."""
    if codes is not None and source is not SourceName.STATS19:
        raise PlainError(f"--codes goes with stats19 only: leave it out for {source.value}.")
    chosen, now = settings(), utc_now()
    manifest: SourceManifest | HealthManifest
    with store(chosen) as opened, bars() as progress:
        data, record = zone(chosen), _recorder(opened, now)
        if source is SourceName.STATS19:
            made = import_stats19(data, folder, now=now, codes=codes, progress=progress, record=record)
            manifest, existed, about = made.manifest, made.existed, _about_stats19(made.manifest)
        else:
            kept = import_health(data, source.value, folder, now=now, progress=progress, record=record)
            manifest, existed, about = kept.manifest, kept.existed, _about_health(kept.manifest)
    typer.echo(f"{'Already there' if existed else 'Imported'}: {source.value} {manifest.sha256}")
    for line in (*about, f"{manifest.licence}."):
        typer.echo(f"  {line}")


def sources() -> None:
    """Print what is in the data zone: each source's snapshot, its rows, and the opt-out list it was made with."""
    data = zone(settings())
    in_force, states = opt_out_in_force(data), source_states(data)
    rows = [
        [
            state.source,
            state.sha256[:_SHOWN],
            ", ".join(f"{number:,} {table}" for table, number in state.rows.items()),
            "synthetic" if state.synthetic else "real",
            state.imported_at,
            state.optout_sha256 and state.optout_sha256[:_SHOWN],
            "out of date" if state.out_of_date else "in use",
        ]
        for state in states
    ]
    print_table("Sources", ["Source", "Snapshot", "Rows", "Data", "Imported (UTC)", "Opt-out", "State"], rows)
    if in_force is None:
        typer.echo("No national data opt-out list has been given.")
    else:
        typer.echo(
            f"Opt-out list in force: {in_force.sha256[:_SHOWN]}, {in_force.count:,} persons, "
            f"given {shown(in_force.taken_at)} UTC."
        )
    _tell_what_to_import_again(states)


def _tell_what_to_import_again(states: list[SourceState]) -> None:
    old = [state.source for state in states if state.out_of_date]
    imported = [source for source in old if source != "linked"]
    if imported:
        typer.echo(f"Made with another opt-out list, so import again: {', '.join(imported)}.")
    if len(imported) < len(old):
        typer.echo("Linked with another opt-out list, so link again: run `lockedroom data link`.")


def _recorder(opened: Store, now: datetime) -> Callable[[SourceManifest | HealthManifest], None]:
    def record(manifest: SourceManifest | HealthManifest) -> None:
        payload: dict[str, object] = {
            "source": manifest.source,
            "snapshot": manifest.sha256,
            "rows": {name: table.rows for name, table in manifest.tables.items()},
            "synthetic": manifest.synthetic,
        }
        if isinstance(manifest, HealthManifest):
            payload["optout"] = manifest.optout_sha256
            payload["opted_out"] = {name: rows.opted_out for name, rows in manifest.rows.items()}
        with opened.write() as session:
            append(session, EventKind.DATA_IMPORTED, actor=console_actor(), now=now, payload=payload)

    return record


def _about_stats19(manifest: SourceManifest) -> Iterator[str]:
    kind = f"{manifest.provenance.form} files" + (", synthetic" if manifest.synthetic else "")
    yield f"{counts(manifest.tables)}; {kind}"
    unknown = sum(
        number
        for table in manifest.unknown_codes.values()
        for values in table.values()
        for number in values.values()
    )
    if unknown:
        yield f"{unknown:,} values are not in the code list; they were kept, and the manifest counts them."
    if manifest.ignored_files:
        yield f"Not read: {', '.join(shown(name) for name in manifest.ignored_files)}"


def _about_health(manifest: HealthManifest) -> Iterator[str]:
    yield counts(manifest.tables) + ("; synthetic" if manifest.synthetic else "")
    left_out = ", ".join(f"{rows.opted_out:,} {name}" for name, rows in manifest.rows.items())
    yield f"Left out, of persons who have opted out: {left_out}"
    unknown = {
        name: rows.without_nhs_number for name, rows in manifest.rows.items() if rows.without_nhs_number
    }
    if unknown:
        yield f"Without NHS number: {', '.join(f'{number:,} {name}' for name, number in unknown.items())}"
