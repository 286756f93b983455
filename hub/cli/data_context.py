"""What the data zone's commands share: the zone that the settings name, progress bars, rows in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from datasets.extract.layout import LAYOUTS
from datasets.extract.source import parts_of
from datasets.manifest import TableManifest, read_manifest_as
from datasets.progress import Progress
from datasets.snapshot import current_name
from datasets.zone import DataZone
from hub.settings import Settings


def zone(chosen: Settings) -> DataZone:
    """The installation's data zone."""
    return DataZone(chosen.state / "data")


def real_sources(chosen: Settings, source: str, snapshot: str | None) -> frozenset[str] | None:
    """Whose real records are in a snapshot, or in the one in use; ``None`` where there is none yet.

    Raises PlainError when it is damaged.
    """
    layout, place = LAYOUTS.get(source), zone(chosen).sources(source)
    name = snapshot or current_name(place)
    if layout is None or name is None or not (place / name).is_dir():
        return None
    parts = parts_of(read_manifest_as(place / name, layout.manifest))
    return frozenset(part for part, synthetic in parts.items() if not synthetic)


def counts(tables: dict[str, TableManifest]) -> str:
    """Rows of each table, such as ``3,000 collisions, 4,100 casualties``."""
    return ", ".join(f"{table.rows:,} {name}" for name, table in tables.items())


def in_words(parts: dict[str, bool]) -> str:
    """Of sources, each synthetic or not: ``synthetic``, ``real``, or ``partly synthetic`` and which of them."""
    invented = [name for name, synthetic in parts.items() if synthetic]
    if len(invented) == len(parts):
        return "synthetic"
    return f"partly synthetic: {', '.join(invented)}" if invented else "real"


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress bars on standard error, one per step; nothing when nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        steps: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in steps:
                steps[step] = shown.add_task(escape(step), total=total)
            shown.update(steps[step], completed=done, total=total)

        yield show
