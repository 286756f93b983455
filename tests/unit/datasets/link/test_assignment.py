"""One casualty is one patient: probabilities that know it, and links that keep to it."""

from __future__ import annotations

from itertools import combinations, permutations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.link import assignment
from datasets.link.assignment import chosen, exact_probabilities, mean_field_probabilities, with_probabilities


def pairs(*rows: tuple[str, str, float], column: str = "match_weight") -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"left": pl.String, "right": pl.String, column: pl.Float64}, orient="row"
    )


def by_enumeration(odds: np.ndarray) -> np.ndarray:
    """Every one-to-one set written out: the definition, not the algorithm."""
    rows, columns = odds.shape
    total, holding = 0.0, np.zeros_like(odds)
    for size in range(min(rows, columns) + 1):
        for which in combinations(range(rows), size):
            for where in permutations(range(columns), size):
                weight = float(np.prod([odds[pair] for pair in zip(which, where, strict=True)]))
                total += weight
                for pair in zip(which, where, strict=True):
                    holding[pair] += weight
    return holding / total


matrices = st.integers(1, 4).flatmap(
    lambda rows: st.integers(1, 4).flatmap(
        lambda columns: st.lists(
            st.one_of(st.just(0.0), st.floats(1e-3, 1e6)), min_size=rows * columns, max_size=rows * columns
        ).map(lambda values: np.array(values).reshape(rows, columns))
    )
)


@given(matrices)
@settings(max_examples=80, deadline=None)
def test_exact_probabilities_are_shares_of_all_one_to_one_sets(odds: np.ndarray) -> None:
    assert exact_probabilities(odds) == pytest.approx(by_enumeration(odds), rel=1e-9, abs=1e-12)


def test_a_pair_alone_keeps_the_probability_of_its_weight() -> None:
    scored = with_probabilities(pairs(("a", "1", 3.0), ("b", "2", -1.0))).pairs
    assert scored["probability"].to_list() == pytest.approx([8 / 9, 1 / 3], abs=1e-6)


def test_two_alike_against_two_alike_are_a_guess_although_each_pair_looks_certain() -> None:
    scored = with_probabilities(pairs(*((a, b, 60.0) for a in "ab" for b in "12"))).pairs
    assert scored["probability"].to_list() == pytest.approx([0.5] * 4, abs=1e-5)
    assert (scored["probability"] < 0.5).all()


def test_the_stand_in_for_large_components_knows_that_one_of_twenty_is_one_in_twenty() -> None:
    assert mean_field_probabilities(np.full((20, 20), 1e9)) == pytest.approx(
        np.full((20, 20), 0.05), abs=1e-4
    )


@pytest.mark.parametrize("favour", [1.0, 1.3, 3.0, 30.0, 1000.0])
def test_the_stand_in_is_flatter_than_the_exact_sum_and_on_the_same_side(favour: float) -> None:
    odds = np.array([[1e5 * favour, 1e5], [1e5, 1e5]])
    exact, flat = exact_probabilities(odds), mean_field_probabilities(odds)
    assert (np.abs(flat - 0.5) <= np.abs(exact - 0.5) + 0.01).all()
    assert ((flat - 0.5) * (exact - 0.5) >= -1e-4).all()
    assert flat[0, 0] == pytest.approx(favour**0.5 / (1 + favour**0.5), abs=0.01)


@given(matrices)
@settings(max_examples=20, deadline=None)
def test_the_stand_in_keeps_to_one_partner_each(odds: np.ndarray) -> None:
    found = mean_field_probabilities(odds)
    assert (found.sum(axis=0) <= 1 + 1e-6).all()
    assert (found.sum(axis=1) <= 1 + 1e-6).all()


def test_components_too_large_for_the_exact_sum_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    square = pairs(*((f"a{i}", f"b{j}", 8.0 if i == j else -8.0) for i, j in product(range(4), range(4))))
    for limit, approximated in ((3, 1), (4, 0), (5, 0)):
        monkeypatch.setattr(assignment, "EXACT_UP_TO", limit)
        found = with_probabilities(square)
        assert (found.components, found.approximated) == (1, approximated)
        assert found.pairs.filter(pl.col("probability") > 0.9).height == 4


@pytest.mark.parametrize(("threshold", "links"), [(0.699999, 1), (0.7, 1), (0.700001, 0)])
def test_a_link_needs_the_threshold_and_no_more(threshold: float, links: int) -> None:
    one = pairs(("a", "1", 0.7), column="probability")
    assert chosen(one, threshold).height == links


def test_two_good_links_are_taken_rather_than_the_one_that_is_best_alone() -> None:
    """Best first takes a-1 (0.5) and is left with nothing; together a-2 and b-1 are worth more."""
    found = chosen(
        pairs(("a", "1", 0.5), ("a", "2", 0.45), ("b", "1", 0.45), column="probability"), threshold=0.4
    )
    assert found.select("left", "right").rows() == [("a", "2"), ("b", "1")]


scored_pairs = st.dictionaries(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("12345678")), st.floats(-20, 60), max_size=40
).map(lambda found: pairs(*((left, right, weight) for (left, right), weight in found.items())))


@given(scored_pairs, st.floats(0.01, 0.99), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_links_are_one_to_one_whatever_the_pairs_and_their_order(
    frame: pl.DataFrame, threshold, random
) -> None:
    links = chosen(with_probabilities(frame).pairs, threshold)
    assert links["left"].is_unique().all()
    assert links["right"].is_unique().all()
    assert (links["probability"] >= threshold).all()
    assert links.join(frame, on=["left", "right"], how="anti").is_empty()
    order = list(range(frame.height))
    random.shuffle(order)
    assert chosen(with_probabilities(frame[order]).pairs, threshold).equals(links)


@given(scored_pairs)
@settings(max_examples=50, deadline=None)
def test_nobodys_probabilities_add_up_to_more_than_one(frame: pl.DataFrame) -> None:
    scored = with_probabilities(frame).pairs
    for side in ("left", "right"):
        sums = scored.group_by(side).agg(pl.col("probability").sum())["probability"]
        assert (sums <= 1 + 1e-12).all()


def test_no_pairs_no_links() -> None:
    scored = with_probabilities(pairs())
    assert scored.components == 0
    assert chosen(scored.pairs, 0.5).is_empty()
