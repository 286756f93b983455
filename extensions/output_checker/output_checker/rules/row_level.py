"""Row-level data: every row is one person or one event, so that it is no statistic at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.readers.places import column_name
from output_checker.rules.rule import Rule, words
from output_checker.statistics.columns import cells_of, numbers_the_rows, share_numeric
from output_checker.statistics.names import Role, is_total, role_of_name, tokens
from output_checker.statistics.recognise import Recognised, survival_table

_PERSON_KEYS = {
    "pid", "patid", "patient", "person", "participant", "subject", "respondent", "member", "eid", "uuid",
    "guid", "nhs", "mrn", "pseudonym", "pseudo", "pseudoid", "encounter", "admission", "casualty",
    "accident", "collision", "record", "individual", "case", "episode", "spell", "event", "client",
    "studyid", "visit", "prescription", "person_id",
}  # fmt: skip
_KEY_WORDS = {
    "id", "ids", "index", "reference", "ref", "number", "no", "key", "hash", "code", "uid", "identifier",
}  # fmt: skip
_ALONE = {
    "pid", "patid", "eid", "uuid", "guid", "pseudonym", "pseudoid", "studyid", "mrn", "recordid",
    "patientid",
}  # fmt: skip
_TRAITS = {
    "age", "sex", "gender", "ethnicity", "ethnic", "weight", "height", "bmi", "diagnosis", "smoker",
    "smoking", "marital", "religion", "occupation", "income", "longitude", "latitude", "easting",
    "northing", "lat", "lon", "long", "lsoa", "postcode", "dob", "admission", "discharge", "date", "time",
    "datetime", "death", "outcome", "status",
}  # fmt: skip
_FEW_ROWS = 20
_STATISTICS = {
    Role.MEAN, Role.SUM, Role.SHAPE, Role.POSITION, Role.END_POINT, Role.MODE, Role.ESTIMATE, Role.CORRELATION,
    Role.P_VALUE, Role.TEST, Role.DEGREES, Role.SURVIVAL, Role.RATE, Role.PERCENT, Role.PROPORTION,
}  # fmt: skip


def rows_are_no_persons(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """The table does not list persons or events.

    A column that identifies persons and hardly repeats settles it. Otherwise signs are added up: labels that do
    not tell the rows apart, words to the right of numbers, traits of persons as columns, many rows, dates that
    hardly repeat; a column that is plainly a statistic speaks against. Three signs refuse, two are looked at.
    """
    table = seen.table
    rows = len(table.body)
    place = table.sheet.where_range((table.sheet_rows[0], 0), (table.sheet_rows[-1], table.width - 1))
    if policy.most_rows is not None and rows > policy.most_rows.value:
        message = (
            f"The table has {rows:,} rows; policy {policy.name} takes at most {policy.most_rows.value:,} rows for "
            "an aggregate."
        )
        yield Finding("row_level", Severity.BLOCK, place, message, "Aggregate further.")
    aggregated = _states_a_count(seen)
    for c in range(table.width):
        if not aggregated and rows >= 2 and _identifies_persons(seen, c):
            message = (
                f"Column {column_name(c)} ('{words(table.title(c))}') identifies persons or events, and its {rows} "
                "rows hardly repeat: the rows are records, not statistics."
            )
            yield Finding(
                "row_level", Severity.BLOCK, place, message, "Release counts or other statistics instead."
            )
            return
    signs = _signs(seen, aggregated)
    if len(signs) < 2:
        return
    sure = len(signs) >= 3
    message = f"The {rows} rows look like records of single persons or events: {'; '.join(signs)}."
    severity = Severity.BLOCK if sure else Severity.REVIEW
    yield Finding("row_level", severity, place, message, "Release counts or other statistics instead.")


def _states_a_count(seen: Recognised) -> bool:
    """Whether a column says by its name that it counts, and is not 1 in every row."""
    for c in seen.columns_of(Role.COUNT):
        named = (
            any(role_of_name(part) is Role.COUNT for part in seen.table.header[c])
            or seen.table.title(c) == "0"
        )
        values = {row[c].value for row in seen.table.body if row[c].is_numeric}
        if named and values != {1} and not _identifies_persons(seen, c):
            return True
    return False


def _identifies_persons(seen: Recognised, column: int) -> bool:
    said = set(tokens(seen.table.title(column)))
    joined = "".join(tokens(seen.table.title(column)))
    named = bool(said & _ALONE or joined in _ALONE) or (bool(said & _PERSON_KEYS) and bool(said & _KEY_WORDS))
    generic = joined in ("id", "rowid", "uid", "identifier")
    if not named and not generic:
        return False
    cells = [content for content in cells_of(seen.table, column) if not is_total(content.text)]
    texts = {content.text for content in cells}
    if generic and (seen.columns_of(*_STATISTICS) or len(cells) < 5):
        return False
    if (
        len({role for role in seen.columns if role not in (Role.LABEL, Role.FLAG)}) == 0
        and seen.table.width < 2
    ):
        return len(texts) >= 0.5 * len(cells) and len(cells) >= 2
    return len(cells) >= 2 and len(texts) >= 0.5 * len(cells) and not _small_whole_numbers(seen, column)


def _small_whole_numbers(seen: Recognised, column: int) -> bool:
    """ "number of the case" may be a count or a code after all: short numbers, few or not rising one by one."""
    values = [content.value for content in cells_of(seen.table, column) if not is_total(content.text)]
    if not all(isinstance(value, int) for value in values):
        return False
    numbers = [value for value in values if isinstance(value, int)]
    rising = all(b - a == 1 for a, b in pairwise(numbers))
    return max(numbers) < 100_000 and (not rising or len(numbers) < _FEW_ROWS)


def _signs(seen: Recognised, aggregated: bool) -> list[str]:
    table, rows = seen.table, len(seen.table.body)
    if rows < 4 or aggregated or survival_table(seen) or seen.rows_state is not None:
        return []
    if seen.columns_of(*_STATISTICS) or table.width < 2:
        return []
    if seen.margins.total_labels or seen.margins.total_column is not None:
        return []
    signs: list[str] = []
    words_at = [c for c in range(table.width) if share_numeric(table, c) < 0.5 and not _dates(seen, c)]
    numbers_at = [c for c in range(table.width) if share_numeric(table, c) >= 0.5]
    if (
        words_at
        and numbers_at
        and any(w > n for w in words_at for n in numbers_at if not numbers_the_rows(table, n))
    ):
        signs.append("words stand to the right of numbers")
    if words_at and table.width >= 3:
        named = {tuple(row[c].text for c in words_at) for row in table.body}
        if len(named) < 0.9 * rows and not _keys_tell_apart(seen):
            signs.append("the labels do not tell the rows apart")
    traits = [c for c in range(table.width) if set(tokens(table.title(c))) & _TRAITS]
    if len(traits) >= 2:
        signs.append(f"{len(traits)} columns are traits of persons or events")
        if (
            all(role in (Role.LABEL, Role.FLAG, Role.MEASURE, Role.UNKNOWN) for role in seen.columns)
            and rows >= 10
        ):
            signs.append("no column is a statistic")
    if rows > 50 and table.width >= 3 and not _repeats_in_grid(seen):
        signs.append("there are many rows")
    if any(_dates(seen, c) for c in range(1, table.width)):
        signs.append("a column holds dates that hardly repeat")
    if (
        numbers_at
        and any(_many_different(seen, c) for c in numbers_at if c > 0)
        and table.width >= 3
        and rows >= 20
    ):
        signs.append("a column holds measurements that hardly repeat")
    if numbers_the_rows(table, 0) and table.width >= 3:
        signs.append("the first column only numbers the rows")
    return signs


def _dates(seen: Recognised, column: int) -> bool:
    cells = cells_of(seen.table, column)
    dates = [content.text for content in cells if content.kind is Kind.DATE]
    return len(dates) * 2 > len(cells) > 0 and len(set(dates)) > 0.5 * len(dates)


def _keys_tell_apart(seen: Recognised) -> bool:
    """Whether the label columns at the left (row numbers aside) are different in every row, as in a grouping."""
    columns = [c for c in range(seen.labels) if not numbers_the_rows(seen.table, c)]
    keys = {tuple(row[c].text for c in columns) for row in seen.table.body}
    return bool(columns) and len(keys) == len(seen.table.body)


def _repeats_in_grid(seen: Recognised) -> bool:
    """Whether the labels form a grid (every value of one with several of another), as groupings do."""
    return _keys_tell_apart(seen) and seen.labels >= 1 and seen.labels < seen.table.width


def _many_different(seen: Recognised, column: int) -> bool:
    numbers = [content.value for content in cells_of(seen.table, column) if content.is_numeric]
    return (
        len(numbers) > 0
        and not all(isinstance(v, int) for v in numbers)
        and len(set(numbers)) > 0.7 * len(numbers)
    )


RULE = Rule(
    "row_level",
    "The table is a statistic, not a list of persons or events.",
    "SDC handbook: row-level records are no statistic and are refused",
    on_table=rows_are_no_persons,
)
