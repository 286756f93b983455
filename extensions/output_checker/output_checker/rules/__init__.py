"""All rules in one place; the reference pages are generated from this list."""

from __future__ import annotations

from output_checker.rules import (
    dominance,
    end_points,
    hidden_text,
    identifiers,
    percentages,
    rounding,
    row_level,
    secondary,
    summaries,
    survival,
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

#: Asked of every table first: where the rows are records, no other rule about tables makes sense.
IS_IT_A_STATISTIC: tuple[Rule, ...] = (row_level.RULE, identifiers.IN_COLUMNS)

RULES: tuple[Rule, ...] = (
    identifiers.IN_CELLS,
    hidden_text.FORMULAS,
    hidden_text.WORDS,
    *IS_IT_A_STATISTIC,
    threshold.RULE,
    zeros.RULE,
    rounding.RULE,
    secondary.RULE,
    percentages.RULE,
    summaries.SUMMARIES,
    summaries.COUNTS,
    summaries.DEGREES,
    dominance.RULE,
    end_points.RULE,
    survival.RULE,
    understood.RULE,
)

__all__ = ["IS_IT_A_STATISTIC", "READER_RULES", "RULES", "Rule"]
