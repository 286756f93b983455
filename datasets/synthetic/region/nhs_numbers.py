"""NHS numbers of the range that is never issued: 999 000 0000 to 999 999 9999."""

from __future__ import annotations

import numpy as np

from datasets.synthetic.region.draws import Ints, Rng

FIRST = 9_990_000_000
# 909,091 of the million have the right check digit; the last, 9999999999, stands for "none" in real files.
MOST = 909_090


def draw(rng: Rng, people: int) -> Ints:
    """Distinct valid test numbers, in no order. Raises ValueError for more than ``MOST``."""
    if people > MOST:
        raise ValueError(f"there are {MOST} test numbers")
    return rng.permutation(_all())[:people]


def _all() -> Ints:
    nines = FIRST // 10 + np.arange(1_000_000)
    weighed = np.zeros(len(nines), dtype=np.int64)
    for place in range(9):
        weighed += (10 - place) * (nines // 10 ** (8 - place) % 10)
    check = (11 - weighed % 11) % 11
    numbers = nines * 10 + check
    return numbers[(check != 10) & (numbers != 9_999_999_999)]
