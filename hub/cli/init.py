"""``lockedroom init``: directories, keys, database."""

from __future__ import annotations

from pathlib import Path

import typer
from output_checker.errors import PlainError

from hub.cli.context import settings
from hub.ledger import open_ledger
from hub.ledger.keys import make_signing_key
from hub.store import prepare_store
from hub.store.clock import utc_now

# Rooms run as other users, but what they see is mounted by the hub: nobody else needs to walk here.
_DIRECTORIES = {
    "": 0o700,
    "keys": 0o700,
    "anchors": 0o755,
    "airlock": 0o700,
    "seats": 0o700,
    "projects": 0o700,
    "run": 0o700,
}


def init() -> None:
    """Create the state directory, keys and the database, or bring the database up to date. Safe to repeat."""
    chosen = settings()
    make_directories(chosen.state)
    make_signing_key(chosen.keys)
    opened = prepare_store(chosen.database)
    try:
        with opened.write() as session:
            open_ledger(session, now=utc_now())
    finally:
        opened.close()
    typer.echo(f"Ready: {chosen.state}")


def make_directories(state: Path) -> None:
    """The state directory's parts with their modes."""
    try:
        for name, mode in _DIRECTORIES.items():
            directory = state / name
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
            directory.chmod(mode)
    except OSError as error:
        raise PlainError(f"The state directory {state} cannot be made: {error.strerror}.") from None
