"""How good a linkage is thought to be, whom it misses, and how good it is where the truth is known."""

from __future__ import annotations

from typing import Final

import polars as pl

from datasets.link.comparable import CASUALTY_KEY
from datasets.link.described import MatchRate, Measured
from datasets.link.road_users import TYPE_OF_LABEL

# A group with fewer casualties, fewer linked or fewer not linked is not told.
FEWEST_TOLD: Final = 10
_ROUNDED_TO: Final = 5
_DECIMALS: Final = 4
# What the rates are told by, and where the casualties say it.
RATES_BY: Final = {
    "severity": pl.col("casualty_severity"),
    "age band": pl.col("age_band_of_casualty"),
    "sex": pl.col("sex_of_casualty"),
    "road user": pl.col("casualty_type").replace_strict(TYPE_OF_LABEL, default=None),
}
_NOT_KNOWN: Final = "not known"


def expected_precision(links: pl.DataFrame) -> float | None:
    """The mean ``probability`` of the links; None without links."""
    return None if links.is_empty() else _rounded(float(links["probability"].to_numpy().mean()))


def expected_recall(links: pl.DataFrame, candidates: pl.DataFrame) -> float | None:
    """The expected number of right links over that of all matches among the candidates; None if that is 0."""
    whole = float(candidates["probability"].to_numpy().sum())
    return None if whole == 0 else _rounded(float(links["probability"].to_numpy().sum()) / whole)


def match_rates(casualties: pl.DataFrame, links: pl.DataFrame) -> tuple[MatchRate, ...]:
    """Who is linked and who is not: by severity, age band, sex and road user, each group in order of its name.

    ``casualties`` are the police's, ``links`` have their key.
    """
    keys = links.select(CASUALTY_KEY).with_columns(pl.lit(1).alias("linked"))
    joined = casualties.join(keys, on=CASUALTY_KEY, how="left")
    rates = []
    for by, group in RATES_BY.items():
        groups = (
            joined.group_by(group.fill_null(_NOT_KNOWN).alias("value"))
            .agg(pl.len().alias("casualties"), pl.col("linked").sum())
            .sort("value")
        )
        rates += [match_rate(by, *row) for row in groups.select("value", "casualties", "linked").iter_rows()]
    return tuple(rates)


def match_rate(by: str, value: str, casualties: int, linked: int) -> MatchRate:
    """One group's rate; withheld where a part of it is small, and never exact."""
    if min(linked, casualties - linked) < FEWEST_TOLD:
        return MatchRate(by=by, value=value, casualties=None, linked_percent=None)
    whole, part = _to_five(casualties), _to_five(linked)
    return MatchRate(by=by, value=value, casualties=whole, linked_percent=round(100 * part / whole))


def measured(links: pl.DataFrame, truth: pl.DataFrame) -> Measured:
    """Precision, recall and F1 of links against true pairs: two frames with the same columns, each row once."""
    right = links.join(truth, on=truth.columns, how="inner").height
    precision = right / links.height if links.height else None
    recall = right / truth.height if truth.height else None
    f1 = 2 * right / (links.height + truth.height) if links.height + truth.height else None
    return Measured(
        links=links.height,
        true_pairs=truth.height,
        right=right,
        precision=_rounded(precision),
        recall=_rounded(recall),
        f1=_rounded(f1),
    )


def _to_five(count: int) -> int:
    return _ROUNDED_TO * ((count + _ROUNDED_TO // 2) // _ROUNDED_TO)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DECIMALS)
