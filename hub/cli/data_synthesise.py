"""``lockedroom data synthesise``: files that describe nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datasets.synthetic import synthesise as synthesise_set
from hub.cli.data_context import bars


def synthesise(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the files.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files, byte for byte.")] = 7,
    collisions: Annotated[int, typer.Option(help="How many collisions.")] = 3000,
) -> None:
    """Write a small synthetic set in the shape of STATS19 files, which `data import stats19` reads."""
    with bars() as progress:
        result = synthesise_set(out, seed=seed, collisions=collisions, progress=progress)
    counts = ", ".join(f"{number:,} {table}" for table, number in result.rows.items())
    typer.echo(f"{'Already there' if result.existed else 'Written'}: {counts} (synthetic) in {out}")
