"""``output-checker stage`` and ``output-checker replies``: the same as the magics, from a terminal in the room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from output_checker.staging import reply as reply_form
from output_checker.staging.magic import WHAT_NEXT
from output_checker.staging.precheck import lines_about
from output_checker.staging.writing import OUTBOX
from output_checker.staging.writing import stage as write_bundle


def stage(
    files: Annotated[
        list[Path], typer.Argument(help="The files that should leave the room.", show_default=False)
    ],
    context: Annotated[
        str | None,
        typer.Option(help="For the output checkers: what it is, which people it counts, how many."),
    ] = None,
    outbox: Annotated[Path, typer.Option(help="Where the airlock looks.")] = OUTBOX,
) -> None:
    """Stage files for release: the airlock takes a copy and checks it.

    What the pre-check finds is printed for information; the airlock checks its own copy in any case.
    """
    for line in lines_about(files):
        print(line)
    write_bundle(files, outbox=outbox, context=context)
    print(WHAT_NEXT)


def replies(
    inbox: Annotated[Path, typer.Option(help="Where the airlock answers.")] = reply_form.INBOX,
) -> None:
    """Show what the airlock answered: states, findings, comments."""
    found = reply_form.replies(inbox)
    if not found:
        print("The airlock has not answered anything yet.")
    for item in found:
        print(reply_form.as_text(item))
