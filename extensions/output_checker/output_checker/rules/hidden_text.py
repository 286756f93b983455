"""What stands in words: formulas that a spreadsheet program would run, and small counts written into labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.readers.table import Sheet
from output_checker.rules.rule import Rule

_RUNS = re.compile(r"^[=@+\-].*(?:\(|\||!)|^=", re.DOTALL)
_NUMBER_IN_WORDS = re.compile(r"(?<![A-Za-z0-9])[nN]\s*[=:]\s*([0-9][0-9,]{0,9})(?![0-9.])")


def no_formulas(sheet: Sheet, policy: Policy) -> Iterator[Finding]:
    """No cell starts a formula: a spreadsheet program would run it on the reader's machine."""
    del policy
    for r, c, content in sheet.cells():
        if content.kind is not Kind.FORMULA:
            continue
        where = sheet.where(r, c)
        if _RUNS.search(content.text):
            message = f"{where} starts a formula ('{content.text[0]}'): a spreadsheet program would run it."
            yield Finding(
                "formula", Severity.BLOCK, where, message, "Write the value instead of the formula."
            )
        else:
            message = (
                f"{where} starts with '{content.text[0]}', which spreadsheet programs take for a formula."
            )
            yield Finding("formula", Severity.INFO, where, message, "Start the text with a letter.")


def no_small_counts_in_words(sheet: Sheet, policy: Policy) -> Iterator[Finding]:
    """No label, header or note says "n = 3"."""
    minimum = policy.counts.minimum.value
    for r, c, content in sheet.cells():
        if content.kind is Kind.NUMBER or "n" not in content.text.lower():
            continue
        for match in _NUMBER_IN_WORDS.finditer(content.text):
            number = int(match[1].replace(",", ""))
            if 0 < number < minimum:
                where = sheet.where(r, c)
                message = (
                    f"The words in {where} give a number of people, {number}, below the minimum count of {minimum} of "
                    f"policy {policy.name}."
                )
                fix = "Take the number out of the words, or combine groups."
                yield Finding("threshold", Severity.BLOCK, where, message, fix)


FORMULAS = Rule(
    "formula",
    "No cell is a formula that a spreadsheet program would run.",
    "OWASP, CSV injection",
    on_sheet=no_formulas,
)
WORDS = Rule(
    "threshold",
    "No label, header or note gives a number of people below the minimum.",
    "Minimum frequency rule, applied to what is said in words",
    on_sheet=no_small_counts_in_words,
)
