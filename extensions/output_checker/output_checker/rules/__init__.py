"""All rules in one place; the reference pages are generated from this list."""

from __future__ import annotations

from output_checker.rules import (
    end_points,
    identifiers,
    rounding,
    row_level,
    secondary,
    threshold,
    understood,
    zeros,
)
from output_checker.rules.rule import Rule

#: What the readers report themselves, before any table is there to be checked.
READER_RULES: tuple[Rule, ...] = (
    Rule("file_type", "The file is of a type this checker reads, and a file at all.", "This project"),
    Rule("unreadable", "The file can be opened and read.", "This project"),
    Rule("size", "The file, its rows, columns and cells stay within the policy's limits.", "This project"),
    Rule("empty", "There is something to check.", "This project"),
    Rule("encoding", "The bytes are text in a known encoding.", "This project"),
    Rule(
        "layout",
        "The file is a plain table: one header, rows of one width, nothing beside it.",
        "This project",
    ),
    Rule("number_format", "Every number reads in one way only.", "This project"),
)

RULES: tuple[Rule, ...] = (
    identifiers.IN_CELLS,
    identifiers.IN_COLUMNS,
    row_level.RULE,
    threshold.RULE,
    zeros.RULE,
    rounding.RULE,
    secondary.RULE,
    end_points.RULE,
    understood.RULE,
)

__all__ = ["READER_RULES", "RULES", "Rule"]
