"""Free text that people write about people and projects: short, on one line, without control characters."""

from __future__ import annotations

import unicodedata

from hub.governance.errors import WrongValue


def one_line(text: str, what: str, *, longest: int = 200) -> str:
    """The text without outer spaces. Raises WrongValue when it is empty, too long, or more than one line."""
    stripped = text.strip()
    # Cc: control, Cf: invisible and direction marks, Cs: half characters, Zl and Zp: other line breaks.
    bad = any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in stripped)
    if not stripped or len(stripped) > longest or bad:
        raise WrongValue(f"{what} is one line of 1 to {longest} characters without control characters.")
    return stripped
