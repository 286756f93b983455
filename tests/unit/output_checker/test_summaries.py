"""Means, spreads, end points, percentages and curves."""

from __future__ import annotations

import pytest

from tests.unit.output_checker.checking import check_text, found, places

PROVEN = "region,mean,sd,n\nN,40,10,{}\nS,45,12,300\n"


@pytest.mark.parametrize(("people", "refused"), [(9, True), (10, False), (11, False)])
def test_a_mean_rests_on_the_minimum_of_people(people, refused):
    report = check_text(PROVEN.format(people))
    assert ("B2" in places(report, "summaries", "block")) is refused


def test_mean_spread_and_number_together_prove_that_nobody_dominates():
    assert check_text(PROVEN.format(200)).verdict.value == "clear"
    assert places(check_text("region,mean,n\nN,40,200\nS,45,300\n"), "dominance", "review") == {"B2:B3"}
    lone = check_text("region,mean,sd,n\nN,3616.06,48034.1,420\nS,45,12,300\n")
    assert places(lone, "dominance", "review") == {"B2"}


def test_dominance_is_no_rule_of_the_hospital_policy():
    assert check_text("region,mean,n\nN,40,200\nS,45,300\n", "nhs-england").verdict.value == "clear"


def test_a_mean_beside_a_suppressed_count_is_refused():
    assert "B2" in places(check_text("region,mean,sd,n\nN,40,10,*\nS,45,12,300\n"), "summaries", "block")


@pytest.mark.parametrize("spread", ["", "NaN", "0", "0.0"])
def test_a_missing_or_zero_spread_gives_a_value_away(spread):
    report = check_text(f"region,mean,sd,n\nN,40,{spread},200\nS,45,12,300\n")
    assert "C2" in places(report, "summaries", "block")


def test_values_without_any_number_of_people_are_looked_at():
    for header in ("mean_age", "percent", "p_value", "odds ratio", "median", "rate per 1000"):
        report = check_text(f"region,{header}\nN,0.4\nS,0.25\nE,0.3\n")
        assert places(report, "underlying_counts", "review") == {"B2:B4"}, header
        assert not found(report, "threshold"), header


@pytest.mark.parametrize("name", ["min", "max", "Minimum", "age_max", "earliest_date", "100%"])
def test_a_least_or_greatest_value_is_refused(name):
    value = "2014-05-06" if "date" in name else "17.25"
    report = check_text(f"sex,{name},n\nF,{value},200\nM,{value},300\n")
    assert places(report, "end_points", "block") == {"B2", "B3"}


def test_describe_is_read_with_its_statistics_in_rows():
    text = ",age\ncount,200\nmean,40.5\nstd,10.5\nmin,1\n25%,20\n50%,40\n75%,50\nmax,99\n"
    report = check_text(text)
    assert places(report, "end_points", "block") == {"B5", "B9"}
    assert {s.statbarn for s in report.statistics} >= {
        "Frequencies",
        "LinearAggregations",
        "Shape",
        "Endpoints",
        "Position",
    }
    assert not found(report, "threshold")
    few = check_text(text.replace("count,200", "count,9"))
    assert {"B2", "B3", "B4"} <= places(few, None, "block")


@pytest.mark.parametrize(("people", "noticed"), [(39, True), (40, False), (41, False)])
def test_each_quarter_of_a_quartile_holds_the_minimum(people, noticed):
    report = check_text(f"sex,n,25%,75%\nF,{people},20,30\nM,400,20,30\n")
    assert (places(report, "summaries", "review") == {"C2", "D2"}) is noticed


def test_a_percentage_times_its_denominator_gives_a_small_count_back():
    report = check_text("region,A,B,C,N\nEast,69.8,19.7,10.5,497\nIsland,76.9,15.4,7.7,13\n")
    assert places(report, "percentages", "block") == {"C3", "D3"}


@pytest.mark.parametrize(
    ("percent", "refused"), [("1.8", True), ("2.0", False), ("2.2", False), ("98.2", True)]
)
def test_a_single_percentage_gives_back_those_who_are_in_it_and_the_others(percent, refused):
    report = check_text(f"region,smokers %,N\nEast,{percent},500\nWest,50.3,777\n")
    assert (places(report, "percentages", "block") == {"B2"}) is refused


def test_a_percentage_that_fits_small_and_large_counts_proves_nothing():
    assert not found(check_text("region,smokers %,N\nEast,0.2,5000\nWest,50.3,7777\n"), "percentages")


def test_counts_with_their_own_percentages_are_not_multiplied():
    assert (
        check_text("severity,n,percent\nFatal,12,1.0\nSerious,188,15.2\nSlight,1040,83.9\n").verdict.value
        == "clear"
    )


def test_a_percentage_gives_its_suppressed_count_away():
    report = check_text("severity,n,percent\nFatal,*,0.4\nSerious,188,15.3\nSlight,1040,84.4\n")
    assert places(report, "percentages", "block") == {"C2"}


@pytest.mark.parametrize(("people", "refused"), [(3995, True), (4000, False), (4005, False)])
def test_hospital_percentages_have_a_decimal_only_from_four_thousand(people, refused):
    report = check_text(f"region,smokers %,N\nEast,45.3,{people}\n", "nhs-england")
    assert (places(report, "percentages", "block") == {"B2"}) is refused
    assert not found(check_text(f"region,smokers %,N\nEast,45,{people}\n", "nhs-england"), "percentages")


def test_steps_of_a_curve_are_proven_or_looked_at():
    heights = [1 - 15 * k / 494 for k in range(1, 9)]
    safe = "time,survival\n" + "".join(f"{7 * k},{h!r}\n" for k, h in enumerate(heights))
    assert check_text(safe).verdict.value == "clear"
    single = "time,survival\n" + "".join(f"{7 * k},{1 - k / 119!r}\n" for k in range(1, 9))
    assert found(check_text(single), "survival_steps", "review")
    rough = "time,survival\n" + "".join(f"{7 * k},{1 - k / 119:.2f}\n" for k in range(1, 9))
    assert found(check_text(rough), "survival_steps", "review")


def test_few_residual_degrees_of_freedom_are_refused():
    table = "model,df residual,p_value\nA,{},0.03\nB,200,0.2\n"
    assert places(check_text(table.format(9)), "degrees_of_freedom", "block") == {"B2"}
    assert check_text(table.format(10)).verdict.value == "clear"


def test_a_column_nobody_understands_is_named():
    report = check_text("region,thing\nN,1.25\nS,7.5\n")
    assert places(report, "not_understood", "review") == {"B2:B3"}
    assert places(check_text("region,cost\nN,12345\nS,23456\n"), "not_understood", "review") == {"B2:B3"}


def test_one_negative_or_broken_count_does_not_switch_the_count_rules_off():
    report = check_text("region,n\nA,3\nB,-1\nC,20\nD,30.5\nE,50\nF,60\nG,70\nH,80\nI,90\nJ,91\n")
    assert places(report, "threshold", "block") == {"B2"}
    assert places(report, "not_understood", "review") == {"B3", "B5"}
