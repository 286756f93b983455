"""Write a synthetic set as a folder of CSV files that the importer reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

from datasets.progress import Progress, silent
from datasets.synthetic.marker import MARKER
from datasets.synthetic.placing import put_in_place
from datasets.synthetic.stats19 import FIRST_YEAR, YEARS, Records, Row, make_records

SYNTHESISER_VERSION = 1
MOST_COLLISIONS = 9_999_999
TABLES = ("collisions", "casualties", "vehicles")
_README = """\
# Synthetic STATS19-shaped files

These records are SYNTHETIC: drawn at random by `lockedroom data synthesise --seed {seed} --collisions
{collisions}`. No record describes a real collision, vehicle or person, and no result from them says anything
about the world.

They have the shape of the Department for Transport's STATS19 files in labelled form: {collisions} collisions
of {first}-{last} with their casualties and vehicles. References, police force, local authority and areas are
invented ones that real files do not hold. `{marker}` tells the importer, and every manifest after it, that
they are synthetic.
"""


@dataclass(frozen=True)
class Synthesised:
    """What was written: rows of each table, and whether the same files were there before."""

    folder: Path
    rows: dict[str, int]
    existed: bool


def synthesise(out: Path, *, seed: int, collisions: int = 3000, progress: Progress = silent) -> Synthesised:
    """Write collisions, casualties, vehicles, README.md and the marker into a new folder ``out``.

    The same seed and number of collisions give the same bytes; if exactly those are there already, nothing is
    touched. Raises PlainError when ``out`` holds anything else, or a number makes no sense.
    """
    if not 1 <= collisions <= MOST_COLLISIONS:
        raise PlainError(f"--collisions must be from 1 to {MOST_COLLISIONS:,}.")
    rows, existed = put_in_place(out, lambda folder: _write(folder, seed, collisions, progress))
    return Synthesised(out, rows, existed)


def _write(folder: Path, seed: int, collisions: int, progress: Progress) -> dict[str, int]:
    rows = write_tables(folder, make_records(seed, collisions), collisions, progress)
    about = {
        "synthetic": True,
        "seed": seed,
        "collisions": collisions,
        "synthesiser_version": SYNTHESISER_VERSION,
        "rows": rows,
    }
    (folder / MARKER).write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    readme = _README.format(
        seed=seed, collisions=collisions, first=FIRST_YEAR, last=FIRST_YEAR + YEARS - 1, marker=MARKER
    )
    (folder / "README.md").write_text(readme, "utf-8")
    return rows


def write_tables(
    folder: Path, collisions: Iterable[Records], total: int, progress: Progress
) -> dict[str, int]:
    """Write the three CSV files of so many collisions, one after another; the rows of each table."""
    rows = dict.fromkeys(TABLES, 0)
    streams = {
        table: (folder / f"synthetic_stats19_{table}.csv").open("w", encoding="utf-8", newline="")
        for table in TABLES
    }
    writers: dict[str, csv.DictWriter[str]] = {}
    try:
        for number, records in enumerate(collisions, start=1):
            for table in TABLES:
                batch: list[Row] = getattr(records, table)
                if table not in writers:
                    writers[table] = csv.DictWriter(streams[table], list(batch[0]), lineterminator="\n")
                    writers[table].writeheader()
                writers[table].writerows(batch)
                rows[table] += len(batch)
            if number % 1000 == 0 or number == total:
                progress("synthesising", number, total)
    finally:
        for stream in streams.values():
            stream.close()
    return rows
