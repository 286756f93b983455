"""``lockedroom passed``: the code and the names of files that passed a project's doors, decrypted."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

import typer
from output_checker.errors import PlainError

from hub.cli.context import console_actor, settings, shown, store
from hub.door.cell_store import CellStore
from hub.governance.lookup import find_project
from hub.governance.texts import record_reading
from hub.store.clock import utc_now


def passed(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    reason: Annotated[str, typer.Option(help="Why they are read, in words; kept in the ledger.")],
    person: Annotated[str | None, typer.Option(help="Texts of this person only.")] = None,
    day: Annotated[str | None, typer.Option(help="Texts of this day only, as 2026-01-31 (UTC).")] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many, counted from the end.")] = 50,
) -> None:
    """Print what passed a project's doors (not: what ran), newest last; the ledger says first who reads it."""
    chosen, actor, now = settings(), console_actor(), utc_now()
    with store(chosen) as opened:
        with opened.read() as session:
            slug = find_project(session, project).slug
        texts, damaged = _texts(CellStore(chosen.state, slug), person, _day(day))
        texts = texts[-last:]
        with opened.write() as session:
            persons = {str(text["seat"]).partition(".")[0] for text in texts}
            record_reading(
                session, project=slug, persons=persons, texts=len(texts), reason=reason, actor=actor, now=now
            )
    for text in texts:
        typer.echo(_block(text))
    if damaged is not None:
        raise damaged
    if not texts:
        typer.echo("Nothing that passed the doors of this project is kept.")


def _texts(
    kept: CellStore, person: str | None, day: str | None
) -> tuple[list[dict[str, Any]], PlainError | None]:
    """What can be read, and the fault where a part cannot."""
    texts: list[dict[str, Any]] = []
    try:
        for text in kept.read():
            if person in {None, text["seat"].partition(".")[0]} and text["at"].startswith(day or ""):
                texts.append(text)
    except PlainError as error:
        return texts, error
    return texts, None


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise PlainError("Give a day as 2026-01-31.")


def _block(text: dict[str, Any]) -> str:
    head = (
        f"{text['at'][:19].replace('T', ' ')}  {text['seat']}  {text.get('kind', 'cell')}  #{text['number']}"
    )
    return "\n".join([shown(head), *("    " + shown(line) for line in text["code"].split("\n"))])
