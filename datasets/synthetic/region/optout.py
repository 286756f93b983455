"""The national data opt-out: whose records may not be used for research."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from datasets.synthetic.region.calendar import Period, ages
from datasets.synthetic.region.draws import Rng, along, share
from datasets.synthetic.region.households import FEMALE
from datasets.synthetic.region.people import Population

# NHS England, *National Data Opt-out*, 2021 to 2022: 5 to 5.5 % of those on a practice's list, women more than
# men, the young hardly (percent of women by age; men have four fifths of it).
_WOMEN: Final = ((0, 1.2), (10, 2.2), (20, 5.5), (35, 7.8), (50, 7.2), (65, 6.8), (80, 4.6), (95, 3.5))
_MEN: Final = 0.8


def opted_out(rng: Rng, population: Population, period: Period) -> pl.Series:
    """NHS numbers of those who have opted out, in ascending order."""
    percent = along(_WOMEN, ages(population.birth, period.last))
    chosen = share(rng, percent / 100 * np.where(population.sex == FEMALE, 1, _MEN), len(population))
    return pl.Series(np.sort(population.nhs_number[chosen])).cast(pl.String)
