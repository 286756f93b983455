"""How a folder of CSV files says that it is synthetic, and what has to be true for that to be believed.

Synthetic data may be opened with weaker doors than real data, so a marker file alone is not enough: it could
be put beside real files. Every reference must also be one that only the synthesiser makes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from output_checker.errors import PlainError

from datasets.manifest import AROUND_PUBLISHED_LICENCE, SYNTHETIC_LICENCE

MARKER = "SYNTHETIC.json"
# In the marker of data for which published records of the world lent times, places, ages and sexes.
AROUND_PUBLISHED = "around_published_records"
# After the year, in police references; at the beginning of keys of health records. Real ones never look like it.
REFERENCE_PREFIX = "SYNTHETIC"


def read_marker(folder: Path) -> bool:
    """Whether a folder is marked synthetic. Raises PlainError for a marker that says something else."""
    return bool(_read(folder))


def licence(folder: Path) -> str:
    """What a marked folder's data may be called: those around published records hold some of their facts."""
    return AROUND_PUBLISHED_LICENCE if _read(folder).get(AROUND_PUBLISHED) is True else SYNTHETIC_LICENCE


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MARKER
    if not path.exists():
        return {}
    try:
        marker = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PlainError(f"{path} cannot be read as JSON: remove it, or synthesise the set again.") from error
    if not isinstance(marker, dict) or marker.get("synthetic") is not True:
        raise PlainError(f'{path} does not say "synthetic": true: remove it, or synthesise the set again.')
    return marker


def refuse_false_marker(collisions: Path) -> None:
    """Raise PlainError unless all references in the collision table are the synthesiser's."""
    made_here = pl.col("collision_index").str.contains(f"^[0-9]{{4}}{REFERENCE_PREFIX}[0-9]+$")
    others = (
        pl.scan_parquet(collisions, glob=False).select((~made_here).sum()).collect(engine="streaming").item()
    )
    if others:
        raise PlainError(
            f"The folder is marked synthetic ({MARKER}), but {others:,} collisions have references that "
            "the synthesiser "
            "does not make: remove the marker if the data are real."
        )
