"""Drawing: one stream of random numbers for each part of the region, and the few ways to draw from it.

Every part has a stream of its own, seeded by the region's seed and the part's name, so that one part that
draws more, or differently, changes no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Spans = npt.NDArray[np.timedelta64]
Rng = np.random.Generator
# Known points, such as ages and shares, between which straight lines run.
Curve = Sequence[tuple[float, float]]


def stream(seed: int, part: str) -> Rng:
    """The random numbers of one part: the same seed and part, the same numbers."""
    digest = hashlib.sha256(f"{seed}:{part}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


def pick(rng: Rng, weights: Sequence[float] | Floats, size: int) -> Ints:
    """``size`` places in a list, each drawn in proportion to its weight."""
    cumulated = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(cumulated, rng.random(size) * cumulated[-1], side="right").astype(np.int64)


def share(rng: Rng, probability: float | Floats, size: int) -> Bools:
    """``size`` answers, yes with the probability (one for all, or one for each)."""
    return rng.random(size) < probability


def along(curve: Curve, at: Ints | Floats) -> Floats:
    """The curve's height at each value; before the first point and after the last it is level."""
    points, heights = np.asarray(curve, dtype=np.float64).T
    return np.interp(at, points, heights)


def days(rng: Rng, first: Days, last: Days) -> Days:
    """One day for each pair, from the first to the last, both included; the pair's first if they cross."""
    span = np.maximum((last - first).astype(np.int64), 0)
    return first + np.floor(rng.random(len(first)) * (span + 1)).astype("timedelta64[D]")


def nearest_distinct(wanted: Floats, pool: Floats) -> Ints:
    """For each wanted value a place in ``pool`` (ascending) of nearly that value; no place is given twice.

    The k-th smallest wanted value gets a place after that of the one before it, so that crowded values are
    pushed on no further than they must be. Raises ValueError if the pool is smaller than what is wanted.
    """
    if len(wanted) > len(pool):
        raise ValueError("more is wanted than the pool holds")
    order = np.argsort(wanted, kind="stable")
    rank = np.arange(len(wanted))
    place = np.minimum(np.searchsorted(pool, wanted[order]), len(pool) - 1)
    place = np.maximum.accumulate(place - rank) + rank
    place = np.minimum(place, len(pool) - len(wanted) + rank)
    found = np.empty(len(wanted), dtype=np.int64)
    found[order] = place
    return found
