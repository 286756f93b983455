"""A check that raises with a sentence, asked as a question: yes or no."""

from __future__ import annotations

from collections.abc import Callable

from output_checker.errors import PlainError


def passes(check: Callable[[], None], refusal: type[PlainError] = PlainError) -> bool:
    """Whether ``check`` lets it be; ``refusal`` is what it raises otherwise, and any other error goes on."""
    try:
        check()
    except refusal:
        return False
    return True
