"""Suppressed counts: recovered exactly, too nearly, as a group, or not at all."""

from __future__ import annotations

import pytest

from tests.unit.output_checker.checking import check_text, found, places

SOLVABLE = (
    ",a,b,c,d,Total\nw,*,*,*,89,230\nx,*,124,*,31,250\ny,92,*,59,*,336\nz,800,*,651,*,3127\n"
    "Total,1021,1262,770,890,3943\n"
)


def test_one_suppressed_cell_in_a_line_is_recovered_from_its_total():
    report = check_text("age,n\n21-30,[REDACTED]\n31-40,10\n41-50,15\n51+,25\nTotal,51\n")
    (finding,) = found(report, "secondary", "block")
    assert finding.where == "B2"
    assert "it must be 1" in finding.message and "B6" in finding.message


def test_two_suppressions_in_every_row_and_column_and_one_cell_still_solvable():
    report = check_text(SOLVABLE)
    assert places(report, "secondary", "block") == {"C2"}
    assert "it must be 47" in found(report, "secondary")[0].message


def test_with_one_cell_more_suppressed_the_same_table_is_safe():
    assert check_text(SOLVABLE.replace("x,*,124,*,31,250", "x,*,124,*,*,250")).verdict.value == "clear"


@pytest.mark.parametrize(
    "mark", ["*", "[c]", "c", "..", "-", "supp", "[REDACTED]", "<10", "x", "suppressed", "#", "~"]
)
def test_every_usual_mark_is_known_as_a_suppressed_count(mark):
    report = check_text(f"age,n\n20-29,{mark}\n30-39,12\n40-49,15\nTotal,33\n")
    assert "it must be 6" in found(report, "secondary", "block")[0].message


def test_a_blank_that_the_total_gives_back_is_refused():
    assert places(check_text("age,n\n20-29,\n30-39,12\n40-49,15\nTotal,33\n"), "secondary", "block") == {"B2"}


def test_a_word_nobody_knows_in_place_of_a_count_is_a_finding():
    report = check_text("age,n\n20-29,few\n30-39,12\n40-49,15\nTotal,33\n")
    assert places(report, "not_understood", "review") == {"B2"}


def test_suppressed_cells_whose_sum_is_below_the_minimum_are_refused():
    table = "age,n\n20-29,*\n30-39,*\n40-49,15\nTotal,{}\n"
    refused = check_text(table.format(24))
    assert "add up to 9" in found(refused, "secondary", "block")[0].message
    assert check_text(table.format(25)).verdict.value == "clear"
    assert check_text(table.format(26)).verdict.value == "clear"


def test_a_group_left_out_of_the_table_but_not_of_its_total_is_refused():
    table = "age,n\n20-29,15\n30-39,25\nTotal,{}\n"
    assert "3 more than its parts" in found(check_text(table.format(43)), "secondary", "block")[0].message
    assert found(check_text(table.format(49)), "secondary", "block")
    assert not found(check_text(table.format(50)), "secondary", "block")


def test_an_interval_of_two_values_is_looked_at_and_one_of_three_is_not():
    two = ",a,b,Total\nw,*,*,21\nx,*,*,60\nTotal,1,80,81\n"
    report = check_text(two)
    assert {"B2", "B3"} <= places(report, "secondary", "review")
    three = ",a,b,Total\nw,*,*,21\nx,*,*,60\nTotal,2,79,81\n"
    assert not found(check_text(three), "secondary", "review")


def test_redacted_then_rounded_counts_are_not_called_recovered():
    text = "age_band,heart_disease,population\n21-30,[REDACTED],20\n31-40,10,25\n41-50,15,30\n51+,25,45\nTotal,50,120\n"
    for policy in ("opensafely", "sacro"):
        assert not found(check_text(text, policy), "secondary")
    assert check_text(text, "opensafely").verdict.value == "clear"


def test_the_same_cells_with_an_exact_total_are_recovered():
    text = "age_band,n\n21-30,*\n31-40,10\n41-50,15\n51+,25\nTotal,51\n"
    assert places(check_text(text), "secondary", "block") == {"B2"}


def test_few_multiples_of_five_are_not_taken_for_rounded():
    """Three numbers that end in 0 or 5 happen by chance; taking them for rounded would hide a recovery."""
    assert places(check_text("sex,n\nF,*\nM,20\nU,30\nTotal,55\n"), "secondary", "block") == {"B2"}


def test_a_table_under_the_hospital_rules_is_clear():
    text = "region,A,B,Total\nNorth,*,40,45\nSouth,20,0,20\nTotal,25,40,65\n"
    assert check_text(text, "nhs-england").verdict.value == "clear"


def test_totals_are_recognised_by_arithmetic_when_they_have_no_name():
    text = "region,a,b,c\nNorth,21,32,53\nSouth,43,*,98\nEast,15,26,41\nWhole,79,113,192\n"
    report = check_text(text)
    assert "it must be 55" in found(report, "secondary", "block")[0].message


def test_a_long_table_with_totals_in_its_keys_is_solved():
    text = (
        "sex,age,n\nF,young,*\nF,old,21\nF,All,26\nM,young,33\nM,old,42\nM,All,75\nAll,young,38\nAll,old,63\n"
        "All,All,101\n"
    )
    report = check_text(text)
    assert places(report, "secondary", "block") == {"C2"}
    assert "it must be 5" in found(report, "secondary")[0].message


def test_a_crosstab_with_two_row_levels_and_a_blank_in_its_margin_is_solved():
    text = (
        "sex,region,2014,2015,All\nF,North,11,12,23\nF,South,21,22,43\nM,North,31,32,63\nM,South,41,*,83\n"
        "All,,104,108,212\n"
    )
    assert places(check_text(text), "secondary", "block") == {"D5"}


def test_cells_without_any_total_stay_hidden():
    assert check_text("age,n\n20-29,*\n30-39,12\n40-49,15\n").verdict.value == "clear"


def test_totals_that_contradict_the_cells_prove_nothing():
    report = check_text("region,M,F,Total\nN,*,20,15\nS,30,*,37\nE,40,50,90\nTotal,75,77,142\n")
    assert any("Not proven" in finding.message for finding in found(report, "secondary", "review"))


def test_the_report_says_what_a_total_counts_otherwise():
    report = check_text("region,n\nN,200\nS,300\nTotal,450\n")
    assert places(report, "secondary") == {"B4"}
    assert report.verdict.value == "clear"
