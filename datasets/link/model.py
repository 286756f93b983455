"""The model that scores pairs: declared in a file, trained on the data, named by the hash of what it learnt.

Fellegi and Sunter, "A theory for record linkage", Journal of the American Statistical Association 64 (1969),
1183–1210: each comparison of a pair falls into one of its levels; *m* is the share of the level among matching
pairs, *u* among the others; log2(m/u) is the level's weight, and a pair's weight is the sum of its levels'
weights and the log2 odds that a candidate pair matches.

Everything is conditional on being a candidate, a pair within the window of time and place: m, u and the odds.
Mixing shares among candidates with shares among all pairs would count the window twice; see Murray,
"Probabilistic record linkage and deduplication after indexing, blocking, and filtering", Journal of Privacy and
Confidentiality 7 (2016).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from datasets.link.described import Trained, TrainedComparison, TrainedLevel
from datasets.snapshot import canonical_json

# Significant digits of what was learnt. Sums of floats differ in the last digits with the number of threads;
# the same records must give the same model and the same links.
_DIGITS: Final = 6
_FILE: Final = "police_ambulance.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Model):
    """One level of a comparison, as declared; ``m`` is where the training begins."""

    label: str
    sql: str = Field(
        description="condition on the columns of a pair, <column>_l and <column>_r; ELSE for the rest"
    )
    m: float = Field(gt=0, lt=1)


class Comparison(_Model):
    """One comparison. A pair falls into the first level whose condition holds; missing tells nothing."""

    name: str
    description: str
    missing: str
    levels: tuple[Level, ...]


class Declared(_Model):
    """The model as the file declares it."""

    name: str
    version: int
    window_minutes: int = Field(gt=0)
    window_metres: int = Field(gt=0)
    prior_pairs: float = Field(gt=0, description="how many matching pairs the declared m counts for")
    em_convergence: float
    max_iterations: int
    comparisons: tuple[Comparison, ...]

    @property
    def rule(self) -> str:
        """Which pairs are candidates, as a condition on the two tables l and r."""
        return (
            f'l."slot" = r."slot" AND abs(l."window_minute" - r."window_minute") <= {self.window_minutes} '
            f'AND abs(l."window_easting" - r."window_easting") <= {self.window_metres} '
            f'AND abs(l."window_northing" - r."window_northing") <= {self.window_metres}'
        )


@dataclass(frozen=True)
class Learnt:
    """Raw results of the training, comparison by comparison and level by level in the declared order.

    ``m`` has None where a level was never seen; ``u_counts`` are pairs that cannot match; ``matches`` is the
    expected number of matching pairs from which ``m`` was learnt.
    """

    m: Sequence[Sequence[float | None]]
    u_counts: Sequence[Sequence[int]]
    share_of_candidates: float
    matches: float


@cache
def declared() -> Declared:
    """The declared model in this version of the package."""
    return Declared.model_validate_json((files("datasets.link") / _FILE).read_bytes())


def finished(model: Declared, learnt: Learnt) -> Trained:
    """The trained model of what was learnt.

    No share is 0 or 1, however few pairs there were: the declared m counts as ``prior_pairs`` pairs more, and
    each level of u as half a pair more (Jeffreys).
    """
    comparisons = []
    for comparison, m, counts in zip(model.comparisons, learnt.m, learnt.u_counts, strict=True):
        pairs = sum(counts) + 0.5 * len(counts)
        whole = learnt.matches + model.prior_pairs
        levels = tuple(
            TrainedLevel(
                label=level.label,
                m=_rounded(((share or 0.0) * learnt.matches + level.m * model.prior_pairs) / whole),
                u=_rounded((count + 0.5) / pairs),
            )
            for level, share, count in zip(comparison.levels, m, counts, strict=True)
        )
        comparisons.append(TrainedComparison(name=comparison.name, levels=levels))
    content: dict[str, Any] = {
        "declared": f"{model.name}/{model.version}",
        "share_of_candidates": _rounded(min(max(learnt.share_of_candidates, 1e-6), 1 - 1e-6)),
        "comparisons": tuple(comparisons),
    }
    return Trained(version=_version(model, content), **content)


def splink_settings(model: Declared, trained: Trained | None = None) -> dict[str, Any]:
    """Splink's settings for the declared model, with trained shares where there are any."""
    comparisons = []
    for position, comparison in enumerate(model.comparisons):
        missing = {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
        levels = [missing, *(_splink_level(level, len(comparison.levels)) for level in comparison.levels)]
        if trained:
            for level, learnt in zip(levels[1:], trained.comparisons[position].levels, strict=True):
                level |= {"m_probability": learnt.m, "u_probability": learnt.u}
        comparisons.append({"output_column_name": comparison.name, "comparison_levels": levels})
    return {
        "link_type": "link_only",
        "unique_id_column_name": "unique_id",
        "blocking_rules_to_generate_predictions": [{"blocking_rule": model.rule}],
        "comparisons": comparisons,
        "probability_two_random_records_match": trained.share_of_candidates if trained else 0.5,
        "em_convergence": model.em_convergence,
        "max_iterations": model.max_iterations,
        # Splink delivers the levels of a pair only together with the columns that were compared.
        "retain_matching_columns": trained is None,
        "retain_intermediate_calculation_columns": trained is None,
    }


def _splink_level(level: Level, levels: int) -> dict[str, Any]:
    return {
        "sql_condition": level.sql,
        "label_for_charts": level.label,
        "m_probability": level.m,
        "u_probability": 1 / levels,
    }


def _version(model: Declared, content: Mapping[str, Any]) -> str:
    plain = json.loads(json.dumps(content, default=lambda one: one.model_dump(mode="json")))
    whole = {"declared": model.model_dump(mode="json"), "trained": plain}
    return hashlib.sha256(canonical_json(whole)).hexdigest()


def _rounded(share: float) -> float:
    return float(f"{share:.{_DIGITS}g}")
