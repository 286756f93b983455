"""What every bench shares: repeated times, what they are compared with, and how they are shown."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """The times, in seconds, of one thing that was repeated."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the times are at most this."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """95 in 100 of the times are at most this; of few times it is the longest."""
        ordered = sorted(self.seconds)
        return ordered[math.ceil(0.95 * len(ordered)) - 1]


@dataclass(frozen=True)
class Comparison:
    """Rows that belong together; the first is what the others are measured against."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""

    def cells(self) -> list[tuple[str, str, str, str, str]]:
        """(name, times, median, 95 in 100, ratio to the first row's median) for each row."""
        first = self.rows[0].median
        return [
            (
                row.name,
                str(len(row.seconds)),
                shown(row.median),
                shown(row.p95),
                f"{row.median / first:.2f}",
            )
            for row in self.rows
        ]


HEADINGS = ("", "times", "median", "95 in 100", "ratio")


def shown(seconds: float) -> str:
    """A time in the unit in which it is easily read."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


@dataclass(frozen=True)
class Options:
    """What whoever starts a bench may choose. ``repeat`` is how often what takes seconds is done."""

    repeat: int = 10

    def often(self, times: int) -> int:
        """How often what takes milliseconds is done: ``times`` for each repetition."""
        return times * self.repeat


Bench = Callable[[Options], list[Comparison]]


async def alternate(things: Mapping[str, Callable[[], Awaitable[float]]], repeat: int) -> list[Row]:
    """Do each in turn, ``repeat`` rounds, so that what else goes on falls on all of them alike.

    Each gives the seconds it took.
    """
    found: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(repeat):
        for name, once in things.items():
            found[name].append(await once())
    return [Row(name, tuple(times)) for name, times in found.items()]


async def timed(work: Awaitable[object]) -> float:
    """Seconds until it is done."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def until(true: Callable[[], bool], within_s: float = 60) -> None:
    """Wait until something is so, looking every few milliseconds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.005)
