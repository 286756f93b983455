"""``lockedroom``: the installation's command line. Each group of commands is a file beside this one."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import typer
from output_checker.errors import PlainError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hub.store.faults import TRY_AGAIN_EXIT, sentence_for

app = typer.Typer(
    name="lockedroom",
    help="A secure data environment: locked rooms, an airlock, a ledger.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Command, and the module that holds it. A zone that is not installed leaves its commands out.
_GROUPS = {
    "people": "hub.cli.people",
    "project": "hub.cli.projects",
    "member": "hub.cli.members",
    "ledger": "hub.cli.ledger",
    "data": "hub.cli.data",
    "airlock": "hub.cli.airlock",
    "room": "hub.cli.room",
    "ingress": "hub.cli.ingress",
}
_COMMANDS = {"init": "hub.cli.init", "serve": "hub.cli.serve", "passed": "hub.cli.passed"}


def _mount(asked: str | None) -> None:
    """Load the command that was asked for, or all of them: each zone's libraries take their time to load."""
    known = asked in _COMMANDS or asked in _GROUPS
    for name, module in _COMMANDS.items():
        if (name == asked or not known) and _installed(module):
            app.command(name)(getattr(importlib.import_module(module), name))
    for name, module in _GROUPS.items():
        if (name == asked or not known) and _installed(module):
            app.add_typer(importlib.import_module(module).app, name=name)


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


@app.callback()
def _lockedroom() -> None:
    """Makes every command a sub-command, however few are installed."""


_mount(sys.argv[1] if len(sys.argv) > 1 else None)


def main() -> None:
    """Run a command. What a person did wrong, or a database cannot do, ends in one sentence and an exit code."""
    try:
        app()
    except PlainError as error:
        _leave(error.sentence, error.exit_code)
    except DBAPIError as error:
        _leave(sentence_for(error), TRY_AGAIN_EXIT)
    except PoolTimeoutError:
        _leave("The database is busy: wait a moment and try again.", TRY_AGAIN_EXIT)


def _leave(sentence: str, code: int) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(code)
