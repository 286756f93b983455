"""The code list: what a code of a STATS19 column means.

The Department publishes it as its data guide; here it is a CSV file with the columns table, variable, code
and label (``code_labels.csv`` beside the data, or ``--codes FILE``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from output_checker.errors import PlainError

from datasets.sources.csv_reading import CheckedFile, read_small_csv
from datasets.sources.stats19.columns import TABLES, Table, canonical_name

MISSING_CODE = "-1"

_TABLE_WORDS: dict[str, Table] = {
    "collision": "collisions",
    "accident": "collisions",
    "casualty": "casualties",
    "vehicle": "vehicles",
}
_HEADINGS = {"variable": ("variable", "field_name"), "code": ("code", "code_format"), "label": ("label",)}

# Columns that the current guide no longer lists although published files still hold them.
_HOME_AREA = {
    "1": "Urban area",
    "2": "Small town",
    "3": "Rural",
    MISSING_CODE: "Data missing or out of range",
}
_WITHDRAWN: dict[tuple[Table, str], Mapping[str, str]] = {
    ("casualties", "casualty_home_area_type"): _HOME_AREA,
    ("vehicles", "driver_home_area_type"): _HOME_AREA,
}
_SAME_CODES_AS: dict[tuple[Table, str], tuple[Table, str]] = {
    ("vehicles", "vehicle_imd_decile"): ("vehicles", "driver_imd_decile"),
}


def tidy(text: str) -> str:
    """The text without space around it and with single spaces inside: guides and files differ in both."""
    return re.sub(r"\s+", " ", text).strip()


@dataclass(frozen=True)
class Codes:
    """The codes of one column.

    ``labels`` maps a code to its label; ``missing`` holds the texts that say no more than that the value is
    missing, in coded (``-1``) and in labelled form.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({MISSING_CODE, "Data missing or out of range"})


@dataclass(frozen=True)
class CodeList:
    """The code lists of all columns."""

    columns: Mapping[tuple[Table, str], Codes]
    file: CheckedFile | None = None

    def of(self, table: Table, column: str) -> Codes:
        """The codes of one column; without entries if the list does not have it."""
        return self.columns.get((table, column), Codes())


def codes_from(labels: Mapping[str, str]) -> Codes:
    """Split a column's list in values and ways to say *missing*."""
    values = {code: label for code, label in labels.items() if code != MISSING_CODE}
    missing = {MISSING_CODE, "Data missing or out of range", labels.get(MISSING_CODE, MISSING_CODE)}
    return Codes(values, frozenset(missing - set(values.values())))


def without_code_list() -> CodeList:
    """What is known without the Department's list."""
    return CodeList({key: codes_from(labels) for key, labels in _WITHDRAWN.items()})


def read_code_list(path: Path) -> CodeList:
    """Read a code list. Raises PlainError when it is missing, not CSV, or lacks a column."""
    if not path.is_file():
        raise PlainError(f"There is no code list {path}.")
    checked, rows = read_small_csv(path)
    names = [re.sub(r"[^a-z]+", "_", heading.lower()).strip("_") for heading in checked.headings]
    at = {"table": _position(path, names, "table", ("table",))}
    at |= {wanted: _position(path, names, wanted, spellings) for wanted, spellings in _HEADINGS.items()}
    found: dict[tuple[Table, str], dict[str, str]] = {key: dict(labels) for key, labels in _WITHDRAWN.items()}
    for row in rows:
        table = _TABLE_WORDS.get(tidy(row[at["table"]]).lower())
        code, label = tidy(row[at["code"]]), tidy(row[at["label"]])
        if table and code and label:
            found.setdefault((table, canonical_name(row[at["variable"]])), {})[code] = label
    for column, model in _SAME_CODES_AS.items():
        if column not in found and model in found:
            found[column] = found[model]
    covered = Counter(table for table, _ in found)
    if not all(covered[table] > 2 for table in TABLES):
        raise PlainError(
            f"{path.name} is not a code list of STATS19: it has no codes for some of {', '.join(TABLES)}."
        )
    return CodeList({key: codes_from(labels) for key, labels in found.items()}, checked)


def _position(path: Path, names: list[str], wanted: str, spellings: tuple[str, ...]) -> int:
    for spelling in spellings:
        if spelling in names:
            return names.index(spelling)
    raise PlainError(f"{path.name} is not a code list: it has no column '{wanted}'.")
