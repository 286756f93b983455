"""Which admission followed which conveyance by ambulance: a rule, not a model.

Both records carry the person's pseudonym, so that nothing has to be guessed but the time: hospitals keep the day
of admission only. A link is therefore called deterministic, by its rule and version, and has no probability. Its
errors are those of NHS numbers wrongly taken or not taken down.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from datasets.link.assignment import best_one_to_one

RULE: Final = "person-conveyed-emergency-within-a-day"
RULE_VERSION: Final = 1
RULE_TEXT: Final = (
    "The same person; the patient was conveyed; the admission is an emergency (admimeth 2x), its first episode, on "
    "the day of the call in London or the next. One admission for each call and one call for each admission: as many "
    "as can be, then the fewest days apart, then the hospital that the crew named, then the earlier call."
)
_MOST_DAYS: Final = 1


def admissions_after_calls(
    incidents: pl.DataFrame, records: pl.DataFrame, admissions: pl.DataFrame
) -> pl.DataFrame:
    """Links by the rule: ``record_id`` and ``epikey``, each at most once, in order."""
    pairs = possible_pairs(incidents, records, admissions)
    # A pair counts 1 less what speaks against it: so little that more links are always better.
    worth = 1 - 1e-2 * pl.col("days") - 1e-3 * pl.col("elsewhere") - 1e-7 * pl.col("order")
    taken = best_one_to_one(pairs.with_columns(worth.alias("worth")), "worth")
    return taken.select(pl.col("left").alias("record_id"), pl.col("right").alias("epikey")).sort(pl.all())


def possible_pairs(incidents: pl.DataFrame, records: pl.DataFrame, admissions: pl.DataFrame) -> pl.DataFrame:
    """Every pair that the rule allows: ``left`` record, ``right`` episode, ``days`` apart, ``elsewhere`` (1 if the
    crew named another hospital), ``order`` of the person's calls (0 the first).
    """
    calls = (
        records.filter(pl.col("person").is_not_null(), pl.col("conveyed") == "yes")
        .join(incidents.select("incident_id", "call_datetime"), on="incident_id", how="inner")
        .select(
            "person",
            pl.col("record_id").alias("left"),
            pl.col("destination"),
            pl.col("call_datetime").dt.convert_time_zone("Europe/London").dt.date().alias("day"),
            (pl.struct("call_datetime", "record_id").rank("ordinal").over("person") - 1).alias("order"),
        )
    )
    stays = admissions.filter(
        pl.col("person").is_not_null(), pl.col("admimeth").str.starts_with("2"), pl.col("epiorder") == 1
    ).select("person", pl.col("epikey").alias("right"), "admidate", "procode3")
    days = (pl.col("admidate") - pl.col("day")).dt.total_days()
    return (
        calls.join(stays, on="person", how="inner")
        .with_columns(days.alias("days"))
        .filter(pl.col("days").is_between(0, _MOST_DAYS))
        .select(
            "left",
            "right",
            "days",
            (pl.col("destination") != pl.col("procode3")).fill_null(False).cast(pl.Int64).alias("elsewhere"),
            pl.col("order").cast(pl.Int64),
        )
    )
