"""Read a list of NHS numbers, one a line; no number of it may ever stand in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.sources.health import nhs_number

# All of England, twice over.
_MOST_BYTES = 1 << 31
_SPACES = r"\s"


@dataclass(frozen=True)
class ReadList:
    """The different numbers of a list, in order, and how many lines held one again."""

    numbers: pl.Series
    repeated: int


def read_list(path: Path) -> ReadList:
    """Read the whole list; memory is a few times the file's size.

    A line holds one number, perhaps with spaces; lines with nothing on them do not count. Raises PlainError,
    naming lines and never a number, when a line holds anything else.
    """
    lines = pl.DataFrame({"text": [_text(path)]}).select(pl.col("text").str.split("\n").explode())
    stated = (
        lines.with_row_index("line", offset=1)
        .select("line", nhs_number.plain(pl.col("text").str.replace_all(_SPACES, "")).alias("number"))
        .filter(pl.col("number") != "")
    )
    bad = stated.filter(~nhs_number.valid(pl.col("number")))["line"]
    if len(bad):
        one = len(bad) == 1
        raise PlainError(
            f"{len(bad):,} {'line' if one else 'lines'} of {path.name} {'is' if one else 'are'} no NHS number "
            f"(ten digits, of which the last checks the others), {'' if one else 'the first of them '}"
            f"line {bad[0]:,}: nothing of this list was taken."
        )
    numbers = stated["number"].unique().sort()
    return ReadList(numbers, repeated=stated.height - len(numbers))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PlainError(f"{path.name} is larger than any opt-out list can be: is it the right file?")
        content = path.read_bytes()
    except OSError as error:
        raise PlainError(f"{path} cannot be read: name the file that holds the opt-out list.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PlainError(
            f"{path.name}, line {line:,} is not text in UTF-8: save the list as plain text, one NHS number a "
            "line."
        ) from error
