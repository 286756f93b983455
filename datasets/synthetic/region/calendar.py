"""Days and ages: whole columns of dates at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from datasets.synthetic.region.draws import Days, Ints

DAYS_IN_YEAR = 365.2425


@dataclass(frozen=True)
class Period:
    """The days for which the services' records are written, both included; whole years."""

    first_year: int
    last_year: int

    @property
    def first(self) -> np.datetime64:
        """The first day."""
        return np.datetime64(date(self.first_year, 1, 1), "D")

    @property
    def last(self) -> np.datetime64:
        """The last day, for which ages of the population hold."""
        return np.datetime64(date(self.last_year, 12, 31), "D")

    @property
    def years(self) -> int:
        """How many years."""
        return self.last_year - self.first_year + 1


def ages(birth: Days, day: Days | np.datetime64) -> Ints:
    """Whole years from birth to a day, as birthdays count them; negative before birth."""
    years = _year(np.asarray(day)) - _year(birth)
    return years - (_month_and_day(np.asarray(day)) < _month_and_day(birth))


def years_before(day: Days, years: Ints) -> Days:
    """The same day of the month so many years before; 28 February for a 29th that does not exist."""
    months = day.astype("datetime64[M]")
    back = months - (years * 12).astype("timedelta64[M]")
    month_ends = (back + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(back.astype("datetime64[D]") + (day - months.astype("datetime64[D]")), month_ends)


def london(moments: Days) -> Days:
    """What clocks in London say at moments in UTC, to the second; missing stays missing."""
    series = pl.Series(moments.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    local = series.dt.convert_time_zone("Europe/London").dt.replace_time_zone(None)
    return local.to_numpy().astype("datetime64[s]")


def local_days(moments: Days) -> Days:
    """The days in London of moments in UTC; missing stays missing."""
    return london(moments).astype("datetime64[D]")


def from_london(clock: Days) -> Days:
    """The moments in UTC at which London's clocks say so: the first of two; an hour later where they never do."""
    told = pl.DataFrame({"clock": clock.astype("datetime64[us]")}).select(
        pl.coalesce(
            shown.dt.replace_time_zone("Europe/London", ambiguous="earliest", non_existent="null")
            for shown in (pl.col("clock"), pl.col("clock").dt.offset_by("1h"))
        )
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )
    return told.to_series().to_numpy().astype("datetime64[s]")


def _year(day: Days) -> Ints:
    return day.astype("datetime64[Y]").astype(np.int64) + 1970


def _month_and_day(day: Days) -> Ints:
    month = day.astype("datetime64[M]")
    return (month.astype(np.int64) % 12) * 32 + (day - month.astype("datetime64[D]")).astype(np.int64)
