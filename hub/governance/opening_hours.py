"""When rooms may be open: days of the week and times of the day, as clocks show them where the installation is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Time = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class OpeningHours(BaseModel):
    """On each of ``days`` from ``opens``, that minute included, to ``closes``, that minute not."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    time_zone: str
    days: tuple[_Day, ...] = Field(strict=False, min_length=1)
    opens: _Time
    closes: _Time

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("give a time zone such as Europe/London") from None
        return name

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> OpeningHours:
        if _minutes(self.opens) >= _minutes(self.closes):
            raise ValueError("opens has to be before closes, on one day; 24:00 is the day's end")
        return self

    def open_at(self, now: datetime) -> bool:
        """Whether rooms are open at a moment, which has its time zone with it."""
        there = now.astimezone(ZoneInfo(self.time_zone))
        minute = there.hour * 60 + there.minute
        return _DAYS[there.weekday()] in self.days and _minutes(self.opens) <= minute < _minutes(self.closes)

    def __str__(self) -> str:
        days = ", ".join(day.title() for day in _DAYS if day in self.days)
        return f"{days}, {self.opens} to {self.closes} ({self.time_zone})"


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
