"""Ending what a hub left running that will not start again: rooms, doors, the proxy."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from output_checker.errors import PlainError

from hub.proxy import PROXY_NOTE, running_proxy
from hub.rooms.choice import choose
from hub.rooms.docker_engine import remove_rooms
from hub.seat_remains import Remains, remains_of
from hub.settings import Settings

JUPYTERHUB_DATABASE = "jupyterhub.sqlite"


def end_all(settings: Settings) -> None:
    """End every process that a hub which has ended left behind. The next hub's ledger says that the seats closed."""
    asyncio.run(_end_processes(settings.state))
    if choose(settings) == "docker":
        try:
            remove_rooms(settings)
        except PlainError as error:
            print(f"Rooms may still run: {error.sentence}", file=sys.stderr)


async def _end_processes(state: Path) -> None:
    for seat in _seats(state):
        await seat.end(state)
    proxy = running_proxy(state / "run" / PROXY_NOTE)
    if proxy is not None:
        await proxy[0].end(ask_first_s=2)


def _seats(state: Path) -> Iterator[Remains]:
    """The seats that JupyterHub's database says are open."""
    database = state / JUPYTERHUB_DATABASE
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT state FROM spawners WHERE state IS NOT NULL").fetchall()
    for (text,) in rows:
        kept = json.loads(text) or {}
        if "seat" in kept:
            remains = remains_of(kept["seat"])
            if remains is None:
                print("A room of another version may still run: see `ps`.", file=sys.stderr)
            else:
                yield remains
