"""Whether the counts of a table were rounded, and to what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: So few rounded-looking numbers can be chance: one in five counts is a multiple of five.
LEAST_NUMBERS = 4
_BASES = (100, 50, 20, 10, 5)


@dataclass(frozen=True)
class Rounded:
    """All counts were rounded: to multiples of ``base``, or to the midpoints of intervals of that width."""

    base: int
    midpoint: bool = False

    def interval(self, shown: int) -> tuple[int, int]:
        """The least and greatest true count behind a shown one (half a base to each side, zero not below)."""
        if self.midpoint:
            return (0, 0) if shown == 0 else (shown - (self.base // 2 - 1), shown + self.base // 2)
        half = self.base // 2
        return max(0, shown - half), shown + half


def find_rounding(
    values: Iterable[int], required: int | None = None, midpoint: int | None = None
) -> Rounded | None:
    """The rounding that explains every value, or None.

    With ``required`` (a policy's base) all multiples of it are taken as rounded, because that is the rule they
    were made under. Without it, at least four numbers above zero are asked for: with fewer it may be chance, and
    taking exact counts for rounded ones would hide what margins give away.
    """
    shown: Sequence[int] = [value for value in values if value > 0]
    if not shown:
        return Rounded(required) if required else None
    if required is not None and all(value % required == 0 for value in shown):
        return Rounded(required)
    if len(shown) >= LEAST_NUMBERS:
        for base in _BASES:
            if all(value % base == 0 for value in shown):
                return Rounded(base)
        if midpoint is not None and all(value % midpoint == midpoint // 2 for value in shown):
            return Rounded(midpoint, midpoint=True)
    return None
