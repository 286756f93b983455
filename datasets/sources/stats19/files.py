"""Which file in a folder holds which table, by the names the Department has used over the years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

from datasets.sources.stats19.columns import TABLES, Table

CODE_LIST = "code_labels.csv"

# The series' own name has "casualty" in it: "dft-road-casualty-statistics-vehicle-2023.csv".
_SERIES = re.compile(r"road[-_ ]?casualty[-_ ]?statistics")
_WORDS: dict[Table, re.Pattern[str]] = {
    "collisions": re.compile(r"accident|collision"),
    "casualties": re.compile(r"casualt(?:y|ies)"),
    "vehicles": re.compile(r"vehicle"),
}
# Published beside the tables; not tables of records.
_BESIDE = re.compile(r"adjust|lookup|e[-_]?scooter|revision|make[-_ ]?model|data[-_ ]?guide|label")


@dataclass(frozen=True)
class Found:
    """The CSV files of a folder: by table, in order of name, and those that are not read."""

    tables: dict[Table, list[Path]]
    ignored: list[str]


def find_files(folder: Path) -> Found:
    """Find the collision, casualty and vehicle files; several years of each are welcome.

    Raises PlainError when the folder is not there, or a table has no file, or a name fits two tables.
    """
    if not folder.is_dir():
        raise PlainError(f"{folder} is not a folder: name the folder that holds the STATS19 CSV files.")
    tables: dict[Table, list[Path]] = {table: [] for table in TABLES}
    ignored: list[str] = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        name = path.name.lower()
        if name == CODE_LIST or not name.endswith(".csv"):
            continue
        if _BESIDE.search(name) or not path.is_file():
            ignored.append(path.name)
            continue
        fits = [table for table, word in _WORDS.items() if word.search(_SERIES.sub("", name))]
        if len(fits) > 1:
            raise PlainError(
                f"{path.name} could hold {' or '.join(fits)}: give it a name that says one of them."
            )
        if fits:
            tables[fits[0]].append(path)
        else:
            ignored.append(path.name)
    missing = [table for table, files in tables.items() if not files]
    if missing:
        raise PlainError(
            f"{folder} has no file of {' or '.join(missing)}: the name of such a CSV file says "
            f"{' or '.join(_EXAMPLES[table] for table in missing)}."
        )
    return Found(tables, ignored)


_EXAMPLES: dict[Table, str] = {
    "collisions": "'collision' or 'accident'",
    "casualties": "'casualty' or 'casualties'",
    "vehicles": "'vehicle'",
}
