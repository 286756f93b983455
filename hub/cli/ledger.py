"""``lockedroom ledger``: verify it, sign its head, show it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from hub.cli.context import console_actor, print_table, settings, shown, store
from hub.ledger import SignedHead, publish_head, read_anchors, sign_head
from hub.ledger import verify as verify_ledger
from hub.ledger.keys import PUBLIC_NAME, load_public_key, make_signing_key
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from hub.store.names import parse_project

app = typer.Typer(help="The record of what was decided and done.", no_args_is_help=True)


@app.command()
def verify(
    anchor: Annotated[
        Path | None,
        typer.Option(
            help="File of signed heads to compare with. Left out, the installation's own, if there is one."
        ),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="Public key of the heads. Left out, the one in the keys directory.")
    ] = None,
) -> None:
    """Walk the whole ledger; exit code 0 if it is intact, 1 with the place named if it is not."""
    chosen = settings()
    file = anchor or (chosen.anchors if chosen.anchors.exists() else None)
    heads: list[SignedHead] = []
    if file is not None:
        heads = list(read_anchors(file, load_public_key(public_key or chosen.keys / PUBLIC_NAME)))
    with store(chosen) as opened, opened.read() as session:
        result = verify_ledger(session, heads)
    typer.echo(shown(result), err=not result.intact)
    raise typer.Exit(0 if result.intact else 1)


@app.command()
def head(
    out: Annotated[
        Path | None,
        typer.Option(help="File to publish to. Left out, the installation's own file of signed heads."),
    ] = None,
) -> None:
    """Sign the ledger's end and publish it outside the database."""
    chosen = settings()
    file = (out or chosen.anchors).absolute()
    with store(chosen) as opened:
        key = make_signing_key(chosen.keys)
        with opened.write() as session:
            signed = sign_head(session, key, now=utc_now(), actor=console_actor())
        publish_head(signed, file)
    typer.echo(f"Entry {signed.seq}, head {signed.hash}, signed and published to {file}")


@app.command()
def show(
    last: Annotated[
        int, typer.Option(min=1, max=100_000, help="How many entries, counted from the end.")
    ] = 20,
    project: Annotated[str | None, typer.Option(help="Entries about this project only.")] = None,
) -> None:
    """Print the newest entries as a table."""
    query = select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(last)
    if project is not None:
        query = query.where(LedgerEntry.project == parse_project(project))
    with store() as opened, opened.read() as session:
        entries = list(session.scalars(query))[::-1]
    print_table(
        "Ledger",
        ["#", "When (UTC)", "What", "Who", "Project", "Details"],
        [[e.seq, e.at[:19].replace("T", " "), e.kind, e.actor, e.project, e.payload] for e in entries],
    )
