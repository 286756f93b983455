"""Names: common ones of the United Kingdom, given out with the commoner ones more often."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from datasets.synthetic.region.draws import Bools, Ints, Rng, pick, share
from datasets.synthetic.region.households import FEMALE

_WOMEN: Final = (
    "Margaret Susan Sarah Emma Elizabeth Karen Julie Helen Rebecca Jean Olivia Amelia Isla Ava Emily Sophie "
    "Grace Lily Ella Charlotte Jessica Lucy Hannah Laura Claire Nicola Angela Alison Jacqueline Deborah Linda "
    "Christine Patricia Carol Janet Maureen Sheila Joan Dorothy Barbara Doreen Joyce Fatima Aisha Maryam Zainab "
    "Priya Anjali Sunita Amina Blessing Grainne Agnieszka Katarzyna Mei Yasmin Leah Freya Poppy Evie Florence "
    "Rosie Phoebe Erin Megan Bethany Chloe Georgia Amy Gemma Kelly Tracey Sharon Louise Victoria Natalie Zoe"
).split()
_MEN: Final = (
    "David John Peter Michael James Robert Paul Andrew Mark Stephen Oliver George Noah Arthur Harry Leo Jack "
    "Charlie Oscar Jacob Thomas William Daniel Matthew Christopher Richard Simon Anthony Ian Kevin Gary Alan "
    "Brian Derek Kenneth Ronald Raymond Dennis Frank Ernest Mohammed Ahmed Ali Yusuf Ibrahim Omar Arjun Rohan "
    "Sanjay Emeka Kwame Piotr Tomasz Marek Wei Callum Jamie Liam Ryan Nathan Luke Adam Benjamin Samuel Joseph "
    "Alexander Edward Henry Theo Archie Freddie Lewis Ethan Dylan Toby Reuben Jake Kieran Sean Patrick"
).split()
_FAMILIES: Final = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White "
    "Roberts Green Hall Wood Jackson Clarke Khan Hughes Edwards Thomas Lewis Ahmed Harris Martin Turner Hill "
    "Cooper Moore Ward Morris Clark Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker "
    "Price Bennett Young Griffiths Mitchell Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller "
    "Cox Richards Hussain Marshall Simpson Anderson Ali Singh Begum Adams Wilkinson Foster Chapman Powell Webb "
    "Rogers Gray Mason Hunt Hussein Kaur Campbell Matthews Owen Palmer Holmes Mills Barnes Knight Lloyd Butler "
    "Russell Barker Fisher Stevens Jenkins Murray Dixon Harvey Okafor Nowak Kowalski Chen Osei Adeyemi Sharma"
).split()
# Of those who live together, how many bear the household's name (children and most partners do).
_SAME_NAME: Final = 0.82


def given_names(rng: Rng, sex: Ints) -> pl.Series:
    """A given name for each person."""
    women = pl.Series(_WOMEN)[pick(rng, _weights(len(_WOMEN)), len(sex))]
    men = pl.Series(_MEN)[pick(rng, _weights(len(_MEN)), len(sex))]
    return women.zip_with(pl.Series(sex == FEMALE), men)


def family_names(rng: Rng, household: Ints, child: Bools) -> pl.Series:
    """A family name for each person: mostly the household's, children's always."""
    of_home = pick(rng, _weights(len(_FAMILIES)), int(household.max()) + 1)[household]
    own = pick(rng, _weights(len(_FAMILIES)), len(household))
    shared = child | share(rng, _SAME_NAME, len(household))
    return pl.Series(_FAMILIES)[np.where(shared, of_home, own)]


def _weights(names: int) -> list[float]:
    return [1 / (rank + 4) for rank in range(names)]
