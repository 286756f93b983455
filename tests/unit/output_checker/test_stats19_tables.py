"""Tables as a researcher makes them from police records: refused by the cell, released when grouped."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from pathlib import Path

import pytest

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
    assert places(
        check_text("casualty_severity,2014,2015\nFatal,12,3\nSerious,120,133\n"), None, "block"
    ) == {"C2"}
    assert check_text("casualty_severity,2014,2015\nFatal,12,13\nSerious,120,133\n").verdict.value == "clear"


def test_a_rounded_table_for_the_hospital_rules_is_clear():
    text = (
        "casualty_severity,Car,Cyclist,All\nFatal,10,*,15\nSerious,120,135,255\nSlight,1200,1100,2300\n"
        "All,1330,1235,2570\n"
    )
    assert check_text(text, "nhs-england").verdict.value == "clear"


def test_counts_of_groups_are_checked():
    text = "accident_year,casualty_severity,0\n2014,Fatal,{}\n2014,Slight,1043\n2015,Fatal,13\n2015,Slight,1100\n"
    assert places(check_text(text.format(9)), "threshold", "block") == {"C2"}
    assert check_text(text.format(10)).verdict.value == "clear"
    named = "casualty_severity,count\nSlight,3343\nSerious,352\nFatal,{}\n"
    assert places(check_text(named.format(9)), "threshold", "block") == {"B4"}
    assert check_text(named.format(10)).verdict.value == "clear"


CASUALTIES = (
    Path(__file__).parents[3].parent / "shared/data/stats19/stats19_waltham_forest_2014_2018_casualties.csv"
)


def written(rows) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def tables_of(records: list[dict[str, str]], a: str, b: str):
    """Every usual form of a count of two variables, each with its smallest count."""
    counts = Counter((record[a], record[b]) for record in records)
    rows, columns = sorted({key[0] for key in counts}), sorted({key[1] for key in counts})
    inner = [counts[x, y] for x in rows for y in columns]
    plain = [[a, *columns], *([x, *(counts[x, y] for y in columns)] for x in rows)]
    yield written(plain), min(inner)
    summed = [[*plain[0], "All"], *([*row, sum(row[1:])] for row in plain[1:])]
    summed.append(["All", *(sum(row[c] for row in summed[1:]) for c in range(1, len(columns) + 2))])
    yield written(summed), min(inner)
    grouped = sorted(counts.items())
    for name in ("0", "n", "count"):
        yield written([[a, b, name], *([*key, value] for key, value in grouped)]), min(counts.values())


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not CASUALTIES.is_file(), reason="the police records are not beside the repository")
def test_every_table_of_two_variables_of_real_records_is_judged_by_its_smallest_count():
    """A thousand tables of real police records: blocked if a count is below ten (zeros too), clear if none is."""
    with CASUALTIES.open(encoding="utf-8") as stream:
        records = list(csv.DictReader(stream))
    names = [name for name in records[0] if len({record[name] for record in records}) < 60]
    judged = Counter()
    for a, b in itertools.permutations(names, 2):
        common = [
            {x for x, _ in Counter(record[name] for record in records).most_common(3)} for name in (a, b)
        ]
        cut = [record for record in records if record[a] in common[0] and record[b] in common[1]]
        for chosen in (records, cut):
            for text, smallest in tables_of(chosen, a, b):
                expected = "block" if smallest < 10 else "clear"
                report = check_text(text)
                assert report.verdict.value == expected, (
                    a,
                    b,
                    text[:400],
                    [f.message for f in report.findings][:3],
                )
                judged[expected] += 1
    assert min(judged["block"], judged["clear"]) > 100
