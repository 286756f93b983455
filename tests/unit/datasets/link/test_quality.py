"""Quality in numbers, and small groups that stay unsaid."""

from __future__ import annotations

import polars as pl
import pytest

from datasets.link.quality import expected_precision, expected_recall, match_rate, match_rates, measured


def frame(*probabilities: float) -> pl.DataFrame:
    return pl.DataFrame({"probability": probabilities}, schema={"probability": pl.Float64})


def test_expected_precision_and_recall_are_sums_of_probabilities() -> None:
    links, candidates = frame(0.9, 0.7), frame(0.9, 0.7, 0.3, 0.1)
    assert expected_precision(links) == 0.8
    assert expected_recall(links, candidates) == 0.8
    assert expected_precision(frame()) is None
    assert expected_recall(frame(), frame()) is None


@pytest.mark.parametrize(
    ("casualties", "linked", "told"),
    [(19, 9, None), (20, 10, (20, 50)), (21, 11, (20, 50)), (30, 21, None), (30, 20, (30, 67)), (9, 9, None)],
)
def test_a_rate_is_told_where_both_parts_have_ten_and_is_never_exact(casualties, linked, told) -> None:
    rate = match_rate("sex", "Male", casualties, linked)
    assert (rate.casualties, rate.linked_percent) == (told or (None, None))


def test_rates_are_told_by_group_and_what_is_missing_is_a_group() -> None:
    casualties = pl.DataFrame(
        {
            "collision_index": [f"c{n}" for n in range(60)],
            "vehicle_reference": [1] * 60,
            "casualty_reference": [1] * 60,
            "casualty_severity": ["Slight"] * 40 + ["Serious"] * 20,
            "sex_of_casualty": ["Male"] * 30 + [None] * 30,
            "age_band_of_casualty": ["26 - 35"] * 60,
            "casualty_type": ["Car occupant", "Taxi/Private hire car occupant"] * 30,
        }
    )
    links = casualties[10:50].select("collision_index", "vehicle_reference", "casualty_reference")
    rates = {
        (one.by, one.value): (one.casualties, one.linked_percent) for one in match_rates(casualties, links)
    }
    assert rates == {
        ("severity", "Serious"): (20, 50),
        ("severity", "Slight"): (40, 75),
        ("age band", "26 - 35"): (60, 67),
        ("sex", "Male"): (30, 67),
        ("sex", "not known"): (30, 67),
        ("road user", "car occupant"): (60, 67),
    }


def test_measured_is_counted_pair_by_pair() -> None:
    links = pl.DataFrame({"a": ["1", "2", "3", "4"], "b": ["x", "y", "z", "w"]})
    truth = pl.DataFrame({"a": ["1", "2", "3", "5", "6"], "b": ["x", "y", "w", "v", "u"]})
    found = measured(links, truth)
    assert (found.links, found.true_pairs, found.right) == (4, 5, 2)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.4, 0.4444)
    assert "Synthetic truth" in found.on


def test_no_links_and_no_truth_measure_nothing() -> None:
    none = pl.DataFrame(schema={"a": pl.String})
    found = measured(none, none)
    assert (found.precision, found.recall, found.f1) == (None, None, None)
