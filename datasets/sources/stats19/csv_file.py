"""A checked CSV file of STATS19 with its columns under canonical names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.progress import Progress, silent
from datasets.sources.csv_reading import CheckedFile, check_csv
from datasets.sources.stats19.canonical import NULLS
from datasets.sources.stats19.columns import COLUMNS, Column, Table, canonical_names

# The column that is a label in every labelled file and a number in every coded one.
_TELLS_FORM: dict[Table, str] = {
    "collisions": "collision_severity",
    "casualties": "casualty_severity",
    "vehicles": "vehicle_type",
}


@dataclass(frozen=True)
class CsvFile:
    """One file of one table; ``names`` are its columns' canonical names, in the file's order."""

    table: Table
    checked: CheckedFile
    names: list[str]

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.checked.path.name

    def heading(self, name: str) -> str:
        """What the file itself calls a column."""
        return self.checked.headings[self.names.index(name)]

    def scan(self) -> pl.LazyFrame:
        """The rows as text under canonical names; lines with nothing on them are left out."""
        raw = pl.scan_csv(self.checked.path, infer_schema=False, null_values=NULLS, glob=False)
        named = raw.rename(dict(zip(self.checked.headings, self.names, strict=True)), strict=False)
        return named.filter(~pl.all_horizontal(pl.all().is_null()))

    def is_coded(self) -> bool:
        """Whether the file holds codes where a labelled file holds labels."""
        label = ~pl.col(_TELLS_FORM[self.table]).str.strip_chars().str.contains(r"^-?[0-9]+$")
        return not bool(self.scan().select(label.any()).collect(engine="streaming").item())


def open_csv(table: Table, path: Path, progress: Progress = silent) -> CsvFile:
    """Check a file once from beginning to end. Raises PlainError when it cannot hold this table."""
    checked = check_csv(path, progress)
    names = canonical_names(checked.headings)
    seen: dict[str, str] = {}
    for heading, name in zip(checked.headings, names, strict=True):
        if name in seen:
            raise PlainError(f"{path.name} has two columns for {name}: '{seen[name]}' and '{heading}'.")
        seen[name] = heading
    for column in COLUMNS[table]:
        if column.required and column.name not in names:
            raise PlainError(
                f"{path.name} has no column '{column.name}'{_also_called(column)}, which every file of "
                f"{table} has: download the file again."
            )
    return CsvFile(table, checked, names)


def _also_called(column: Column) -> str:
    if column.name.endswith("_historic"):
        return f" (or '{column.name.removesuffix('_historic')}')"
    if column.name == "vehicle_left_hand_drive":
        return " (or 'was_vehicle_left_hand_drive')"
    if "collision" in column.name:
        return f" (or '{column.name.replace('collision', 'accident')}')"
    return ""
