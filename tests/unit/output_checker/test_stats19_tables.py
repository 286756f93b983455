"""Tables as a researcher makes them from police records: refused by the cell, released when grouped."""

from __future__ import annotations

from tests.unit.output_checker.checking import check_text, found, places

SMALL = (
    "casualty_severity,Car,Cyclist,Pedestrian,All\nFatal,12,3,21,36\nSerious,120,133,99,352\n"
    "Slight,1200,1100,1043,3343\nAll,1332,1236,1163,3731\n"
)
GROUPED = (
    "casualty_severity,Car,Cyclist,Pedestrian,All\nFatal or serious,132,136,120,388\nSlight,1200,1100,1043,3343\n"
    "All,1332,1236,1163,3731\n"
)


def test_a_crosstab_with_a_cell_of_three_names_the_cell_and_why():
    report = check_text(SMALL)
    assert report.verdict.value == "block" and places(report) == {"C2"}
    assert "C2 (Fatal, Cyclist) is 3, below the minimum count of 10" in report.findings[0].message


def test_the_same_crosstab_with_categories_combined_is_clear():
    assert check_text(GROUPED).verdict.value == "clear"


def test_suppressing_only_the_small_cell_is_not_enough():
    report = check_text(SMALL.replace(",3,21", ",*,21"))
    assert places(report, "secondary", "block") == {"C2"}
    assert "it must be 3" in found(report, "secondary")[0].message


def test_the_crosstab_without_margins_is_checked_alike():
    assert places(check_text("casualty_severity,2014,2015\nFatal,12,3\nSerious,120,133\n"), None, "block") == {"C2"}
    assert check_text("casualty_severity,2014,2015\nFatal,12,13\nSerious,120,133\n").verdict.value == "clear"


def test_a_rounded_table_for_the_hospital_rules_is_clear():
    text = "casualty_severity,Car,Cyclist,All\nFatal,10,*,15\nSerious,120,135,255\nSlight,1200,1100,2300\nAll,1330,1235,2570\n"
    assert check_text(text, "nhs-england").verdict.value == "clear"


def test_counts_of_groups_are_checked():
    text = "accident_year,casualty_severity,0\n2014,Fatal,{}\n2014,Slight,1043\n2015,Fatal,13\n2015,Slight,1100\n"
    assert places(check_text(text.format(9)), "threshold", "block") == {"C2"}
    assert check_text(text.format(10)).verdict.value == "clear"
    named = "casualty_severity,count\nSlight,3343\nSerious,352\nFatal,{}\n"
    assert places(check_text(named.format(9)), "threshold", "block") == {"B4"}
    assert check_text(named.format(10)).verdict.value == "clear"
