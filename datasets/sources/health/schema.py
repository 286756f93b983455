"""What each keeper of health records sends: sources, their tables, and which columns identify a person.

One description serves all who need it: the importer, which checks files against it and splits identifiers from
attributes; the synthetic region, which writes files of this form; and the catalogue. A keeper sends one file
for each table, ``<table>.parquet`` or ``<table>.csv``.

Hospital columns are named as in the HES Admitted Patient Care data dictionary of NHS England; ambulance
columns follow concepts of the NHS Ambulance Data Set; general practice events carry SNOMED CT concept ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["reference", "integer", "number", "category", "text", "date", "datetime"]
NHS_NUMBER: Final = "nhs number"
_AGES: Final = (0, 120)
_YEARS: Final = (1880, 2100)


@dataclass(frozen=True)
class Column:
    """One column.

    ``identifier`` columns tell who somebody is: they are split off at the import and never leave the data
    zone. ``person`` marks the one that holds the NHS number, from which the person's pseudonym is made.
    ``nullable`` columns may be empty. Dates are ``yyyy-mm-dd``; datetimes carry a zone and are kept in UTC.
    ``between`` is the lowest and the highest value of a number that can be true. ``refers_to`` names the
    table of the same source in whose key the value has to stand.
    """

    name: str
    kind: Kind
    description: str
    identifier: bool = False
    person: bool = False
    nullable: bool = False
    between: tuple[float, float] | None = None
    refers_to: str | None = None


@dataclass(frozen=True)
class Table:
    """One table. ``key`` columns together name a record, once.

    ``in_order`` holds pairs of columns of which the first is never later than the second. With
    ``once_a_person`` nobody has two rows, and ``household`` is the column that says where a person lives.
    """

    name: str
    key: tuple[str, ...]
    description: str
    columns: tuple[Column, ...]
    in_order: tuple[tuple[str, str], ...] = ()
    once_a_person: bool = False
    household: str | None = None

    @property
    def identifiers(self) -> tuple[Column, ...]:
        """Columns that are split off."""
        return tuple(column for column in self.columns if column.identifier)

    @property
    def attributes(self) -> tuple[Column, ...]:
        """Columns that stay, the key's among them."""
        return tuple(column for column in self.columns if not column.identifier)

    @property
    def person(self) -> Column | None:
        """The column with the NHS number, where the table is about persons."""
        return next((column for column in self.columns if column.person), None)


@dataclass(frozen=True)
class Source:
    """What one keeper sends."""

    name: str
    keeper: str
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table called ``name``. Raises KeyError."""
        return {table.name: table for table in self.tables}[name]


def _identifier(name: str, kind: Kind, description: str, *, nullable: bool = False) -> Column:
    return Column(name, kind, description, identifier=True, nullable=nullable)


def _nhs_number(name: str = "nhs_number", *, nullable: bool = False) -> Column:
    return Column(
        name,
        "text",
        "NHS number, ten digits with check digit",
        identifier=True,
        person=True,
        nullable=nullable,
    )


def _c(
    name: str,
    kind: Kind,
    description: str,
    *,
    between: tuple[float, float] | None = None,
    refers_to: str | None = None,
) -> Column:
    return Column(name, kind, description, between=between, refers_to=refers_to)


def _o(name: str, kind: Kind, description: str, *, between: tuple[float, float] | None = None) -> Column:
    return Column(name, kind, description, nullable=True, between=between)


POPULATION: Final = Source(
    "population",
    "the register of who lives in the region",
    (
        Table(
            "people",
            ("person_row",),
            "One row for each person; a person lives in one household",
            (
                _c("person_row", "reference", "Name of the row in the keeper's register"),
                _nhs_number(),
                _identifier("given_name", "text", "Given name"),
                _identifier("family_name", "text", "Family name"),
                _identifier("birth_date", "date", "Date of birth"),
                _identifier("postcode", "text", "Postcode of the home"),
                _identifier("household_id", "text", "Property reference of the home"),
                _c("birth_year", "integer", "Year of birth", between=_YEARS),
                _c("sex", "category", "Sex: 1 male, 2 female, 9 not specified"),
                _c("lsoa11", "category", "Small area of the home, 2011 boundaries"),
                _o("death_date", "date", "Date of death, if dead"),
            ),
            in_order=(("birth_date", "death_date"),),
            once_a_person=True,
            household="household_id",
        ),
    ),
)

GP: Final = Source(
    "gp",
    "general practices",
    (
        Table(
            "registrations",
            ("registration_id",),
            "One row for each time that a person was on a practice's list",
            (
                _c("registration_id", "reference", "Name of the registration"),
                _nhs_number(),
                _c("practice_code", "category", "Organisation code of the practice"),
                _c("start_date", "date", "First day on the list"),
                _o("end_date", "date", "Last day on the list; empty while it lasts"),
            ),
            in_order=(("start_date", "end_date"),),
        ),
        Table(
            "events",
            ("event_id",),
            "One row for each coded entry in a record",
            (
                _c("event_id", "reference", "Name of the entry"),
                _nhs_number(),
                _c("practice_code", "category", "Organisation code of the practice"),
                _c("event_date", "date", "Day for which the entry was made"),
                _c("snomed_code", "category", "SNOMED CT concept id"),
                _c("term", "category", "What the code means"),
                _o("value", "number", "Measured value, where the entry is a measurement"),
                _o("unit", "category", "Unit of the value"),
            ),
        ),
    ),
)

HOSPITAL: Final = Source(
    "hospital",
    "hospitals, in the form of HES Admitted Patient Care",
    (
        Table(
            "admissions",
            ("epikey",),
            "One row for each finished consultant episode",
            (
                _c("epikey", "reference", "Name of the episode"),
                _nhs_number("newnhsno", nullable=True),
                _identifier("dob", "date", "Date of birth", nullable=True),
                _identifier("homeadd", "text", "Postcode of the home", nullable=True),
                _c("sex", "category", "Sex: 1 male, 2 female, 9 not specified, 0 not known"),
                _c("startage", "integer", "Age in years at the start of the episode", between=_AGES),
                _c("ethnos", "category", "Ethnic category"),
                _c("lsoa11", "category", "Small area of the home, 2011 boundaries"),
                _c("procode3", "category", "Provider, three characters"),
                _c("admidate", "date", "Day of admission"),
                _c("admimeth", "category", "Method of admission; 21 emergency department, 11 waiting list"),
                _c("epistart", "date", "First day of the episode"),
                _c("epiend", "date", "Last day of the episode"),
                _c("epiorder", "integer", "Number of the episode within the stay", between=(1, 999)),
                _o("disdate", "date", "Day of discharge"),
                _o("dismeth", "category", "Method of discharge; 1 clinical advice, 4 died"),
                _c("mainspef", "category", "Main specialty of the consultant"),
                _c("diag_01", "category", "Primary diagnosis, ICD-10"),
                *(_o(f"diag_{number:02}", "category", "Further diagnosis, ICD-10") for number in range(2, 7)),
                _o("cause", "category", "External cause, ICD-10 V01 to Y98"),
                _o("opertn_01", "category", "Main procedure, OPCS-4"),
                _c("speldur", "integer", "Days from admission to discharge", between=(0, 36_525)),
            ),
            in_order=(("epistart", "epiend"), ("admidate", "epistart"), ("admidate", "disdate")),
        ),
    ),
)

AMBULANCE: Final = Source(
    "ambulance",
    "the ambulance service, with concepts of the NHS Ambulance Data Set",
    (
        Table(
            "incidents",
            ("incident_id",),
            "One row for each incident that was answered",
            (
                _c("incident_id", "reference", "Name of the incident"),
                _c("call_datetime", "datetime", "When the call was connected"),
                _o("on_scene_datetime", "datetime", "When the first vehicle arrived at the scene"),
                _c("latitude", "number", "Latitude of the scene, degrees WGS84", between=(49, 61)),
                _c("longitude", "number", "Longitude of the scene, degrees WGS84", between=(-9, 2)),
                _c("response_category", "category", "Category of response, C1 (most urgent) to C4"),
                _c("chief_complaint", "category", "Chief complaint at triage, in words"),
            ),
            in_order=(("call_datetime", "on_scene_datetime"),),
        ),
        Table(
            "patient_records",
            ("record_id",),
            "One row for each patient whom a crew saw",
            (
                _c("record_id", "reference", "Name of the electronic patient record"),
                _c("incident_id", "reference", "The incident", refers_to="incidents"),
                _nhs_number(nullable=True),
                _identifier("birth_date", "date", "Date of birth", nullable=True),
                _identifier("postcode", "text", "Postcode of the home", nullable=True),
                _o("age", "integer", "Age in years, as told or estimated", between=_AGES),
                _o("sex", "category", "Sex: 1 male, 2 female, 9 not specified"),
                _o(
                    "road_user_type",
                    "category",
                    "pedestrian, cyclist, motorcyclist, car occupant, bus occupant, goods vehicle occupant or "
                    "other; empty where the incident was not on the road",
                ),
                _o("news2_score", "integer", "First National Early Warning Score 2", between=(0, 20)),
                _c("conveyed", "category", "yes or no: taken to a hospital"),
                _o("destination", "category", "Provider code of the hospital, if conveyed"),
                _o("handover_datetime", "datetime", "When the hospital took over, if conveyed"),
            ),
        ),
    ),
)

SOURCES: Final = {source.name: source for source in (POPULATION, GP, HOSPITAL, AMBULANCE)}


def tables() -> Iterator[tuple[Source, Table]]:
    """Every table with its source."""
    return ((source, table) for source in SOURCES.values() for table in source.tables)
