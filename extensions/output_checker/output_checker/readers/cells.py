"""What one cell of a text table says: a number, a percentage, a suppression mark, a date, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """The kinds of cell content."""

    BLANK = "blank"
    NUMBER = "number"
    PERCENT = "percent"  #: a number with a per cent sign; the value is in per cent
    MARK = "mark"  #: stands for a value that is not shown
    DATE = "date"
    FORMULA = "formula"  #: a spreadsheet program would run it
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Content:
    """One cell's text and what it was understood as.

    ``value`` is exact (``int`` where it is a whole number). ``decimals`` counts the decimal places written.
    ``least`` and ``most`` bound what a mark stands for, where the mark itself says so (``<10``, ``1-4``).
    ``percent`` is the percentage in "45 (12.3%)". ``uncertain`` marks a number that reads two ways ("1,234").
    """

    kind: Kind
    text: str
    value: int | Decimal | None = None
    decimals: int = 0
    least: int | None = None
    most: int | None = None
    percent: Decimal | None = None
    uncertain: bool = False

    @property
    def is_numeric(self) -> bool:
        return self.kind is Kind.NUMBER or self.kind is Kind.PERCENT

    @property
    def is_whole(self) -> bool:
        """A plain whole number, also when written as 3.0."""
        return self.kind is Kind.NUMBER and isinstance(self.value, int)


BLANK = Content(Kind.BLANK, "")

_SPACES = " \u00a0\u2007\u2009\u202f"
_GROUPED_SPACE = re.compile(rf"[0-9]{{1,3}}(?:[{_SPACES}'’][0-9]{{3}})+(?:[.,][0-9]+)?")
_SIMPLE_DECIMAL = re.compile(r"[0-9]{1,15}\.[0-9]{1,20}")
_PLAIN = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")
_GROUPED_COMMA = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){1,9}(?:\.[0-9]{1,30})?")
_GROUPED_POINT = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,9}(?:,[0-9]{1,30})?")
_COMMA_DECIMAL = re.compile(r"[+-]?[0-9]{0,30},[0-9]{1,30}(?:[eE][+-]?[0-9]{1,2})?")

_MARK_WORDS = re.compile(
    r"""[\[(<]?\s*(?:redacted|suppressed|supp|suppr|masked|hidden|withheld|confidential|disclosive|low|small
        |na|n/a|n\.a\.|nan|null|none|missing|nil|c|x|z|s|u|w|k|r|not\ shown|not\ available|\#n/a|<na>)\s*[\])>]?""",
    re.IGNORECASE | re.VERBOSE,
)
_MARK_SIGNS = re.compile(r"[*#~:.\-–—‐−†‡§_?x×]+")
_BELOW = re.compile(
    r"\(?\[?\s*(?:n\s*)?(<=|≤|<|under|below|fewer than|less than)\s*([0-9]{1,6})\s*\]?\)?", re.IGNORECASE
)
_OR_FEWER = re.compile(r"([0-9]{1,6})\s*(?:or\s+(?:fewer|less|under))", re.IGNORECASE)
_BETWEEN = re.compile(r"\[?\(?\s*([0-9]{1,6})\s*(?:-|–|to)\s*([0-9]{1,6})\s*\]?\)?")

_DATE = re.compile(
    r"(?:[12][0-9]{3}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12][0-9]{3}|[0-9]{2})"
    r"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])/[12][0-9]{3}"
    r"|(?:0?[1-9]|[12][0-9]|3[01])[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]"
    r"(?:[12][0-9]{3}|[0-9]{2}))"
    r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_WITH_BRACKET = re.compile(r"([^()]+?)\s*\(\s*([^()]+?)\s*\)")
_FOOTNOTE = re.compile(r"(.*[0-9%])\s*(?:\*{1,3}|†|‡|§|\[[a-z0-9]{1,2}\]|\^[a-z0-9]|[¹²³])")
_CURRENCY = "£$€"
_MOST_CHARACTERS_OF_A_NUMBER = 64


@lru_cache(maxsize=200_000)
def read_cell(text: str, decimal_comma: bool = False) -> Content:
    """Understand one cell's text. Never raises; what is not understood is ``TEXT``."""
    stripped = text.strip().strip("\u00a0\u200b\u2060\ufeff").strip()
    if not stripped:
        return BLANK
    if len(stripped) <= 18 and stripped.isascii() and stripped.isdigit():
        return Content(Kind.NUMBER, stripped, int(stripped))
    if not decimal_comma and _SIMPLE_DECIMAL.fullmatch(stripped):
        return _exact(stripped, Decimal(stripped), len(stripped) - stripped.index(".") - 1)
    if len(stripped) > _MOST_CHARACTERS_OF_A_NUMBER:
        return _words(stripped)
    number = _number(stripped, decimal_comma)
    if number is not None:
        return number
    if _DATE.fullmatch(stripped):
        return Content(Kind.DATE, stripped)
    mark = _mark(stripped)
    if mark is not None:
        return mark
    combined = _combined(stripped, decimal_comma)
    return combined if combined is not None else _words(stripped)


def _exact(text: str, value: Decimal, decimals: int) -> Content:
    whole = value == value.to_integral_value()
    return Content(Kind.NUMBER, text, int(value) if whole else value, decimals)


def _words(text: str) -> Content:
    return Content(Kind.FORMULA if text[0] in "=+-@\t\r" else Kind.TEXT, text)


def _number(text: str, decimal_comma: bool) -> Content | None:
    """A number with any of the usual dress: sign, currency, grouping, per cent, accounting brackets."""
    body = _plain_digits(text)
    percent = body.endswith(("%", "％"))
    if percent:
        body = body[:-1].rstrip(_SPACES)
    if len(body) > 2 and body[0] == "(" and body[-1] == ")" and body[1].isdigit() and not percent:
        body = "-" + body[1:-1]
    sign = ""
    if body.startswith(("+", "-", "−")):
        sign, body = ("-" if body[0] in "-−" else ""), body[1:]
    body = sign + body.lstrip(_CURRENCY + _SPACES)
    written = _written(body, decimal_comma)
    if written is None:
        return None
    digits, uncertain = written
    value = Decimal(digits)
    decimals = max(0, -int(value.as_tuple().exponent)) if "." in digits else 0
    whole = value == value.to_integral_value()
    kind = Kind.PERCENT if percent else Kind.NUMBER
    exact: int | Decimal = int(value) if whole else value
    return Content(kind, text, exact, decimals, uncertain=uncertain)


def _plain_digits(text: str) -> str:
    """Digits of any script as ASCII digits, so that ３ cannot pass for a word."""
    if text.isascii():
        return text
    return "".join(str(int(ch)) if ch.isdecimal() else ch for ch in text)


def _written(body: str, decimal_comma: bool) -> tuple[str, bool] | None:
    """The number in plain notation and whether it reads two ways; None if it is no number."""
    if not body or not any(ch.isdigit() for ch in body[:40]):
        return None
    if _GROUPED_SPACE.fullmatch(body.lstrip("-")):
        body = re.sub(rf"[{_SPACES}'’]", "", body)
    if decimal_comma:
        if _GROUPED_POINT.fullmatch(body) and (body.count(".") > 1 or "," in body or "." in body):
            return body.replace(".", "").replace(",", "."), False
        if _COMMA_DECIMAL.fullmatch(body):
            return body.replace(",", "."), False
    if _PLAIN.fullmatch(body):
        return body, False
    if _GROUPED_COMMA.fullmatch(body):
        return body.replace(",", ""), body.count(",") == 1 and "." not in body and not body.startswith("0")
    if _GROUPED_POINT.fullmatch(body):
        return body.replace(".", "").replace(",", "."), False
    if _COMMA_DECIMAL.fullmatch(body):
        return body.replace(",", "."), False
    return None


def _mark(text: str) -> Content | None:
    """A mark that stands for a hidden value, with the bounds it gives away."""
    if _MARK_SIGNS.fullmatch(text) or _MARK_WORDS.fullmatch(text):
        return Content(Kind.MARK, text)
    plain = _plain_digits(text)
    if (below := _BELOW.fullmatch(plain)) is not None:
        most = int(below[2]) - (0 if below[1] in ("<=", "≤") else 1)
        return Content(Kind.MARK, text, least=0, most=max(most, 0))
    if (fewer := _OR_FEWER.fullmatch(plain)) is not None:
        return Content(Kind.MARK, text, least=0, most=int(fewer[1]))
    if (between := _BETWEEN.fullmatch(plain)) is not None and int(between[1]) < int(between[2]):
        return Content(Kind.MARK, text, least=int(between[1]), most=int(between[2]))
    return None


def _combined(text: str, decimal_comma: bool) -> Content | None:
    """Two numbers in one cell, "45 (12.3%)", or a number with a footnote sign, "3*"."""
    if (pair := _WITH_BRACKET.fullmatch(text)) is not None:
        first = _number(pair[1], decimal_comma)
        second = _number(pair[2], decimal_comma)
        if first is not None and second is not None and first.kind is not second.kind:
            if first.kind is Kind.PERCENT:
                first, second = second, first
            percent = Decimal(second.value) if second.value is not None else None
            return Content(Kind.NUMBER, text, first.value, first.decimals, percent=percent)
        if first is not None and second is not None and first.kind is Kind.NUMBER:
            percent = Decimal(second.value) if second.value is not None and 0 <= second.value <= 100 else None
            return Content(Kind.NUMBER, text, first.value, first.decimals, percent=percent)
        if first is not None and _mark(pair[2]) is not None:
            return Content(first.kind, text, first.value, first.decimals)
        if first is None and (mark := _mark(pair[1])) is not None and (second or _mark(pair[2])):
            return Content(Kind.MARK, text, least=mark.least, most=mark.most)
    if (noted := _FOOTNOTE.fullmatch(text)) is not None:
        number = _number(noted[1].strip(), decimal_comma)
        if number is not None:
            return Content(number.kind, text, number.value, number.decimals)
    return None
