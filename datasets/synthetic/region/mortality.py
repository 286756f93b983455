"""How likely people of an age are to die."""

from __future__ import annotations

from typing import Final

import numpy as np

from datasets.synthetic.region.draws import Floats, Ints, along

# Yearly probability of dying (ONS, *National life tables: England*, 2020 to 2022, both sexes), roughly.
_YEARLY: Final = (
    *((0, 0.0037), (1, 0.0002), (15, 0.0002), (25, 0.0005), (40, 0.0013), (50, 0.0029), (60, 0.0070)),
    *((70, 0.0170), (80, 0.0500), (90, 0.1560), (100, 0.3600), (110, 0.5)),
)


def yearly(age: Ints | Floats) -> Floats:
    """Probability of dying within a year; straight lines in logarithms between the known ages."""
    return np.exp(along([(years, np.log(rate)) for years, rate in _YEARLY], age))


def survived(age: Ints, years: int) -> Floats:
    """Probability of having lived through the last so many years, for those who are of an age at their end."""
    before = np.maximum(age[:, None] - np.arange(years), 0)
    lived = age[:, None] - np.arange(years) >= 0
    return np.prod(np.where(lived, 1 - yearly(before), 1.0), axis=1)
