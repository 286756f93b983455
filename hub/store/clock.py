"""Moments: always with a time zone, always UTC inside, one spelling in text."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


def utc_now() -> datetime:
    """The edge's clock. Everything below takes ``now`` as an argument."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def to_text(moment: datetime) -> str:
    """``2026-01-02T03:04:05.000006Z``: fixed width, so text sorts as time does."""
    return as_utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


class UtcDateTime(TypeDecorator[datetime]):
    """A column of moments. Refuses moments without a time zone; gives back UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = as_utc(value)
        # SQLite keeps text without a zone; what lies there is UTC by this rule.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
