"""NHS numbers: ten digits of which the last checks the nine before it, by modulus 11.

Source: NHS Data Model and Dictionary, *NHS number*. The first nine digits are multiplied by 10, 9, … 2 and
summed; eleven less the sum's remainder by eleven is the check digit, where 11 stands as 0 and 10 means that
no such number is issued. So every valid number's digits, weighed 10, 9, … 2, 1, sum to a multiple of eleven.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

LENGTH: Final = 10
# ASCII digits only: \d would also take digits of other scripts.
_TEN_DIGITS: Final = r"^[0-9]{10}$"
_PRINTED: Final = r"^([0-9]{3})[ -]?([0-9]{3})[ -]?([0-9]{4})$"
# Ten equal digits pass the check, all of them, and stand for "none" in real files; no person has one.
_PLACEHOLDERS: Final = [digit * LENGTH for digit in "0123456789"]


def is_valid(text: str) -> bool:
    """Whether the text is ten digits with the right check digit, and not one digit ten times over.

    Numbers with spaces or hyphens are not valid as they stand: see ``plain``.
    """
    if re.fullmatch("[0-9]{10}", text) is None or text in _PLACEHOLDERS:
        return False
    return sum((LENGTH - place) * int(digit) for place, digit in enumerate(text)) % 11 == 0


def plain(text: pl.Expr) -> pl.Expr:
    """The ten digits of a text column whose numbers may be printed in groups, ``943 476 5919``.

    What is no ten digits stays as it is, so that it can be shown to whoever sent it.
    """
    trimmed = text.str.strip_chars()
    return trimmed.str.replace(_PRINTED, "${1}${2}${3}")


def valid(text: pl.Expr) -> pl.Expr:
    """``is_valid`` for a text column: boolean, null where the text is."""
    weighed = [
        text.str.slice(place, 1).cast(pl.Int16, strict=False) * (LENGTH - place) for place in range(LENGTH)
    ]
    checks = (pl.sum_horizontal(weighed, ignore_nulls=False) % 11 == 0).fill_null(False)
    sound = text.str.contains(_TEN_DIGITS) & ~text.is_in(_PLACEHOLDERS) & checks
    return pl.when(text.is_not_null()).then(sound)
