"""Splink at work: candidates, what the model learns of them, and each candidate's weight.

- *u* comes from pairs that cannot match: every patient's record is moved by whole weeks, forth and back, and
  paired again. Hour of the day, day of the week and places stay as they are; no true pair is left among them.
- *m* and the share of matches come from expectation-maximisation (Splink's) over candidates where the collision
  has one casualty and the incident one patient. Where there are more, the others agree on time and place without
  being the same person, and the model would learn that people of different age match.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
from output_checker.errors import PlainError

from datasets.link.comparable import moved, with_slots
from datasets.link.described import Trained
from datasets.link.model import Declared, Learnt, finished, splink_settings

# Fewer candidates than this teach nothing.
FEWEST_CANDIDATES: Final = 100
# Patients moved, at most: more copies of few records, fewer copies of many.
_MOST_MOVED: Final = 500_000
_MOST_WEEKS: Final = 26
_ONE_EACH: Final = 'l."party" = 1 AND r."party" = 1'


@dataclass(frozen=True)
class Scored:
    """Candidates (``left`` casualty, ``right`` patient, ``match_weight``: log2 odds) and the model that gave them."""

    pairs: pl.DataFrame
    model: Trained
    pairs_that_cannot_match: int
    pairs_trained_on: int


def score(model: Declared, casualties: pl.DataFrame, patients: pl.DataFrame, work: Path) -> Scored:
    """Train the model on the two tables and score their candidates; ``work`` is for what memory cannot hold.

    The result depends on the records alone, not on their order. Raises PlainError when there are too few
    candidates to learn from.
    """
    left, right = _slotted(model, casualties, [patients])
    with _database(work) as database:
        u_counts = _sampled_u(database, model, casualties, patients)
    with _database(work) as database:
        candidates, one_each = _count(database, model, left, right)
        if one_each < FEWEST_CANDIDATES:
            raise PlainError(_too_few(model, candidates, one_each))
        learnt = _learnt(database, model, left, right, u_counts, one_each)
    trained = finished(model, learnt)
    pairs = weigh(model, trained, casualties, patients, work)
    return Scored(pairs, trained, max(sum(counts) for counts in u_counts), one_each)


def weigh(
    model: Declared, trained: Trained, casualties: pl.DataFrame, patients: pl.DataFrame, work: Path
) -> pl.DataFrame:
    """The candidates of a trained model: ``left`` casualty, ``right`` patient, ``match_weight``, in order."""
    left, right = _slotted(model, casualties, [patients])
    with _database(work) as database:
        linker = _linker(database, left, right, splink_settings(model, trained))
        predicted = linker.inference.predict()
        found: pl.DataFrame = database.duckdb_con.sql(
            f"SELECT unique_id_l, unique_id_r, match_weight FROM {predicted.physical_name}"  # noqa: S608
        ).pl()
    return found.select(
        pl.col("unique_id_l").alias("left"),
        pl.col("unique_id_r").str.replace(r" -?[01]$", "").alias("right"),
        pl.col("match_weight").round(6),
    ).sort("left", "right")


def weeks_moved(records: int) -> list[int]:
    """By how many weeks records are moved to make pairs that cannot match: forth and back, nearest first."""
    each_way = min(max(_MOST_MOVED // (2 * max(records, 1)), 1), _MOST_WEEKS)
    return [sign * weeks for weeks in range(1, each_way + 1) for sign in (1, -1)]


def _slotted(
    model: Declared, casualties: pl.DataFrame, patients: Iterable[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Casualties with their slot of time, and the patients that share a slot with one, in as many slots."""
    left = with_slots(casualties, model.window_minutes, neighbours=False)
    slots = left.select("slot").unique()
    near = [
        with_slots(some, model.window_minutes, neighbours=True).join(slots, on="slot", how="semi")
        for some in patients
    ]
    return left, pl.concat(near)


def _sampled_u(
    database: Any, model: Declared, casualties: pl.DataFrame, patients: pl.DataFrame
) -> list[list[int]]:
    left, right = _slotted(
        model, casualties, (moved(patients, weeks) for weeks in weeks_moved(patients.height))
    )
    linker = _linker(database, left, right, splink_settings(model))
    predicted = linker.inference.predict()
    counts = []
    for comparison in model.comparisons:
        column = f"gamma_{comparison.name}"
        found = dict(
            database.duckdb_con.sql(
                f'SELECT "{column}", count(*) FROM {predicted.physical_name} GROUP BY 1'  # noqa: S608
            ).fetchall()
        )
        # Splink numbers the levels from the last, 0, to the first; -1 is missing.
        highest = len(comparison.levels) - 1
        counts.append([int(found.get(highest - at, 0)) for at in range(highest + 1)])
    return counts


def _learnt(
    database: Any,
    model: Declared,
    left: pl.DataFrame,
    right: pl.DataFrame,
    u_counts: list[list[int]],
    one_each: int,
) -> Learnt:
    guess = finished(
        model,
        Learnt([[None] * len(counts) for counts in u_counts], u_counts, share_of_candidates=0.5, matches=0),
    )
    linker = _linker(database, left, right, splink_settings(model, guess))
    session = linker.training.estimate_parameters_using_expectation_maximisation(
        f"{model.rule} AND {_ONE_EACH}"
    )
    share = float(session.core_model_settings.probability_two_random_records_match)
    comparisons = linker.misc.save_model_to_json()["comparisons"]
    m = [
        [
            level.get("m_probability")
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        ]
        for comparison in comparisons
    ]
    return Learnt(m, u_counts, share, matches=share * one_each)


def _count(database: Any, model: Declared, left: pl.DataFrame, right: pl.DataFrame) -> tuple[int, int]:
    connection = database.duckdb_con
    connection.register("counted_casualties", left)
    connection.register("counted_patients", right)
    ((whole, one_each),) = connection.sql(
        f"SELECT count(*), count(*) FILTER (WHERE {_ONE_EACH}) "  # noqa: S608
        f"FROM counted_casualties l JOIN counted_patients r ON {model.rule}"
    ).fetchall()
    return int(whole), int(one_each)


def _too_few(model: Declared, candidates: int, one_each: int) -> str:
    if not candidates:
        return (
            f"No police casualty lies within {model.window_minutes} minutes and {model.window_metres:,} metres of an "
            "ambulance record: import sources of the same region and years."
        )
    return (
        f"Only {one_each} pairs of one casualty and one patient lie near enough to be the same, and a linkage model "
        f"needs {FEWEST_CANDIDATES} to learn from: import more of both sources."
    )


@contextmanager
def _database(work: Path) -> Iterator[Any]:
    """A DuckDB of its own in memory; what does not fit goes below ``work``, never to the current folder."""
    from splink import DuckDBAPI

    connection = duckdb.connect(config={"temp_directory": str(work), "autoinstall_known_extensions": "false"})
    connection.execute("SET enable_progress_bar = false")
    try:
        yield DuckDBAPI(connection)
    finally:
        connection.close()


def _linker(database: Any, left: pl.DataFrame, right: pl.DataFrame, settings: dict[str, Any]) -> Any:
    from splink import Linker

    tables = [
        database.register(left, table_name="casualties"),
        database.register(right, table_name="patients"),
    ]
    return Linker(tables, settings, log_level=logging.ERROR)
