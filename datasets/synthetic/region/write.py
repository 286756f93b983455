"""Write a region into a folder: one folder for each keeper, the opt-out list, and the truth apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl
from output_checker.errors import PlainError

from datasets.progress import Progress, silent
from datasets.snapshot import write_table
from datasets.sources.health.schema import SOURCES
from datasets.synthetic.marker import AROUND_PUBLISHED, MARKER
from datasets.synthetic.placing import put_in_place
from datasets.synthetic.region import casualties, nhs_numbers, police, residents
from datasets.synthetic.region.calendar import Period
from datasets.synthetic.region.make import File, Plan, make, period_of, square_of
from datasets.synthetic.region.readme import region_readme, truth_readme
from datasets.synthetic.region.snapshot import PoliceSnapshot
from datasets.synthetic.stats19 import FIRST_YEAR, YEARS, Records
from datasets.synthetic.write import Synthesised, write_tables

REGION_VERSION: Final = 1
OPT_OUTS: Final = "opt-outs.txt"
TRUTH: Final = "truth"
POLICE: Final = "police"
# Around imported casualties, where nobody says how many people: enough that the right ages are found.
_PEOPLE_PER_CASUALTY: Final = 8
_FEWEST: Final = 10_000


def synthesise_region(
    out: Path,
    *,
    seed: int,
    people: int | None,
    snapshot: PoliceSnapshot | None = None,
    progress: Progress = silent,
) -> Synthesised:
    """Write a region of so many people into a new folder ``out``.

    With a ``snapshot`` the police's side is that imported one, and ``people`` may be left to be chosen; without
    it the police's side is made too. The same arguments give the same bytes; if exactly those are there already,
    nothing is touched. Raises PlainError when ``out`` holds anything else, or the numbers make no sense.
    """
    if people is not None:
        _refuse_impossible(people)
    made = None if snapshot else police.records(seed, people or _FEWEST)
    known = casualties.of_snapshot(snapshot.folder) if snapshot else police.casualties(made or [])
    number = people if people is not None else _enough(known)
    if snapshot:
        _refuse_too_few(number, known)
    plan = Plan(
        seed,
        number,
        period_of(known) if snapshot else Period(FIRST_YEAR, FIRST_YEAR + YEARS - 1),
        square_of(known, police.SQUARE) if snapshot else police.SQUARE,
        known,
    )
    about = {
        "synthetic": True,
        "seed": seed,
        "people": number,
        "police_snapshot": snapshot.sha256 if snapshot else None,
        AROUND_PUBLISHED: snapshot is not None and not snapshot.synthetic,
        "region_version": REGION_VERSION,
    }
    rows, existed = put_in_place(out, lambda folder: _write(folder, plan, made, snapshot, about, progress))
    return Synthesised(out, rows, existed)


def _write(
    folder: Path,
    plan: Plan,
    made: list[Records] | None,
    snapshot: PoliceSnapshot | None,
    about: Mapping[str, Any],
    progress: Progress,
) -> dict[str, int]:
    rows: dict[str, int] = {}
    if made is not None:
        (folder / POLICE).mkdir()
        rows |= write_tables(folder / POLICE, made, len(made), progress)
    for part in make(plan, progress):
        if isinstance(part, File):
            written = _write_table(folder, part)
            if part.folder != TRUTH:
                rows[part.table] = written
        else:
            (folder / OPT_OUTS).write_text("".join(f"{number}\n" for number in part), "ascii")
            rows["opt-outs"] = len(part)
    for keeper in (folder, *(path for path in folder.iterdir() if path.is_dir())):
        (keeper / MARKER).write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    (folder / "README.md").write_text(region_readme(plan, snapshot, rows), "utf-8")
    (folder / TRUTH / "README.md").write_text(truth_readme(), "utf-8")
    return rows


def _write_table(folder: Path, part: File) -> int:
    path = folder / part.folder / f"{part.table}.parquet"
    path.parent.mkdir(exist_ok=True)
    frame = part.rows
    if part.folder in SOURCES:
        names = [column.name for column in SOURCES[part.folder].table(part.table).columns]
        frame = frame.select(names)
    write_table(frame, path)
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _refuse_impossible(people: int) -> None:
    if people < 1:
        raise PlainError("--people must be 1 or more.")
    if people > nhs_numbers.MOST:
        raise PlainError(
            f"--people can be {nhs_numbers.MOST:,} at most: there are no more NHS numbers of the test range, and "
            "each person has one."
        )


def _enough(known: casualties.Casualties) -> int:
    return min(max(_PEOPLE_PER_CASUALTY * len(known), _FEWEST), nhs_numbers.MOST)


def _refuse_too_few(people: int, known: casualties.Casualties) -> None:
    needed = residents.PEOPLE_PER_CASUALTY * len(known)
    if needed > nhs_numbers.MOST:
        raise PlainError(
            f"The snapshot has {len(known):,} casualties, and a region can have at most {nhs_numbers.MOST:,} people "
            "(there are no more NHS numbers of the test range): import fewer years or a smaller area."
        )
    if people < needed:
        raise PlainError(
            f"--people {people} are too few for the snapshot's {len(known):,} casualties: give {needed:,} or more, "
            "or leave the option out."
        )
