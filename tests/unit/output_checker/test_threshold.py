"""Minimum count, zeros and rounding, each at its boundary."""

from __future__ import annotations

import pytest

from tests.unit.output_checker.checking import check_text, found, places


@pytest.mark.parametrize(
    ("policy", "count", "refused"),
    [
        ("sacro", 9, True),
        ("sacro", 10, False),
        ("sacro", 11, False),
        ("sacro", 1, True),
        ("nhs-england", 7, True),
        ("nhs-england", 1, True),
        ("opensafely", 7, True),
        ("opensafely", 1, True),
    ],
)
def test_a_count_below_the_minimum_is_refused(policy, count, refused):
    report = check_text(f"sex,n\nF,{count}\nM,40\nU,50\n", policy)
    assert ("B2" in places(report, "threshold", "block")) is refused
    assert (report.verdict.value == "block") is refused


@pytest.mark.parametrize("policy", ["nhs-england", "opensafely"])
@pytest.mark.parametrize("count", [8, 9])
def test_eight_and_nine_reach_the_minimum_but_must_be_rounded_to_ten(policy, count):
    report = check_text(f"sex,n\nF,{count}\nM,40\n", policy)
    assert not found(report, "threshold")
    assert places(report, "rounding", "block") == {"B2"}
    assert "Show 10" in found(report, "rounding")[0].fix


@pytest.mark.parametrize(
    ("policy", "verdict"), [("sacro", "block"), ("nhs-england", "clear"), ("opensafely", "review")]
)
def test_a_zero_is_what_the_policy_says_it_is(policy, verdict):
    report = check_text("sex,n\nF,0\nM,40\nU,50\n", policy)
    assert report.verdict.value == verdict
    assert (places(report, "zeros") == {"B2"}) is (verdict != "clear")


def test_the_message_names_cell_row_column_value_minimum_and_policy():
    report = check_text(
        "casualty_severity,2014,2015,All\nFatal,12,3,15\nSlight,100,200,300\nAll,112,203,315\n"
    )
    (finding,) = found(report, "threshold")
    assert finding.where == "C2"
    assert finding.message == "C2 (Fatal, 2015) is 3, below the minimum count of 10 of policy sacro."
    assert finding.fix


@pytest.mark.parametrize(
    "text",
    [
        "variable,n,p_value\nage,200,0.03\nsex,200,3e-5\n",
        "sex,n,percent\nF,200,4.5\nM,4244,95.5\n",
        "sex,n,proportion\nF,200,0.045\nM,4244,0.955\n",
        "year,month,n\n2014,1,20\n2014,2,30\n2015,1,40\n2015,2,50\n",
        "imd_decile,casualty_severity,count\n1,1,30\n1,2,50\n2,1,40\n2,2,60\n",
        ",severity,year,n\n0,Fatal,2014,12\n1,Fatal,2015,13\n2,Slight,2014,100\n3,Slight,2015,200\n",
        "severity,1,2,3\n2014,12,120,1200\n2015,13,133,1100\n",
        "sex,region_code,n\nF,1,20\nF,2,30\nM,1,40\nM,2,50\n",
        "speed_limit,Fatal,Slight\n20,12,300\n30,14,500\n",
        "sex,Data missing or out of range,More deprived 10-20%\nF,11,204\nM,10,165\n",
    ],
)
def test_percentages_p_values_years_and_codes_are_no_small_counts(text):
    assert not found(check_text(text), "threshold")
    assert check_text(text).verdict.value == "clear"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("casualty_severity,0\nFatal,3\nSlight,100\n", "B2"),  # groupby().size() without a name
        ("severity,Car,Bus\nFatal,12.0,3.0\nSlight,100.0,20.0\n", "C2"),  # crosstab with missing cells
        (
            "region,cases,controls\nNorth,3,50\nNorth,12,40\nSouth,70,30\n",
            "B2",
        ),  # rows are not unique: still counts
        ("count,severity\n3,Fatal\n100,Slight\n", "A2"),
        ("sex,n (%)\nF,3 (1.5%)\nM,197 (98.5%)\n", "B2"),
        ("sex,n\nF,３\nM,200\n", "B2"),  # a full-width digit
        ("sex,n\nF,3*\nM,200\n", "B2"),  # with a footnote sign
        ("sex,n\nF, 3 \nM,200\n", "B2"),
        ("sex,Lower,Upper\nF,3,50\nM,20,200\n", "B2"),  # categories named like confidence limits
        ("age,age 18-29,age 30-39\nF,3,50\nM,20,200\n", "B2"),
        ("sex,A,B\nF,20,3\nM,20,200\n", "C2"),
        ("sex;n\nF;3\nM;200\n", "B2"),
        ("sex\tn\nF\t3\nM\t200\n", "B2"),
    ],
)
def test_a_small_count_is_found_in_whatever_dress(text, where):
    assert where in places(check_text(text), "threshold", "block")


def test_small_counts_written_into_labels_are_found():
    assert places(
        check_text("group,Male (n = 3),Female (n=300)\nA,20,30\nB,40,50\n"), "threshold", "block"
    ) == {"B1"}
    assert not found(check_text("group,Male (n = 30),Female (n=300)\nA,20,30\nB,40,50\n"), "threshold")


@pytest.mark.parametrize(
    ("mark", "noticed"), [("<10", False), ("<9", True), ("≤8", True), ("<=9", False), ("1-4", True)]
)
def test_a_mark_may_not_say_more_than_that_the_count_is_below_the_minimum(mark, noticed):
    report = check_text(f"sex,n\nF,{mark}\nM,40\nU,50\n")
    assert (places(report, "threshold", "review") == {"B2"}) is noticed


def test_a_zero_percentage_is_looked_at_but_not_that_of_a_total():
    report = check_text("region,smoker %,other %,N\nNorth,0.0,100.0,400\nAll,100,0,4000\n")
    assert places(report, "zeros") == {"B2", "C2"}


def test_a_table_that_mixes_rounded_and_exact_counts_is_looked_at():
    rounded = "".join(f"r{i},{50 + 5 * i}\n" for i in range(11))
    assert check_text("region,n\n" + rounded).verdict.value == "clear"
    mixed = check_text("region,n\n" + rounded + "r11,43\n")
    assert places(mixed, "rounding", "review") == {"B13"}


def test_midpoint_rounding_is_accepted_by_opensafely():
    report = check_text("week,n\n1,3\n2,9\n3,15\n4,21\n5,27\n", "opensafely")
    assert not found(report, "rounding") and not found(report, "threshold")
