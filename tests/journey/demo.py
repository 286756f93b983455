"""``make demo``: the journey from a fresh clone to a running hub, told as it happens.

--once ends after the journey. --stats19 DIR walks on real police files, with synthetic health records around them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from output_checker.errors import PlainError
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from hub.rooms.choice import chosen_backend
from hub.rooms.disk import unmount_all
from tests.journey.journey import Journey, Step, Walker
from tests.journey.running_hub import ROOT, RunningHub

STATE = ROOT / "var" / "demo"
PORT = 8000
console = Console()


def main() -> int:
    """Exit code 0 if the journey ended as it should."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the journey instead of serving")
    parser.add_argument(
        "--stats19", type=Path, metavar="DIR", help="the Department for Transport's CSV files"
    )
    chosen = parser.parse_args()
    began = time.monotonic()
    hub = RunningHub(STATE, port=None if chosen.once else PORT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not chosen.once:
            _port_is_free(PORT)
        _clean(STATE)
        console.print(f"[bold]Lockedroom[/bold]: rooms by {chosen_backend(hub.settings).name}.")
        source = (
            "the STATS19 files you gave, with synthetic health records around them"
            if chosen.stats19
            else "a synthetic region"
        )
        console.print(f"The journey on {source}:\n")
        journey = asyncio.run(_walk(hub, chosen.stats19))
        _tell(hub, journey, time.monotonic() - began)
        if not chosen.once:
            _serve(hub, journey)
    except PlainError as error:
        console.print(f"[red]{error.sentence}[/red]")
        return error.exit_code
    finally:
        hub.stop()
    return 0


async def _walk(hub: RunningHub, stats19: Path | None) -> Journey:
    with Live(Spinner("dots", text=" starting …"), console=console, transient=True, refresh_per_second=8):

        def show(step: Step) -> None:
            console.print(f"  [green]✓[/green] [bold]{step.who}[/bold]: {step.what} ({step.seconds:.1f} s)")

        return await Walker(hub, show).walk(stats19.resolve() if stats19 else None)


def _tell(hub: RunningHub, journey: Journey, seconds: float) -> None:
    table = Table(title="What happened", title_justify="left", show_lines=False)
    for name, justify in (("Who", "left"), ("Did what", "left"), ("Outcome", "left"), ("Seconds", "right")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for step in journey.steps:
        table.add_row(step.who, step.what, step.outcome, f"{step.seconds:.1f}")
    console.print()
    console.print(table)
    console.print("\nLinks:", highlight=False)
    for line in journey.linkage:
        console.print(f"  {line}", highlight=False)
    console.print(f"\nRefused: request {journey.refused_number}. {journey.refusal}", highlight=False)
    console.print(
        f"Released: request {journey.released_number}, sha-256 {journey.released_sha256}; "
        f"a second download was answered with {journey.second_download}.",
        highlight=False,
    )
    console.print(f"The journey took {seconds:.0f} seconds.")


def _serve(hub: RunningHub, journey: Journey) -> None:
    table = Table(title="Demo accounts", title_justify="left")
    for name in ("Name", "Password", "Who"):
        table.add_column(name)
    roles = {"alice": "researcher in road-safety"}
    for account in journey.accounts:
        table.add_row(account.name, account.password, roles.get(account.name, "output checker"))
    console.print(table)
    console.print(
        f"Open {hub.public_url} in a browser on this machine. Ctrl-C stops everything.", highlight=False
    )
    assert hub.process is not None
    with contextlib.suppress(KeyboardInterrupt):
        hub.process.wait()


def _port_is_free(port: int) -> None:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return
    raise PlainError(f"Port {port} is in use: stop what listens there, or run make demo ARGS=--once.")


def _clean(state: Path) -> None:
    """Begin anew: an earlier demo's state holds nothing that anybody wants to keep."""
    unmount_all(state)
    for folder, _, _ in os.walk(state):
        Path(folder).chmod(0o700)  # extracts are read-only, folders included
    shutil.rmtree(state, ignore_errors=True)
    if state.exists():
        raise PlainError(f"{state} could not be removed: stop the demo that still runs, then try again.")
    state.mkdir(mode=0o700, parents=True)


if __name__ == "__main__":
    sys.exit(main())
