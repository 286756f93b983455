"""Shapes of direct identifiers: NHS number, CHI number, postcode, National Insurance number, e-mail."""

from __future__ import annotations

import re
from datetime import date

#: Ten digits, also parted 3-3-4 as they are printed, and as a float that pandas made of them.
TEN_DIGITS = re.compile(
    r"(?<![0-9A-Za-z.,])([0-9]{3})([ \-\u00a0]?)([0-9]{3})\2([0-9]{4})(?:\.0)?(?![0-9A-Za-z])"
)
POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])(?:(?i:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKMNP-Y]?[ \u00a0]?[0-9][ABD-HJLNP-UW-Z]{2})"
    # in print capitals with a space also with letters that real ones do not use: a made-up postcode is one too
    r"|[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKMNP-Y]?[ \u00a0][0-9][A-Z]{2})(?![A-Za-z0-9])",
)
NATIONAL_INSURANCE = re.compile(
    r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Za-z0-9])"
)
EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
)

_WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2)


def passes_modulus_11(digits: str) -> bool:
    """Whether the tenth of ten digits is the check digit of NHS and CHI numbers.

    Source: NHS Data Dictionary, NHS NUMBER: weights 10 to 2, remainder of 11, 11 counts as 0, 10 is not used.
    """
    if len(digits) != 10 or not digits.isascii() or not digits.isdigit() or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=False)) % 11
    return (0 if check == 11 else check) == int(digits[9])


def starts_with_birth_date(digits: str) -> bool:
    """Whether the first six digits are a day, month and year, as in a CHI number."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    try:
        date(2000 if year == 0 else 1900 + year, month, day)
    except ValueError:
        return False
    return True


def nhs_numbers(text: str) -> list[tuple[str, bool]]:
    """The ten-digit numbers with a right check digit in a text, and whether each is printed in groups."""
    if len(text) < 10:
        return []
    found = []
    for match in TEN_DIGITS.finditer(text):
        digits = match[1] + match[3] + match[4]
        if passes_modulus_11(digits):
            found.append((digits, bool(match[2])))
    return found


def mask_identifiers(text: str) -> str:
    """The text with everything that looks like a direct identifier struck out."""
    if len(text) < 5:
        return text
    text = TEN_DIGITS.sub("[ten digits]", text)
    text = NATIONAL_INSURANCE.sub("[number]", text)
    text = EMAIL.sub("[e-mail]", text)
    return POSTCODE.sub("[postcode]", text)
