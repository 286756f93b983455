"""Wrong input: one sentence with file, column and row, never with a value; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets import optout
from datasets.progress import silent
from datasets.sources.health import checks, keep
from datasets.sources.health.checks import Kept
from datasets.sources.health.files import open_files
from datasets.sources.health.importer import import_health
from datasets.sources.health.keep import KeepFile, KeepTask, keep_rows
from datasets.sources.health.schema import SOURCES
from datasets.sources.health.snapshots import current
from datasets.synthetic.marker import MARKER
from datasets.zone import DataZone
from tests.unit.datasets.health.keepers import (
    FAMILY_NAMES,
    GIVEN_NAMES,
    KEEPERS,
    NOW,
    NUMBERS,
    PERSONS,
    POSTCODES,
    Tables,
    send,
)


def examine(zone: DataZone, source: str, folder: Path, *, synthetic: bool = True) -> None:
    """The steps of an import up to the split, in this process. Raises PlainError as an import does."""
    files = open_files(folder, SOURCES[source], silent)
    kept = {
        file.table.name: Kept(file.table, zone.root / f"{file.table.name}.kept", file.path.name)
        for file in files
    }
    task = KeepTask(
        source=source,
        files=[
            KeepFile(table=file.table.name, path=file.path, form=file.form, target=kept[file.table.name].path)
            for file in files
        ],
        numbers=optout.current(zone).numbers_path,
    )
    keep_rows(task, lambda name: None)
    checks.refuse_what_is_wrong(kept, synthetic=synthetic, now=NOW)


def refusal(zone: DataZone, source: str, folder: Path) -> str:
    """The sentence with which a folder is refused; it is looked at for values."""
    with pytest.raises(PlainError) as refused:
        examine(zone, source, folder)
    sentence = refused.value.sentence
    assert "\n" not in sentence
    quoted = [*NUMBERS, *GIVEN_NAMES, *FAMILY_NAMES, *POSTCODES, "HOUSEHOLD", "19991231"]
    assert not [word for word in quoted if word in sentence], "a sentence quotes nothing"
    return sentence


def spoilt(source: str, table: str, row: int, column: str, value: object) -> Tables:
    """A keeper's tables with one other value. ``row`` counts from 1, as sentences do."""
    tables = KEEPERS[source]()
    tables[table][row - 1][column] = value
    return tables


ONE_VALUE: list[tuple[str, str, int, str, object, str]] = [
    ("population", "people", 5, "nhs_number", NUMBERS[4][:9], "is no NHS number"),
    ("population", "people", 5, "nhs_number", NUMBERS[4][:9] + "X", "is no NHS number"),
    (
        "population",
        "people",
        5,
        "nhs_number",
        NUMBERS[4][:9] + str((int(NUMBERS[4][9]) + 1) % 10),
        "is no NHS number",
    ),
    ("population", "people", 9, "nhs_number", None, "is missing"),
    ("population", "people", 9, "nhs_number", "  ", "is missing"),
    ("population", "people", 9, "given_name", "", "is missing"),
    ("population", "people", 9, "family_name", "x" * 201, "is longer than 200 characters"),
    ("population", "people", 3, "birth_date", "1999-02-29", "is no date (yyyy-mm-dd)"),
    ("population", "people", 3, "birth_date", "31/12/1999", "is no date (yyyy-mm-dd)"),
    ("population", "people", 3, "birth_date", "19991231", "is no date (yyyy-mm-dd)"),
    ("population", "people", 3, "birth_date", "0199-12-31", "is before 1880"),
    ("population", "people", 3, "birth_date", "2026-03-03", "is in the future"),
    ("population", "people", 3, "birth_year", 1879, "is not from 1880 to 2100"),
    ("population", "people", 3, "birth_year", "1999.5", "is no whole number"),
    ("population", "people", 3, "birth_year", "9" * 30, "is no whole number"),
    ("population", "people", 3, "birth_year", "١٩٩٩", "is no whole number"),
    ("population", "people", 24, "death_date", "1999-12-31", "is before 'birth_date'"),
    ("population", "people", 6, "sex", "1\x07", "holds characters that cannot be seen"),
    ("population", "people", 6, "lsoa11", "E01\u202e000", "holds characters that cannot be seen"),
    ("population", "people", 6, "person_row", "2.01E+12 ", "is no reference"),
    ("population", "people", 6, "person_row", "=1+1", "is no reference"),
    ("population", "people", 6, "person_row", "", "is missing"),
    ("gp", "registrations", 3, "end_date", "2011-02-02", "is before 'start_date'"),
    ("gp", "events", 40, "value", "a few", "is no number"),
    ("gp", "events", 40, "value", "inf", "is no number"),
    ("gp", "events", 40, "value", "1e999", "is no number"),
    ("gp", "events", 40, "term", "Diabetes\nmellitus", "holds characters that cannot be seen"),
    ("gp", "events", 40, "event_date", "2026-02-30", "is no date (yyyy-mm-dd)"),
    ("hospital", "admissions", 9, "epiend", "2016-04-04", "is before 'epistart'"),
    ("hospital", "admissions", 9, "disdate", "2016-04-04", "is before 'admidate'"),
    ("hospital", "admissions", 9, "startage", -1, "is not from 0 to 120"),
    ("hospital", "admissions", 9, "startage", 121, "is not from 0 to 120"),
    ("hospital", "admissions", 9, "startage", None, "is missing"),
    ("hospital", "admissions", 9, "diag_01", None, "is missing"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08T23:11:00", "is a time without its zone"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08 23:11", "is a time without its zone"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08T24:11:00Z", "is no time with its zone"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08T23:11:00+15:00", "is no time with its zone"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08T23:11:00BST", "is no time with its zone"),
    ("ambulance", "incidents", 2, "call_datetime", "2016-07-08", "is no time with its zone"),
    ("ambulance", "incidents", 2, "on_scene_datetime", "2016-07-08T23:10:59Z", "is before 'call_datetime'"),
    ("ambulance", "incidents", 2, "latitude", -1.25, "is not from 49 to 61"),
    ("ambulance", "incidents", 2, "longitude", 52.5, "is not from -9 to 2"),
    ("ambulance", "patient_records", 4, "age", 121, "is not from 0 to 120"),
    ("ambulance", "patient_records", 4, "news2_score", 21, "is not from 0 to 20"),
    ("ambulance", "patient_records", 4, "handover_datetime", "2026-03-03T00:00:00Z", "is in the future"),
]


@pytest.mark.parametrize(
    ("source", "table", "row", "column", "value", "said"),
    ONE_VALUE,
    ids=[f"{one[3]}-{number}" for number, one in enumerate(ONE_VALUE)],
)
def test_one_wrong_value(
    source: str, table: str, row: int, column: str, value: object, said: str, zone: DataZone, tmp_path: Path
) -> None:
    folder = send(tmp_path / source, source, spoilt(source, table, row, column, value))
    sentence = refusal(zone, source, folder)
    assert sentence.startswith(f"{table}.csv: '{column}' {said}"), sentence
    assert sentence.endswith(f"in row {row}."), sentence


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("incidents", "call_datetime", "2016-07-08T23:11:00+14:59"),
        ("incidents", "call_datetime", "2016-07-09T00:10:00+0100"),
        ("incidents", "latitude", 49),
        ("incidents", "latitude", 61.0),
        ("patient_records", "age", 0),
        ("patient_records", "age", 120),
        ("patient_records", "handover_datetime", "2026-03-02T23:59:59Z"),
        ("patient_records", "news2_score", " 20 "),
        ("patient_records", "road_user_type", None),
    ],
)
def test_values_at_the_edge_are_fine(
    table: str, column: str, value: object, zone: DataZone, tmp_path: Path
) -> None:
    folder = send(tmp_path / "ambulance", "ambulance", spoilt("ambulance", table, 2, column, value))
    examine(zone, "ambulance", folder)


def test_rows_are_counted_as_the_keeper_counts_them(zone: DataZone, tmp_path: Path) -> None:
    """Rows 2, 7 and 8 go with the opt-out; the others keep their numbers."""
    tables = KEEPERS["population"]()
    for row in (8, 10, 20):
        tables["people"][row - 1]["sex"] = None
    folder = send(tmp_path / "population", "population", tables)
    assert refusal(zone, "population", folder) == (
        "people.csv: 'sex' is missing, and it has to be there in row 10 and in 1 more row."
    )


def test_a_record_that_stands_twice(zone: DataZone, tmp_path: Path) -> None:
    tables = KEEPERS["hospital"]()
    for row in (12, 15, 21):
        tables["admissions"][row - 1]["epikey"] = tables["admissions"][9]["epikey"]
    folder = send(tmp_path / "hospital", "hospital", tables)
    assert refusal(zone, "hospital", folder) == (
        "admissions.csv: 'epikey' names a record once, but row 12 names the one of row 10 again."
    )


def test_a_person_in_two_households_and_a_person_twice_in_one(zone: DataZone, tmp_path: Path) -> None:
    tables = KEEPERS["population"]()
    tables["people"][19]["nhs_number"] = NUMBERS[10]
    folder = send(tmp_path / "two-homes", "population", tables)
    assert refusal(zone, "population", folder) == (
        "people.csv: a person lives in one household, but rows 11 and 20 have one 'nhs_number' and two "
        "'household_id'."
    )
    tables["people"][19]["household_id"] = tables["people"][10]["household_id"]
    folder = send(tmp_path / "one-home", "population", tables)
    assert refusal(zone, "population", folder) == (
        "people.csv: each person has one row, but rows 11 and 20 have the same 'nhs_number'."
    )


def test_a_record_of_an_incident_that_nobody_has(zone: DataZone, tmp_path: Path) -> None:
    tables = KEEPERS["ambulance"]()
    for row in (12, 14):
        tables["patient_records"][row - 1]["incident_id"] = "SYNTHETIC-I9999"
    folder = send(tmp_path / "ambulance", "ambulance", tables)
    assert refusal(zone, "ambulance", folder) == (
        "patient_records.csv: 'incident_id' names a record that incidents.csv does not have in row 12 and in 1 "
        "more row."
    )


def test_real_records_beside_a_marker_are_not_believed(zone: DataZone, tmp_path: Path) -> None:
    for column, value, said in (
        ("nhs_number", "9434765919", "an NHS number that does not begin with 999"),
        ("person_row", "P-17", "a record whose name does not begin with SYNTHETIC"),
    ):
        folder = send(tmp_path / column, "population", spoilt("population", "people", 5, column, value))
        assert f"but people.csv has {said} in row 5: remove" in refusal(zone, "population", folder)
        examine(zone, "population", folder, synthetic=False)


def written(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


FILES: list[tuple[str, Callable[[Path], Any], str]] = [
    ("csv", lambda path: path.unlink(), "has no file people.parquet or people.csv"),
    ("csv", lambda path: path.with_suffix(".parquet").write_bytes(b""), "leave one of them"),
    ("csv", lambda path: path.write_bytes(b""), "people.csv is empty"),
    ("csv", lambda path: written(path, lambda b: b.splitlines(True)[0]), "has headings but no rows"),
    ("csv", lambda path: written(path, lambda b: b[:-20]), "line 25: "),
    (
        "csv",
        lambda path: written(path, lambda b: b.replace(b",1,E01", b",1,,E01", 1)),
        "line 2: 12 fields where",
    ),
    (
        "csv",
        lambda path: written(path, lambda b: b"".join(b.splitlines(True)[1:])),
        "has no column 'person_row'",
    ),
    (
        "csv",
        lambda path: written(path, lambda b: b.replace(b"lsoa11", b"lsoa21", 1)),
        "has no column 'lsoa11'",
    ),
    (
        "csv",
        lambda path: written(path, lambda b: b.replace(b"\r\n", b",x\r\n").replace(b"date,x", b"date,age")),
        "'age'",
    ),
    (
        "csv",
        lambda path: written(path, lambda b: b.replace(b"Givenname", b"Giv\xe9n", 1)),
        "is not UTF-8 text",
    ),
    ("csv", lambda path: written(path, lambda b: b.replace(b",1,", b',"1"x,', 1)), "line 2: not CSV"),
    ("csv", lambda path: written(path, lambda b: b.replace(b"\r\n", b"\r\n\r\n", 2)), "line 2: 0 fields"),
    ("parquet", lambda path: written(path, lambda b: b[:-20]), "is not whole: it was cut off"),
    ("parquet", lambda path: written(path, lambda b: b[:3]), "is no Parquet file"),
    ("parquet", lambda path: written(path, lambda b: b"PAR1PAR1"), "is not whole: it was cut off"),
    ("parquet", lambda path: path.write_text("person_row,nhs_number\n1,2\n"), "is no Parquet file"),
    (
        "parquet",
        lambda path: pl.read_parquet(path).drop("lsoa11").write_parquet(path),
        "has no column 'lsoa11'",
    ),
    (
        "parquet",
        lambda path: pl.read_parquet(path).with_columns(imd=1).write_parquet(path),
        "has the column 'imd', which the table people has not",
    ),
    ("parquet", lambda path: pl.read_parquet(path).clear().write_parquet(path), "people.parquet has no row"),
    (
        "parquet",
        lambda path: (
            pl.read_parquet(path).with_columns(pl.col("nhs_number").cast(pl.Int64)).write_parquet(path)
        ),
        "'nhs_number' does not hold text",
    ),
    (
        "parquet",
        lambda path: (
            pl.read_parquet(path)
            .with_columns(pl.col("birth_date").cast(pl.Datetime("us")))
            .write_parquet(path)
        ),
        "'birth_date' does not hold dates",
    ),
    (
        "parquet",
        lambda path: pl.read_parquet(path).with_columns(birth_year=pl.lit("1999")).write_parquet(path),
        "'birth_year' does not hold whole numbers",
    ),
    (
        "parquet",
        lambda path: pl.read_parquet(path).with_columns(birth_year=pl.lit(1999.5)).write_parquet(path),
        "'birth_year' is no whole number in row 1 and in 20 more rows",
    ),
    (
        "parquet",
        lambda path: (
            pl.read_parquet(path).with_columns(birth_year=pl.lit(2**64 - 1, pl.UInt64)).write_parquet(path)
        ),
        "'birth_year' is no whole number in row 1",
    ),
    (
        "parquet",
        lambda path: (
            pl.read_parquet(path)
            .with_columns(death_date=pl.lit(2**31 - 1, pl.Int32).cast(pl.Date))
            .write_parquet(path)
        ),
        "'death_date' is in the future in row 1",
    ),
]


@pytest.mark.parametrize(("form", "change", "said"), FILES, ids=[f"{f[0]}-{n}" for n, f in enumerate(FILES)])
def test_a_wrong_file(
    form: str, change: Callable[[Path], Any], said: str, zone: DataZone, tmp_path: Path
) -> None:
    folder = send(tmp_path / "population", "population", form=form)
    change(folder / f"people.{form}")
    assert said in refusal(zone, "population", folder)


EVENING = datetime(2016, 7, 8, 23, 59, tzinfo=UTC)
TYPES: dict[str, tuple[Any, Any]] = {
    "decimal": (Decimal("52.5"), pl.Decimal(10, 2)),
    "small": (52, pl.Int8),
    "unsigned": (52, pl.UInt64),
    "huge": (52, pl.Int128),
    "floating": (52.0, pl.Float32),
    "not a number": (float("nan"), pl.Float64),
    "infinite": (float("-inf"), pl.Float64),
    "boolean": (True, pl.Boolean),
    "nothing": (None, pl.Null),
    "missing": (None, pl.Int8),
    "text": ("52", pl.String),
    "bytes": (b"52", pl.Binary),
    "dictionary": ("52", pl.Categorical),
    "list": ([52], pl.List(pl.Int64)),
    "record": ({"a": 52}, pl.Struct({"a": pl.Int64})),
    "date": (date(2016, 7, 8), pl.Date),
    "time": (time(23, 59), pl.Time),
    "duration": (timedelta(1), pl.Duration),
    "milliseconds": (EVENING, pl.Datetime("ms", "UTC")),
    "New York": (EVENING, pl.Datetime("ns", "America/New_York")),
    "no zone": (EVENING.replace(tzinfo=None), pl.Datetime("us")),
}
FITTING = {
    "age": {"small", "unsigned", "huge", "floating", "not a number", "nothing", "missing"},
    "handover_datetime": {"nothing", "milliseconds", "New York"},
    "birth_date": {"date", "nothing"},
    "sex": {"text", "dictionary", "nothing"},
    "nhs_number": {"nothing"},
    "latitude": {"decimal", "small", "unsigned", "huge", "floating"},
    "incident_id": set[str](),
}


@pytest.mark.slow
@pytest.mark.parametrize("column", FITTING)
def test_a_column_of_any_type_comes_in_or_gets_a_sentence(
    column: str, zone: DataZone, tmp_path: Path
) -> None:
    table = "incidents" if column in ("latitude", "incident_id") else "patient_records"
    fitting = set()
    for name, (value, dtype) in TYPES.items():
        folder = send(tmp_path / name, "ambulance", form="parquet")
        path = folder / f"{table}.parquet"
        records = pl.read_parquet(path)
        records.with_columns(pl.Series(column, [value] * records.height, dtype=dtype)).write_parquet(path)
        if name in FITTING[column]:
            examine(zone, "ambulance", folder)
            fitting.add(name)
        else:
            assert f"'{column}' " in refusal(zone, "ambulance", folder)
    assert fitting == FITTING[column]


def test_times_without_a_zone_in_parquet(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "ambulance", "ambulance", form="parquet")
    path = folder / "incidents.parquet"
    pl.read_parquet(path).with_columns(pl.col("call_datetime").dt.replace_time_zone(None)).write_parquet(path)
    assert refusal(zone, "ambulance", folder) == (
        "incidents.parquet: 'call_datetime' holds times without a zone: write them with their zone, or in UTC."
    )


def test_a_parquet_file_that_unpacks_to_far_more_than_it_is(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "population", "population", form="parquet")
    path = folder / "people.parquet"
    long = pl.read_parquet(path).with_columns(family_name=pl.lit("x" * (3 << 20)) + pl.col("person_row"))
    long.write_parquet(path)
    assert path.stat().st_size < 1 << 20
    assert "unpacks to far more than a table of records can" in refusal(zone, "population", folder)


def test_a_parquet_file_with_more_rows_than_can_be_read_at_once(
    zone: DataZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = send(tmp_path / "population", "population", form="parquet")
    monkeypatch.setattr(keep, "MOST_GROUP_ROWS", PERSONS)
    examine(zone, "population", folder)
    monkeypatch.setattr(keep, "MOST_GROUP_ROWS", PERSONS - 1)
    assert "people.parquet is too large to read at once" in refusal(zone, "population", folder)


def test_what_a_marker_says_has_to_be_true(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "population", "population")
    (folder / MARKER).write_text("{")
    with pytest.raises(PlainError, match="cannot be read as JSON"):
        import_health(zone, "population", folder, now=NOW)


def test_no_folder(zone: DataZone, tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="is not a folder"):
        import_health(zone, "population", tmp_path / "nowhere", now=NOW)


@pytest.mark.usefixtures("read_here")
def test_a_refused_import_loses_nothing(zone: DataZone, tmp_path: Path) -> None:
    """What is wrong is found early or late; the snapshot in use and what surrounds it stay as they were."""
    first = import_health(zone, "ambulance", send(tmp_path / "good", "ambulance"), now=NOW)

    def state() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for place in ("sources", "identifiers")
            for path in (zone.root / place).rglob("*")
            if path.is_file()
        }

    before = state()
    bad = [
        spoilt("ambulance", "incidents", 2, "call_datetime", "2016-07-08T23:11:00"),
        spoilt("ambulance", "patient_records", 4, "incident_id", "SYNTHETIC-I9999"),
        spoilt("ambulance", "patient_records", 4, "record_id", "SYNTHETIC-A0000"),
    ]
    for number, tables in enumerate(bad):
        with pytest.raises(PlainError):
            import_health(zone, "ambulance", send(tmp_path / str(number), "ambulance", tables), now=NOW)
        assert state() == before
        assert current(zone, "ambulance") == (first.folder, first.manifest)
        assert json.loads((first.folder / "manifest.json").read_bytes())["sha256"] == first.folder.name


def test_persons_of_the_fixtures_are_as_many_as_they_say() -> None:
    assert len({*NUMBERS}) == PERSONS
    assert all(isinstance(row["birth_date"], date) for row in KEEPERS["population"]()["people"])
    assert datetime(2026, 3, 1, 9, 30, tzinfo=UTC) == NOW
