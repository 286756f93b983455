"""Sets of files for these tests: a small synthetic one, and ways to damage or re-code a set."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from datasets.synthetic.marker import MARKER

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TABLES = ("collisions", "casualties", "vehicles")
SHARED = Path(__file__).parents[4] / "shared" / "data" / "stats19"

Rows = list[dict[str, str]]


def table_file(folder: Path, table: str) -> Path:
    """The one CSV file of a table in a folder."""
    (found,) = folder.glob(f"*{table}.csv")
    return found


def read(path: Path) -> Rows:
    """All rows of a CSV file as texts."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, rows: Rows) -> None:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def edit(path: Path, change: Callable[[Rows], Rows]) -> None:
    """Change the rows of a CSV file."""
    write(path, change(read(path)))


def as_if_real(folder: Path, target: Path) -> Path:
    """A copy of a synthetic set without its marker."""
    shutil.copytree(folder, target)
    (target / MARKER).unlink()
    return target


def coded(folder: Path, target: Path, code_list: Path) -> Path:
    """A labelled set in the form the Department publishes: its own encoder, independent of the importer.

    Codes for labels, dd/mm/yyyy, ``-1`` for what is missing in a category, year and reference in all three files,
    current names for files and columns, and no datetime.
    """
    codes: dict[tuple[str, str], dict[str, str]] = {}
    singular = {"collision": "collisions", "casualty": "casualties", "vehicle": "vehicles"}
    for row in read(code_list):
        if row["table"] in singular and row["code"] and row["label"]:
            key = (singular[row["table"]], row["variable"])
            codes.setdefault(key, {})[_spaced(row["label"])] = row["code"]
    # The current guide no longer lists these; their codes are in older guides.
    home = {"Urban area": "1", "Small town": "2", "Rural": "3", "Data missing or out of range": "-1"}
    codes["casualties", "casualty_home_area_type"] = home
    target.mkdir()
    for table in TABLES:
        rows = [_coded_row(table, row, codes) for row in read(table_file(folder, table))]
        name = {"collisions": "collision", "casualties": "casualty", "vehicles": "vehicle"}[table]
        write(target / f"dft-road-casualty-statistics-{name}-2014-2018.csv", rows)
    return target


def _coded_row(
    table: str, row: dict[str, str], codes: dict[tuple[str, str], dict[str, str]]
) -> dict[str, str]:
    index = row["accident_index"]
    out = {"collision_index": index, "collision_year": index[:4], "collision_ref_no": index[4:]}
    for heading, value in row.items():
        if heading in ("accident_index", "datetime"):
            continue
        name = heading.replace("accident", "collision").replace("was_vehicle", "vehicle")
        known = codes.get((table, f"{name}_historic")) or codes.get((table, name))
        if heading == "date":
            year, month, day = value.split("-")
            value = f"{day}/{month}/{year}"
        elif known and len(known) > 2 and not name.endswith("_number"):
            value = known.get(_spaced(value), value or "-1")
        out[name] = value
    return out


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
