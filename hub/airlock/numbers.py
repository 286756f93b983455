"""Numbers of requests, which say nothing about how many there are."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from hub.store.models import AirlockRequest, IngressRequest

_FIRST, _LAST = 100_000, 999_999_999


def new_number(session: Session, table: type[AirlockRequest] | type[IngressRequest]) -> int:
    """A number that no request in ``table`` has; short while there are few. ``session`` excludes other writers."""
    upper = _FIRST * 10
    while True:
        for _ in range(20):
            number = _FIRST + secrets.randbelow(upper - _FIRST)
            if session.get(table, number) is None:
                return number
        upper = min(upper * 10, _LAST)
