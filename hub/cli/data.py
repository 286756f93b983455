"""``lockedroom data``: each command is in a file beside this one."""

from __future__ import annotations

import typer

from hub.cli.data_extract import extract
from hub.cli.data_link import link
from hub.cli.data_sources import import_source, opt_out, sources
from hub.cli.data_synthesise import synthesise

app = typer.Typer(no_args_is_help=True, help="The data zone: sources in, extracts for projects out.")

app.command()(opt_out)
app.command("import")(import_source)
app.command()(sources)
app.command()(link)
app.command()(synthesise)
app.command()(extract)
