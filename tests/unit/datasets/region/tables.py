"""A written region, read back for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from datasets.sources.health.schema import SOURCES

CASUALTY = ["collision_index", "vehicle_reference", "casualty_reference"]


@dataclass(frozen=True)
class Region:
    """The folder of a region and, for one around imported records, the snapshot's; tables by name."""

    folder: Path
    snapshot: Path | None = None

    def table(self, name: str) -> pl.DataFrame:
        """A keeper's table, or one of the truth."""
        (path,) = self.folder.glob(f"*/{name}.parquet")
        return pl.read_parquet(path)

    @cached_property
    def people(self) -> pl.DataFrame:
        """The population."""
        return self.table("people")

    @cached_property
    def casualties(self) -> pl.DataFrame:
        """The police's casualties with the day of the collision; ages that are not known are null."""
        if self.snapshot:
            hurt = pl.read_parquet(self.snapshot / "casualties.parquet")
            scenes = pl.read_parquet(self.snapshot / "collisions.parquet").select("collision_index", "date")
        else:
            hurt = self._police("casualties").with_columns(
                age_of_casualty=pl.when(pl.col("age_of_casualty") >= 0).then("age_of_casualty")
            )
            scenes = self._police("collisions").select("collision_index", pl.col("date").str.to_date())
        return hurt.join(scenes, on="collision_index")

    def _police(self, table: str) -> pl.DataFrame:
        frame = pl.read_csv(self.folder / "police" / f"synthetic_stats19_{table}.csv")
        return frame.rename({"accident_index": "collision_index"})

    @cached_property
    def opt_outs(self) -> list[str]:
        """The opt-out list."""
        return (self.folder / "opt-outs.txt").read_text().split()


def years(day: str, birth: str) -> pl.Expr:
    """Whole years from a column of birthdays to a column of days."""
    later, earlier = pl.col(day), pl.col(birth)
    before = later.dt.strftime("%m-%d") < earlier.dt.strftime("%m-%d")
    return later.dt.year() - earlier.dt.year() - before.cast(pl.Int32)


def none(frame: pl.DataFrame, wrong: pl.Expr) -> None:
    """Assert that no row is wrong, and show those that are."""
    found = frame.filter(wrong)
    assert found.is_empty(), found


Check = Callable[[Region], None]
SOURCE_TABLES = [(source, table) for source in SOURCES.values() for table in source.tables]
