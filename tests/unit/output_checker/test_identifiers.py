"""Identifiers and row-level data are refused; what only looks like them is not."""

from __future__ import annotations

import pytest
from output_checker.rules.patterns import mask_identifiers, passes_modulus_11

from tests.unit.output_checker.checking import check_text, found, places

NHS = "9434765919"  # the NHS Data Dictionary's own example of a right check digit


def test_the_check_digit_is_modulus_11():
    assert passes_modulus_11(NHS)
    assert not any(passes_modulus_11(NHS[:9] + digit) for digit in "012345678")
    assert not passes_modulus_11("0000000000") and not passes_modulus_11("1111111111")


@pytest.mark.parametrize(
    "written", ["943 476 5919", "943-476-5919", "patient 9434765919", "see 943 476 5919 again"]
)
def test_an_nhs_number_in_any_cell_is_refused_and_never_repeated(written):
    report = check_text(f"group,n\n{written},20\nother,30\n")
    assert places(report, "identifiers", "block") == {"A2"}
    assert all("5919" not in f.message + (f.fix or "") for f in report.findings)


def test_one_bare_ten_digit_number_is_looked_at_because_it_can_be_chance():
    assert places(check_text(f"group,n\nA,{NHS}\nB,30\n"), "identifiers", "review") == {"B2"}
    assert not found(check_text("group,n\nA,9434765918\nB,30\n"), "identifiers")


def test_a_column_of_nhs_numbers_is_refused_also_as_floats():
    numbers = ["9434765919", "4010232137", "4857773456", "5990128088"]
    assert all(passes_modulus_11(n) for n in numbers[:1])
    good = [n for n in numbers if passes_modulus_11(n)] * 3
    report = check_text("who,nhs_number\n" + "".join(f"p{i},{n}.0\n" for i, n in enumerate(good)))
    assert report.verdict.value == "block" and found(report, "identifiers", "block")


@pytest.mark.parametrize(
    ("postcode", "refused"),
    [
        ("SW1A 1AA", True),
        ("M1 1AE", True),
        ("EC1A 1BB", True),
        ("gir 0aa", True),
        ("AB1 2CD", True),
        ("E01004422", False),
        ("2014 Q1", False),
        ("A1", False),
        ("Band 2AB", False),
        ("A23 road", False),
    ],
)
def test_full_postcodes_are_refused_and_codes_of_areas_are_not(postcode, refused):
    report = check_text(f"area,n\n{postcode},20\nother,30\n")
    assert bool(found(report, "identifiers", "block")) is refused


def test_dates_of_birth_are_refused_by_name_and_by_value():
    named = check_text("group,dob,n\nA,1950-01-10,20\nB,1951-02-11,30\n")
    assert places(named, "identifiers", "block") == {"B2:B3"}
    nameless = check_text(
        "ref,day,x\n" + "".join(f"g{i},{1930 + 7 * i}-0{i + 1}-1{i},{i}.5\n" for i in range(8))
    )
    assert places(nameless, "identifiers", "review") == {"B2:B9"}


def test_counts_by_day_and_by_year_of_birth_are_no_dates_of_birth():
    by_day = "date,n\n" + "".join(f"2014-01-{d:02},{20 + d}\n" for d in range(1, 20))
    assert check_text(by_day).verdict.value == "clear"
    assert check_text("year_of_birth,n\n1950,20\n1951,30\n").verdict.value == "clear"


def test_other_identifiers_are_refused():
    for text in ("AB123456C", "someone@example.org"):
        assert places(check_text(f"who,n\n{text},20\nother,30\n"), "identifiers", "block") == {"A2"}


def test_identifiers_in_titles_notes_and_headers_are_found():
    report = check_text(
        f"Extract for {NHS},,\nsex,a,b\nF,20,30\nM,40,50\nNote: sent to SW1A 1AA today please,,\n"
    )
    assert places(report, "identifiers", "block") == {"A1", "A5"}
    report = check_text("sex,SW1A 1AA,b\nF,20,30\nM,40,50\n")
    assert places(report, "identifiers", "block") == {"B1"}


def test_messages_strike_identifiers_out_of_labels():
    report = check_text(f"patient,n\n{NHS} Smith,3\nB,30\n")
    assert all(NHS not in f.message for f in report.findings)
    assert mask_identifiers("SW1A 1AA a@b.org 943 476 5919") == "[postcode] [e-mail] [ten digits]"


RECORDS = [
    "pid,age,sex,region\n" + "".join(f"P{i:05},{20 + i % 60},{'MF'[i % 2]},North\n" for i in range(30)),
    "accident_index,vehicle_reference,age\n"
    + "".join(f"2014{i // 2:05},{i % 2 + 1},{20 + i}\n" for i in range(30)),
    "age,sex,region,smoker\n"
    + "".join(f"{20 + i * 7 % 25},{'MF'[i % 2]},{'NS'[i % 3 > 0]}x,no\n" for i in range(30)),
    ",age,sex,income\n"
    + "".join(f"{i},{20 + i * 7 % 60},{'MF'[i % 2]},{1000 + i * 13.7}\n" for i in range(30)),
]


@pytest.mark.parametrize("text", RECORDS)
def test_records_of_persons_are_refused(text):
    report = check_text(text)
    assert found(report, "row_level", "block")
    assert [s.statbarn for s in report.statistics] == ["microdata"]
    assert not found(report, "threshold"), "one finding matters; counting rules would bury it"


def test_the_first_rows_of_records_are_not_clear_either():
    head = "\n".join(RECORDS[3].splitlines()[:6]) + "\n"
    assert check_text(head).verdict.value != "clear"


@pytest.mark.parametrize(
    "text",
    [
        "hospital_id,n\n" + "".join(f"{1000 + i},{20 + i}\n" for i in range(30)),
        "sex,age,region,n\n"
        + "".join(f"{s},{a},{r},{20 + a}\n" for s in "MF" for a in range(20, 30) for r in "NS"),
        "lsoa,2014,2015\n" + "".join(f"E0100{4000 + i},{20 + i},{30 + i}\n" for i in range(80)),
    ],
)
def test_long_tables_of_counts_are_no_records(text):
    assert check_text(text).verdict.value == "clear"


def test_opensafely_takes_no_more_than_five_thousand_rows():
    table = lambda rows: "area,n\n" + "".join(f"a{i},{10 + 5 * (i % 7)}\n" for i in range(rows))  # noqa: E731
    assert check_text(table(5000), "opensafely").verdict.value == "clear"
    assert found(check_text(table(5001), "opensafely"), "row_level", "block")
