"""Direct identifiers: NHS and CHI numbers, postcodes, dates of birth, names, addresses, e-mail."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Content, Kind
from output_checker.readers.places import column_name
from output_checker.readers.table import Sheet, Table
from output_checker.rules.patterns import (
    EMAIL,
    NATIONAL_INSURANCE,
    POSTCODE,
    nhs_numbers,
    starts_with_birth_date,
)
from output_checker.rules.rule import Rule, words
from output_checker.statistics.names import Role, tokens
from output_checker.statistics.recognise import Recognised

_FIX = "Take the column or the cells out: identifiers never leave, whatever the count."
_TEN_DIGITS_ONLY = re.compile(r"[0-9]{10}(?:\.0)?")


@dataclass
class _Hits:
    """Where one kind of identifier was found in one column."""

    rows: list[int] = field(default_factory=list)
    certain: int = 0


def no_identifiers_in_cells(sheet: Sheet, policy: Policy) -> Iterator[Finding]:
    """No cell of the sheet, header and notes included, holds a direct identifier.

    One bare ten-digit number in eleven has a right check digit by chance, so a single one without any other sign
    is looked at; one printed in groups, inside words, or one of many in its column is refused. The message names
    places and never the identifier.
    """
    del policy
    hits: dict[tuple[int, str], _Hits] = defaultdict(_Hits)
    filled: dict[int, int] = defaultdict(int)
    for r, c, content in sheet.cells():
        filled[c] += 1
        if len(content.text) < 5 or (len(content.text) < 9 and content.kind is not Kind.TEXT):
            continue
        for what, certain in _identifiers(content):
            hit = hits[c, what]
            hit.rows.append(r)
            hit.certain += certain
    for (column, what), hit in hits.items():
        share = len(hit.rows) / filled[column]
        sure = hit.certain > 0 or (len(hit.rows) >= 3 and share >= 0.5)
        first, last = hit.rows[0], hit.rows[-1]
        where = sheet.where_range((first, column), (last, column))
        if len(hit.rows) == 1:
            message = f"{sheet.where(first, column)} holds {_one(what)}."
        else:
            message = f"Column {column_name(column)} holds {len(hit.rows)} {what}s (rows {first + 1} to {last + 1})."
        if not sure:
            message += " The number may have the right form by chance."
        yield Finding("identifiers", Severity.BLOCK if sure else Severity.REVIEW, where, message, _FIX)


def _one(what: str) -> str:
    return f"an {what}" if what[0] in "Ne" and not what.startswith("National") else f"a {what}"


def _identifiers(content: Content) -> Iterator[tuple[str, bool]]:
    text = content.text
    for digits, grouped in nhs_numbers(text):
        alone = _TEN_DIGITS_ONLY.fullmatch(text) is not None
        chi = starts_with_birth_date(digits)
        yield "NHS or CHI number", grouped or not alone or (chi and len(text) == 10 and text[0] == "0")
    if content.kind in (Kind.TEXT, Kind.FORMULA):
        if (match := POSTCODE.search(text)) is not None:
            yield "postcode", " " in match[0] or "\u00a0" in match[0]
        if NATIONAL_INSURANCE.search(text) is not None:
            yield "National Insurance number", True
        if "@" in text and EMAIL.search(text) is not None:
            yield "e-mail address", True


_BIRTH = ({"dob"}, {"birth", "date"}, {"birthdate"}, {"dateofbirth"}, {"birthday"}, {"born"})
_NAMED: tuple[tuple[str, tuple[set[str], ...]], ...] = (
    ("NHS numbers", ({"nhs", "number"}, {"nhs", "no"}, {"nhsnumber"}, {"nhsno"}, {"nhs", "num"}, {"nhs"})),
    ("CHI numbers", ({"chi", "number"}, {"chi", "no"}, {"chi"})),
    ("dates of birth", _BIRTH),
    ("postcodes", ({"postcode"}, {"postal", "code"}, {"post", "code"}, {"pcds"}, {"pcd"})),
    ("names of people", ({"surname"}, {"forename"}, {"firstname"}, {"lastname"}, {"first", "name"}, {"last", "name"},
                         {"patient", "name"}, {"full", "name"}, {"family", "name"}, {"given", "name"})),
    ("addresses", ({"address"}, {"email"}, {"e", "mail"}, {"telephone"}, {"phone"}, {"mobile"})),
    ("hospital or insurance numbers", ({"mrn"}, {"hospital", "number"}, {"nino"}, {"national", "insurance"})),
)  # fmt: skip


def no_identifying_columns(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """No column is named as an identifier while holding values that can be one.

    A count under such a name ("patients with postcode") holds small whole numbers and is left alone.
    """
    del policy
    table = seen.table
    for c in range(table.width):
        said = set(tokens(table.title(c)))
        for what, vocabularies in _NAMED:
            if any(vocabulary <= said for vocabulary in vocabularies) and (n := _fitting(table, c, what)) > 0:
                message = (
                    f"Column {column_name(c)} ('{words(table.title(c))}') holds {what} by its name and its "
                    f"{n} values."
                )
                yield Finding("identifiers", Severity.BLOCK, table.where_column(c), message, _FIX)
                break
    yield from _nameless_birth_dates(seen)


def _fitting(table: Table, column: int, what: str) -> int:
    """How many cells under an identifier's name can hold one."""
    cells = [row[column] for row in table.body if row[column].kind is not Kind.BLANK]
    if what in ("NHS numbers", "CHI numbers", "hospital or insurance numbers"):
        return sum(
            len(re.sub(r"[^0-9A-Za-z]", "", content.text.removesuffix(".0"))) >= 6 for content in cells
        )
    if what == "dates of birth":
        return sum(
            content.kind is Kind.DATE
            or (content.kind is Kind.TEXT and any(ch.isdigit() for ch in content.text))
            or (content.is_whole and isinstance(content.value, int) and content.value > 10_000_000)
            for content in cells
        )
    if what == "postcodes":
        return sum(
            content.kind is Kind.TEXT and POSTCODE.search(content.text) is not None for content in cells
        )
    if what == "addresses":
        return sum(len(content.text) >= 7 for content in cells)
    return sum(content.kind is Kind.TEXT for content in cells)


_YEAR = re.compile(r"(?<![0-9])(19[0-9]{2}|20[0-2][0-9])(?![0-9])")


def _nameless_birth_dates(seen: Recognised) -> Iterator[Finding]:
    """A column of many different full dates over many years, beside no count, may be dates of birth."""
    table = seen.table
    if seen.has(Role.COUNT) and seen.labels == 1:
        return
    for c in range(table.width):
        dates = [row[c].text for row in table.body if row[c].kind is Kind.DATE]
        if (
            len(dates) < 5
            or len(set(dates)) < 0.7 * len(dates)
            or any(b <= set(tokens(table.title(c))) for b in _BIRTH)
        ):
            continue
        years = {int(match[1]) for text in dates if (match := _YEAR.search(text)) is not None}
        if years and max(years) - min(years) >= 10 and min(years) < 2010 and len(years) >= 5:
            message = (
                f"Column {column_name(c)} holds {len(dates)} dates of many years: they may be dates of birth."
            )
            yield Finding("identifiers", Severity.REVIEW, table.where_column(c), message, _FIX)


IN_CELLS = Rule(
    "identifiers",
    "No cell holds an NHS or CHI number, a postcode, a National Insurance number or an e-mail address.",
    "NHS Data Dictionary, NHS NUMBER (modulus 11); Royal Mail postcode form; SDC handbook: outputs hold no identifiers",
    on_sheet=no_identifiers_in_cells,
)
IN_COLUMNS = Rule(
    "identifiers",
    "No column is an identifier by its name and values: dates of birth, postcodes, names, addresses, numbers.",
    "SDC handbook: outputs hold no direct identifiers",
    on_table=no_identifying_columns,
)
