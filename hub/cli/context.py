"""What commands share: settings, the store they name, who is at the console, and how tables look."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from output_checker.errors import PlainError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub import settings as settings_module
from hub.settings import Settings
from hub.store import Store, open_store


def settings() -> Settings:
    """The settings in force."""
    return settings_module.load()


@contextmanager
def store(chosen: Settings | None = None) -> Iterator[Store]:
    """The store that the settings name, closed afterwards."""
    opened = open_store((chosen or settings()).database)
    try:
        yield opened
    finally:
        opened.close()


def console_actor() -> str:
    """``console:<user>``: whoever runs the command, by the operating system's word."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    return "console:" + (re.sub(r"[^a-z0-9_.-]", "-", user.lower()).lstrip(".-")[:32] or str(os.getuid()))


def first_moment(text: str) -> datetime:
    """A start given as ``2026-01-31`` (its first moment, UTC) or as a full ISO time with zone."""
    return _moment(text, last=False)


def last_moment(text: str) -> datetime:
    """An end given as ``2026-01-31`` (that day included, UTC) or as a full ISO time with zone."""
    return _moment(text, last=True)


def _moment(text: str, *, last: bool) -> datetime:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
            return day + timedelta(days=1) if last else day
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PlainError("Give a date as 2026-01-31, or a time with its zone as 2026-01-31T09:00:00+00:00.")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people. Values are shown as they are: no markup, no escape sequences."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(value)) for value in row))
    Console().print(table)


def shown(value: object) -> str:
    """A value as one line of visible characters."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
