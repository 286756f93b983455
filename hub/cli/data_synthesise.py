"""``lockedroom data synthesise``: files that describe nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from output_checker.errors import PlainError

from datasets.progress import Progress
from datasets.synthetic import Synthesised
from datasets.synthetic import synthesise as synthesise_set
from datasets.synthetic.region import find_police_snapshot, synthesise_region
from hub.cli.context import settings
from hub.cli.data_context import bars, zone

_COLLISIONS = 3000


def synthesise(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the files.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files, byte for byte.")] = 7,
    collisions: Annotated[
        int | None,
        typer.Option(help=f"How many collisions, of a set of police files alone.  [default: {_COLLISIONS}]"),
    ] = None,
    people: Annotated[
        int | None,
        typer.Option(help="Make a region of so many people: population, GP, hospital, ambulance and police."),
    ] = None,
    police: Annotated[
        str | None,
        typer.Option(
            metavar="SNAPSHOT",
            help="Make the region around imported police records: a hash, its beginning, or the word current.",
        ),
    ] = None,
) -> None:
    """Write synthetic files that `data import` reads: a small set of police files, or a whole region."""
    if collisions is not None and (people is not None or police is not None):
        raise PlainError("--collisions is for a set of police files alone: leave it out of a region.")
    with bars() as progress:
        if people is None and police is None:
            number = _COLLISIONS if collisions is None else collisions
            result = synthesise_set(out, seed=seed, collisions=number, progress=progress)
        else:
            result = _region(out, seed, people, police, progress)
    counts = ", ".join(f"{number:,} {table.replace('_', ' ')}" for table, number in result.rows.items())
    typer.echo(f"{'Already there' if result.existed else 'Written'}: {counts} (synthetic) in {out}")


def _region(out: Path, seed: int, people: int | None, police: str | None, progress: Progress) -> Synthesised:
    snapshot = None if police is None else find_police_snapshot(zone(settings()), police)
    return synthesise_region(out, seed=seed, people=people, snapshot=snapshot, progress=progress)
