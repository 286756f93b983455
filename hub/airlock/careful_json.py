"""Read JSON that somebody else wrote, without letting it exhaust us."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

# A string (closed or not: an optional end keeps the scan linear) or one bracket.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class BadJson(ValueError):
    """Not JSON, or JSON that is deeper or stranger than anything we write. The text is a sentence."""


def parse(raw: bytes, *, max_depth: int) -> Any:
    """The value in ``raw`` (UTF-8). Raises BadJson for anything else.

    Depth is counted before parsing; repeated keys, ``NaN`` and ``Infinity`` are refused, because two
    readers could understand them differently.
    """
    depth = 0
    for token in _TOKENS.finditer(raw):
        first = token.group()[:1]
        if first in b"[{":
            depth += 1
            if depth > max_depth:
                raise BadJson("It is nested too deeply.")
        elif first in b"]}":
            depth -= 1
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    except BadJson:
        raise
    except (ValueError, RecursionError) as fault:
        raise BadJson("It is not readable as JSON.") from fault


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("It names something twice.")
    return found


def _no_constant(_: str) -> NoReturn:
    raise BadJson("It contains a number that is none.")
