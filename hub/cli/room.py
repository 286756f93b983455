"""``lockedroom room``: prove that rooms hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli.context import console_actor, print_table, settings, store
from hub.prove.attempt import Outcome
from hub.prove.proof import Proof, prove
from hub.prove.record import record_proof
from hub.settings import Settings
from hub.store.clock import utc_now

app = typer.Typer(help="The locked rooms.", no_args_is_help=True)


class Backend(StrEnum):
    """What can isolate rooms."""

    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"


@app.callback()
def _room() -> None:
    """Makes every command a sub-command, however few there are."""


@app.command("prove")
def prove_rooms(
    backend: Annotated[
        Backend | None,
        typer.Option(help="What isolates the room that is attacked. Left out, what isolates rooms here."),
    ] = None,
) -> None:
    """Attack a room made for it, and print what was tried, what happened, and whether the room held.

    Exit code 0 if everything held, 1 if something did not. What this machine cannot have is named and not tried.
    The ledger keeps the result.
    """
    chosen = settings()
    if backend is not None:
        chosen = chosen.model_copy(update={"rooms": backend.value})
    with store(chosen) as opened:
        proof = _with_progress(chosen)
        record_proof(opened, proof, actor=console_actor(), now=utc_now())
    print_table(
        f"Rooms in {proof.backend}",
        ["Family", "What was tried", "What happened", "Result"],
        [
            [result.family, result.attempt.tried, result.judgement.happened, result.judgement.outcome]
            for result in proof.results
        ],
    )
    typer.echo(_summary(proof))
    raise typer.Exit(0 if proof.holds else 1)


def _with_progress(chosen: Settings) -> Proof:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting the room", total=None)

        def show(done: int, of: int, name: str) -> None:
            bars.update(task, completed=done, total=of, description=name or "done")

        return prove(chosen, progress=show)


def _summary(proof: Proof) -> str:
    counts = ", ".join(f"{proof.count(outcome)} {outcome}" for outcome in Outcome if proof.count(outcome))
    verdict = "These rooms hold." if proof.holds else "These rooms do NOT hold: open none."
    return f"{len(proof.results)} attempts in {proof.seconds:.1f} s: {counts}. {verdict}"
