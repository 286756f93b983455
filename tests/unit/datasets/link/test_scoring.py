"""The model's weights are those of Fellegi and Sunter, and candidates are just the pairs in the window."""

from __future__ import annotations

from math import log2
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets.link.described import Trained, TrainedComparison, TrainedLevel
from datasets.link.model import declared
from datasets.link.scoring import FEWEST_CANDIDATES, score, weeks_moved, weigh

# Shares made up so that no two levels have the same weight.
M = {
    "time": [0.5, 0.2, 0.15, 0.08, 0.05, 0.02],
    "place": [0.45, 0.25, 0.2, 0.06, 0.03, 0.01],
    "age": [0.6, 0.2, 0.1, 0.06, 0.04],
    "sex": [0.97, 0.03],
    "road_user": [0.9, 0.06, 0.04],
}
U = {
    "time": [0.04, 0.05, 0.09, 0.11, 0.21, 0.5],
    "place": [0.001, 0.002, 0.007, 0.02, 0.07, 0.9],
    "age": [0.02, 0.05, 0.08, 0.1, 0.75],
    "sex": [0.52, 0.48],
    "road_user": [0.05, 0.8, 0.15],
}
SHARE = 0.3
TRAINED = Trained(
    version="0" * 64,
    declared="police-ambulance/1",
    share_of_candidates=SHARE,
    comparisons=tuple(
        TrainedComparison(
            name=comparison.name,
            levels=tuple(
                TrainedLevel(label=level.label, m=m, u=u)
                for level, m, u in zip(comparison.levels, M[comparison.name], U[comparison.name], strict=True)
            ),
        )
        for comparison in declared().comparisons
    ),
)
AT = 26_000_000.0
CASUALTY = {
    "unique_id": "c",
    "at_minute": AT,
    "easting": 537_000.0,
    "northing": 189_000.0,
    "age": 40,
    "sex": "1",
    "road_user": "cyclist",
    "party": 1,
}
SCHEMA = {
    "unique_id": pl.String,
    "at_minute": pl.Float64,
    "easting": pl.Float64,
    "northing": pl.Float64,
    "age": pl.Int64,
    "sex": pl.String,
    "road_user": pl.String,
    "party": pl.Int64,
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def weights_of(
    tmp_path: Path, *patients: dict[str, Any], casualty: dict[str, Any] | None = None
) -> list[Any]:
    """The weight of CASUALTY with each of some patients, who are the same but for what is said; None for no pair."""
    rows = [CASUALTY | {"unique_id": str(number)} | patient for number, patient in enumerate(patients)]
    found = weigh(declared(), TRAINED, frame(CASUALTY | (casualty or {})), frame(*rows), tmp_path)
    assert found["right"].is_unique().all()
    weights = dict(found.select("right", "match_weight").iter_rows())
    return [weights.get(str(number)) for number in range(len(patients))]


def by_hand(**levels: int | None) -> float:
    """Log2 of prior odds times the product of m/u: the formula, level by level; None is missing."""
    weight = log2(SHARE / (1 - SHARE))
    for name in M:
        level = levels.get(name, 0)
        if level is not None:
            weight += log2(M[name][level] / U[name][level])
    return weight


PAIRS: list[tuple[dict[str, Any], dict[str, int | None]]] = [
    ({}, {}),
    ({"age": 43, "sex": "2", "road_user": "pedestrian"}, {"age": 2, "sex": 1, "road_user": 2}),
    (
        {"at_minute": AT - 25, "easting": 537_400.0, "road_user": None},
        {"time": 3, "place": 3, "road_user": 1},
    ),
    ({"age": None, "sex": None}, {"age": None, "sex": None}),
]


def test_a_pairs_weight_is_the_formula_of_fellegi_and_sunter(tmp_path: Path) -> None:
    weights = weights_of(tmp_path, *(patient for patient, _ in PAIRS))
    assert weights == pytest.approx([by_hand(**levels) for _, levels in PAIRS], abs=1e-5)


def test_a_casualty_whose_road_user_type_is_missing_is_not_judged_by_it(tmp_path: Path) -> None:
    weights = weights_of(tmp_path, {}, {"road_user": None}, casualty={"road_user": None})
    assert weights == pytest.approx([by_hand(road_user=None)] * 2, abs=1e-5)


def test_each_level_ends_where_the_model_says(tmp_path: Path) -> None:
    """One below each limit, at it and one above: minutes either way, metres, years."""
    asked: list[tuple[dict[str, Any], dict[str, int | None]]] = []
    for beyond in (-1, 0, 1):
        for at, limit in enumerate([5, 10, 20, 30, 60]):
            for sign in (1, -1):
                minute = AT + sign * (limit + beyond)
                asked.append(({"at_minute": minute}, {"time": at + (beyond > 0)}))
        for at, limit in enumerate([50, 100, 250, 500, 1500]):
            asked.append(({"northing": 189_000.0 - limit - beyond}, {"place": at + (beyond > 0)}))
    for at, limit in enumerate([0, 2, 5, 10]):
        asked += [({"age": 40 + limit}, {"age": at}), ({"age": 40 - limit - 1}, {"age": at + 1})]
    weights = weights_of(tmp_path, *(patient for patient, _ in asked))
    for (patient, levels), weight in zip(asked, weights, strict=True):
        assert weight == pytest.approx(by_hand(**levels), abs=1e-5), patient


@pytest.mark.parametrize("start", [AT, AT + 119.5, AT - 1])
def test_the_window_of_time_holds_its_edge_and_nothing_beyond(tmp_path: Path, start: float) -> None:
    """Whatever slot the casualty lies in: the slots are as long as the window."""
    apart = [sign * minutes for minutes in (119, 120, 121) for sign in (1, -1)]
    weights = weights_of(
        tmp_path, *({"at_minute": start + minutes} for minutes in apart), casualty={"at_minute": start}
    )
    assert [weight is not None for weight in weights] == [True] * 4 + [False] * 2


def test_the_window_of_place_holds_its_edge_and_nothing_beyond(tmp_path: Path) -> None:
    weights = weights_of(
        tmp_path,
        *({name: CASUALTY[name] + apart} for apart in (4999, 5000, 5001) for name in ("easting", "northing")),
    )
    assert [weight is not None for weight in weights] == [True] * 4 + [False] * 2


def test_a_record_without_time_or_place_is_no_candidate(tmp_path: Path) -> None:
    weights = weights_of(tmp_path, *({name: None} for name in ("at_minute", "easting", "northing")))
    assert weights == [None] * 3


def test_records_are_moved_forth_and_back_by_whole_weeks_less_often_the_more_they_are() -> None:
    assert weeks_moved(1) == [sign * week for week in range(1, 27) for sign in (1, -1)]
    assert weeks_moved(100_000) == [1, -1, 2, -2]
    assert weeks_moved(10**9) == [1, -1]


def crowd(pairs: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Casualties and their own patients, a day apart from each other, and as many patients of nobody."""
    casualties = [
        CASUALTY | {"unique_id": f"c{n}", "at_minute": AT + 1440 * n, "age": 20 + n % 50}
        for n in range(pairs)
    ]
    patients = [
        one | {"unique_id": f"p{n}", "at_minute": AT + 1440 * n + 4} for n, one in enumerate(casualties)
    ]
    return frame(*casualties), frame(*patients)


def test_too_few_candidates_teach_nothing_and_the_sentence_says_how_many_are_needed(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="Only 99 pairs of one casualty and one patient") as refused:
        score(declared(), *crowd(FEWEST_CANDIDATES - 1), tmp_path)
    assert "needs 100 to learn from" in refused.value.sentence


@pytest.mark.parametrize("more", [0, 1])
def test_enough_candidates_are_scored_and_leave_nothing_on_disk(tmp_path: Path, more: int) -> None:
    scored = score(declared(), *crowd(FEWEST_CANDIDATES + more), tmp_path)
    assert scored.pairs.height == scored.pairs_trained_on == FEWEST_CANDIDATES + more
    assert list(tmp_path.iterdir()) == []


def test_sources_of_other_years_are_told_so(tmp_path: Path) -> None:
    casualties, patients = crowd(120)
    later = patients.with_columns(pl.col("at_minute") + 1e7)
    with pytest.raises(PlainError, match="No police casualty lies within 120 minutes and 5,000 metres"):
        score(declared(), casualties, later, tmp_path)


def test_pairs_of_larger_parties_are_not_trained_on(tmp_path: Path) -> None:
    casualties, patients = crowd(150)
    parties = pl.when(pl.int_range(pl.len()) < 40).then(2).otherwise(1).cast(pl.Int64)
    scored = score(declared(), casualties.with_columns(parties.alias("party")), patients, tmp_path)
    assert scored.pairs_trained_on == 110
    assert scored.pairs.height == 150
