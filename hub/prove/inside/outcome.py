"""How an attempt that the kernel answers is put into one word."""

from __future__ import annotations

import errno
from collections.abc import Callable

DONE = "done"


def outcome(attempt: Callable[[], object]) -> str:
    """``done``, or the name of the error."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return DONE
