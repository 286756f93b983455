"""``make bench``: measure, side by side in one run, and print tables.

Names of benches limit it to these. --repeat N says how often what takes seconds is done; --write puts the
tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from output_checker.errors import PlainError
from rich.console import Console
from rich.table import Table

from tests import docker_engine
from tests.bench import door, pixels, rooms
from tests.bench.machine import facts
from tests.bench.measure import HEADINGS, Bench, Comparison, Options
from tests.journey.running_hub import ROOT

# One file for each bench; each measures against what stands in its first row.
BENCHES: dict[str, Bench] = {"rooms": rooms.run, "door": door.run, "pixels": pixels.run}
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- until here -->"
console = Console()


def main(arguments: list[str]) -> int:
    """Exit code 0 if everything chosen was measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of: {', '.join(BENCHES)}")
    parser.add_argument("--repeat", type=int, default=10, help="how often what takes seconds is done")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.benches) - BENCHES.keys()
    if unknown or chosen.repeat < 1:
        parser.error(f"there is no bench {', '.join(unknown)}" if unknown else "--repeat has to be 1 or more")
    if os.geteuid() != 0:
        console.print("Run it as root: other rooms are not what a server has.")
        return PlainError.exit_code
    try:
        with ExitStack() as stack:
            if docker_engine.missing() is None:  # one engine for all of them
                os.environ["LOCKEDROOM_DOCKER_HOST"] = stack.enter_context(docker_engine.running_engine())
            machine = facts()
            found = [
                comparison
                for name, bench in BENCHES.items()
                if not chosen.benches or name in chosen.benches
                for comparison in _measured(name, bench, Options(chosen.repeat))
            ]
    except PlainError as error:
        console.print(f"[red]{error.sentence}[/red]")
        return error.exit_code
    _print(machine, found)
    if chosen.write:
        write(PAGE, machine, found)
    return 0


def _measured(name: str, bench: Bench, options: Options) -> list[Comparison]:
    with console.status(f"measuring {name} …"):
        return bench(options)


def _print(machine: list[tuple[str, str]], found: list[Comparison]) -> None:
    for name, value in machine:
        console.print(f"{name}: {value}", highlight=False)
    for comparison in found:
        table = Table(title=comparison.title, title_justify="left", caption=comparison.note or None)
        for number, heading in enumerate(HEADINGS):
            table.add_column(heading, justify="left" if number == 0 else "right")
        for cells in comparison.cells():
            table.add_row(*cells)
        console.print()
        console.print(table)


def write(page: Path, machine: list[tuple[str, str]], found: list[Comparison]) -> None:
    """Put the tables into a page, in the place of those that were written before."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_markdown(("", ""), machine)]
    for comparison in found:
        parts += [f"### {comparison.title}", _markdown(HEADINGS, comparison.cells())]
        parts += [comparison.note] if comparison.note else []
    page.write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after, "utf-8")


def _markdown(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
