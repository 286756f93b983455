"""Folders as keepers send them: a few invented persons and their records, in CSV or Parquet, to be damaged by tests."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from datasets.sources.health.schema import SOURCES, Kind, Table
from datasets.synthetic.marker import MARKER

Row = dict[str, Any]
Tables = dict[str, list[Row]]
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PERSONS = 24
POLARS: dict[Kind, Any] = {
    "reference": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "category": pl.String,
    "text": pl.String,
    "date": pl.Date,
    "datetime": pl.Datetime("us", "UTC"),
}


def nhs_number(place: int) -> str:
    """The valid number at a place in the test range, counted from 0."""
    nine, left = 999_000_000, place
    while True:
        digits = [int(digit) for digit in str(nine)]
        check = -sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
        if check != 10:
            if left == 0:
                return f"{nine}{check}"
            left -= 1
        nine += 1


NUMBERS = [nhs_number(place) for place in range(PERSONS)]
# Words that stand in identifiers and nowhere else.
GIVEN_NAMES = [f"Givenname{chr(97 + n)}" for n in range(PERSONS)]
FAMILY_NAMES = [f"O'Familyname, {chr(97 + n)}" for n in range(PERSONS)]
POSTCODES = [f"ZZ{n} {n % 10}QX" for n in range(PERSONS)]
BIRTHS = [date(1931 + 3 * n, 1 + n % 12, 1 + n) for n in range(PERSONS)]


def population() -> Tables:
    """One table: a household of two for each pair of persons; the last of them is dead."""
    return {
        "people": [
            {
                "person_row": f"SYNTHETIC-P{n:04}",
                "nhs_number": NUMBERS[n],
                "given_name": GIVEN_NAMES[n],
                "family_name": FAMILY_NAMES[n],
                "birth_date": BIRTHS[n],
                "postcode": POSTCODES[n // 2],
                "household_id": f"HOUSEHOLD-{n // 2}",
                "birth_year": BIRTHS[n].year,
                "sex": str(1 + n % 2),
                "lsoa11": f"E0100{n // 2:04}",
                "death_date": date(2020, 5, 4) if n == PERSONS - 1 else None,
            }
            for n in range(PERSONS)
        ]
    }


def gp() -> Tables:
    """A registration and two entries for each person."""
    return {
        "registrations": [
            {
                "registration_id": f"SYNTHETIC-R{n:04}",
                "nhs_number": NUMBERS[n],
                "practice_code": f"SYN{n % 3:03}",
                "start_date": date(2011, 2, 3),
                "end_date": date(2019, 2, 3) if n % 5 == 0 else None,
            }
            for n in range(PERSONS)
        ],
        "events": [
            {
                "event_id": f"SYNTHETIC-V{n:04}",
                "nhs_number": NUMBERS[n // 2],
                "practice_code": f"SYN{n % 3:03}",
                "event_date": date(2015, 1 + n % 12, 3),
                "snomed_code": "44054006",
                "term": 'Diabetes mellitus type 2, "non-insulin dependent"',
                "value": 48.5 + n if n % 2 else None,
                "unit": "mmol/mol" if n % 2 else None,
            }
            for n in range(2 * PERSONS)
        ],
    }


def hospital() -> Tables:
    """An episode for each person; of every seventh the hospital does not know the number."""
    return {
        "admissions": [
            {
                "epikey": f"SYNTHETIC-E{n:04}",
                "newnhsno": None if n % 7 == 3 else NUMBERS[n],
                "dob": None if n % 7 == 3 else BIRTHS[n],
                "homeadd": POSTCODES[n // 2],
                "sex": str(1 + n % 2),
                "startage": 2016 - BIRTHS[n].year,
                "ethnos": "A",
                "lsoa11": f"E0100{n // 2:04}",
                "procode3": "SYN",
                "admidate": date(2016, 4, 5),
                "admimeth": "21",
                "epistart": date(2016, 4, 5),
                "epiend": date(2016, 4, 9),
                "epiorder": 1,
                "disdate": date(2016, 4, 9),
                "dismeth": "1",
                "mainspef": "300",
                "diag_01": "E119",
                **{f"diag_{place:02}": None for place in range(2, 7)},
                "cause": None,
                "opertn_01": None,
                "speldur": 4,
            }
            for n in range(PERSONS)
        ]
    }


def ambulance() -> Tables:
    """An incident for every two persons, with a record for each; one incident more in which nobody was found."""
    return {
        "incidents": [
            {
                "incident_id": f"SYNTHETIC-I{n:04}",
                "call_datetime": datetime(2016, 7, 8, 23, 10 + n, tzinfo=UTC),
                "on_scene_datetime": datetime(2016, 7, 8, 23, 20 + n, tzinfo=UTC) if n % 4 else None,
                "latitude": 52.5 + n / 100,
                "longitude": -1.25,
                "response_category": "C2",
                "chief_complaint": "Traffic / transportation incident",
            }
            for n in range(PERSONS // 2 + 1)
        ],
        "patient_records": [
            {
                "record_id": f"SYNTHETIC-A{n:04}",
                "incident_id": f"SYNTHETIC-I{n // 2:04}",
                "nhs_number": None if n % 7 == 5 else NUMBERS[n],
                "birth_date": None if n % 7 == 5 else BIRTHS[n],
                "postcode": None if n % 7 == 5 else POSTCODES[n // 2],
                "age": 2016 - BIRTHS[n].year,
                "sex": str(1 + n % 2),
                "road_user_type": "cyclist",
                "news2_score": 3,
                "conveyed": "yes",
                "destination": "SYN",
                "handover_datetime": datetime(2016, 7, 9, 0, 30, tzinfo=UTC),
            }
            for n in range(PERSONS)
        ],
    }


KEEPERS: dict[str, Callable[[], Tables]] = {
    "population": population,
    "gp": gp,
    "hospital": hospital,
    "ambulance": ambulance,
}


def frame(table: Table, rows: list[Row]) -> pl.DataFrame:
    """Rows in the types that Parquet keeps."""
    return pl.DataFrame(
        {
            column.name: pl.Series([row[column.name] for row in rows], dtype=POLARS[column.kind])
            for column in table.columns
        }
    )


def send(
    folder: Path, source: str, tables: Tables | None = None, *, form: str = "csv", synthetic: bool = True
) -> Path:
    """Write a keeper's folder; texts in CSV that are not strings are written as the schema says."""
    folder.mkdir(parents=True)
    for name, rows in (tables or KEEPERS[source]()).items():
        if form == "parquet":
            frame(SOURCES[source].table(name), rows).write_parquet(folder / f"{name}.parquet")
        else:
            write_csv(folder / f"{name}.csv", rows)
    if synthetic:
        (folder / MARKER).write_text('{"synthetic": true}')
    return folder


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)


def _text(value: object) -> object:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def opt_out_file(path: Path, *numbers: str) -> Path:
    """A list of numbers, one a line."""
    path.write_text("".join(f"{number}\n" for number in numbers))
    return path
