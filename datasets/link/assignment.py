"""One person, one record: from pairs that are scored one by one to links that exclude one another.

A model of pairs does not know that a casualty is one patient only. Two passengers of one car, of the same sex and
age, agree with both of the crew's records: each of the four pairs alone looks near certain, but at most two are
right. Here the odds of the pairs become probabilities *given* that nobody is linked twice, and then a set of
links is chosen.

- The pairs fall into components, groups that share no record with one another.
- Within a component every one-to-one set of pairs has the product of its pairs' odds as its weight; a pair's
  probability is the share of the weight in the sets that hold it. This is the likelihood of Fellegi and Sunter
  (1969) under the one-to-one restriction; see Sadinle, "Bayesian estimation of bipartite matchings for record
  linkage", Journal of the American Statistical Association 112 (2017), 600–612. It is summed exactly over all
  sets, by dynamic programming over subsets of the smaller side.
- Among pairs whose probability reaches the threshold, the one-to-one set with the greatest sum of probabilities
  is taken, which is the greatest expected number of right links: the assignment problem, solved by
  ``scipy.optimize.linear_sum_assignment`` (Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
  Transactions on Aerospace and Electronic Systems 52 (2016), 1679–1696). Taking the best pair first, again and
  again, as mutual-best clustering does, can lose two good links for one better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Subsets of the smaller side that are summed over: 2 to this power.
EXACT_UP_TO: Final = 14
_MOST_ROUNDS: Final = 2_000
_SETTLED: Final = 1e-7
# Odds beyond this say no more, and products of them must stay finite.
_MOST_ODDS: Final = 2.0**40
_PARTS: Final = 1_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneToOne:
    """Pairs with their probability, and how many components were too large to be summed exactly."""

    pairs: pl.DataFrame
    components: int
    approximated: int


def with_probabilities(pairs: pl.DataFrame) -> OneToOne:
    """Give pairs (``left``, ``right``, ``match_weight``: log2 odds) their ``probability``, one-to-one.

    Pairs come back in order of ``left`` and ``right``; each stands once. Probabilities are cut to six
    decimals, so that two even chances stay below one half.
    """
    ordered = pairs.sort("left", "right")
    odds = np.minimum(np.exp2(np.minimum(ordered["match_weight"].to_numpy(), 64.0)), _MOST_ODDS)
    probability = np.zeros(ordered.height)
    components = approximated = 0
    for member, rows, columns in _components(ordered):
        components += 1
        matrix = np.zeros((rows.max() + 1, columns.max() + 1))
        matrix[rows, columns] = odds[member]
        exact = min(matrix.shape) <= EXACT_UP_TO
        approximated += not exact
        found = exact_probabilities(matrix) if exact else mean_field_probabilities(matrix)
        probability[member] = found[rows, columns]
    scored = ordered.with_columns(pl.Series("probability", np.floor(probability * _PARTS) / _PARTS))
    return OneToOne(scored, components, approximated)


def chosen(pairs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """The links: a one-to-one set of pairs with ``probability >= threshold`` and the greatest sum of it."""
    return best_one_to_one(pairs.filter(pl.col("probability") >= threshold), "probability")


def best_one_to_one(pairs: pl.DataFrame, worth: str) -> pl.DataFrame:
    """The one-to-one set of pairs (``left``, ``right``) whose column ``worth``, all positive, has the greatest sum.

    In order of ``left`` and ``right``; the order in which pairs are given does not matter.
    """
    ordered = pairs.sort("left", "right")
    values = ordered[worth].to_numpy()
    taken = np.zeros(ordered.height, dtype=bool)
    for member, rows, columns in _components(ordered):
        gain = np.zeros((rows.max() + 1, columns.max() + 1))
        gain[rows, columns] = values[member]
        at = np.full(gain.shape, -1)
        at[rows, columns] = member
        pair = at[linear_sum_assignment(gain, maximize=True)]
        taken[pair[pair >= 0]] = True
    return ordered.filter(pl.Series(taken))


def exact_probabilities(odds: Floats) -> Floats:
    """For each pair of a matrix of odds, the share of the one-to-one sets that hold it, weighted by odds.

    The work grows with two to the power of the smaller side.
    """
    if odds.shape[0] < odds.shape[1]:
        return np.ascontiguousarray(exact_probabilities(odds.T).T)
    rows, columns = odds.shape
    sets = np.arange(1 << columns)
    free = [sets[(sets >> column) & 1 == 0] for column in range(columns)]
    # before[k, s]: weight of the ways in which the first k rows take just the columns of set s.
    before = np.zeros((rows + 1, sets.size))
    before[0, 0] = 1.0
    for row in range(rows):
        before[row + 1] = before[row]
        for column in np.flatnonzero(odds[row]):
            without = free[column]
            before[row + 1, without | 1 << column] += before[row, without] * odds[row, column]
    # after[s]: weight of the ways in which the rows still to come use columns outside set s.
    after = np.ones(sets.size)
    result = np.zeros_like(odds)
    for row in reversed(range(rows)):
        earlier = after.copy()
        for column in np.flatnonzero(odds[row]):
            without = free[column]
            onwards = after[without | 1 << column] * odds[row, column]
            result[row, column] = before[row, without] @ onwards
            earlier[without] += onwards
        after = earlier
    return np.asarray(result / after[0], dtype=np.float64)


def mean_field_probabilities(odds: Floats) -> Floats:
    """A stand-in for components too large to be summed exactly: flatter than the exact probabilities.

    The one-to-one matrix of greatest entropy plus expected log odds, each record with a share for *no partner*;
    found by scaling rows and columns in turn. Kosowsky and Yuille, "The invisible hand algorithm: solving the
    assignment problem with statistical physics", Neural Networks 7 (1994), 477-490.
    """
    row, column = np.ones((odds.shape[0], 1)), np.ones((1, odds.shape[1]))
    for _ in range(_MOST_ROUNDS):
        # The geometric mean with the round before keeps large odds from swinging to and fro.
        new_row = np.sqrt(row / (1.0 + (odds * column).sum(axis=1, keepdims=True)))
        new_column = np.sqrt(column / (1.0 + (odds * new_row).sum(axis=0, keepdims=True)))
        change = max(np.abs(np.log(new_row / row)).max(), np.abs(np.log(new_column / column)).max())
        row, column = new_row, new_column
        if change < _SETTLED:
            break
    return np.asarray(odds * row * column, dtype=np.float64)


def _components(pairs: pl.DataFrame) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]:
    """For each component: positions of its pairs, and the row and column of each in a matrix of its own."""
    if pairs.is_empty():
        return
    left = pairs["left"].rank("dense").to_numpy().astype(np.intp) - 1
    right = pairs["right"].rank("dense").to_numpy().astype(np.intp) - 1
    size = int(left.max()) + 1 + int(right.max()) + 1
    edges = coo_array((np.ones(left.size, dtype=np.int8), (left, right + left.max() + 1)), shape=(size, size))
    _, label = connected_components(edges, directed=False)
    component = label[left]
    order = np.argsort(component, kind="stable")
    for member in np.split(order, np.flatnonzero(np.diff(component[order])) + 1):
        rows = np.unique(left[member], return_inverse=True)[1]
        columns = np.unique(right[member], return_inverse=True)[1]
        yield member, rows, columns
