"""docs/reference/escape-suite.md: every attempt of ``lockedroom room prove``."""

from __future__ import annotations

from docs.generator.markdown import listed, table
from docs.generator.markdown import page as whole_page
from hub.prove.attempt import Judged, Need
from hub.prove.suite import FAMILIES


def page() -> str:
    """The page."""
    count = sum(len(family.attempts) for family in FAMILIES)
    parts = []
    for family in FAMILIES:
        rows = [
            (attempt.name, attempt.tried, attempt.judged, "; ".join(sorted(attempt.needs)))
            for attempt in family.attempts
        ]
        parts += [
            f"## {family.name[0].upper()}{family.name[1:]}",
            family.about,
            table(("Attempt", "What is tried", "Judged", "Needs"), rows),
        ]
    return whole_page(
        "Escape suite",
        f"The {count} attempts of `lockedroom room prove`, the same for each kind of room. They are made in a room "
        "made for them, which differs from a seat's room in nothing but its program and its small limits. What comes "
        "of each is *held*, *not held*, or *could not be tried*; the last is never counted as held.",
        listed(
            (
                f"Judged *{Judged.INSIDE}*: by what a script saw that is the first and only program of that room, "
                "and that the room can only read.",
                f"Judged *{Judged.OUTSIDE}*: by what the trusted side saw, whatever the room says.",
                "Needs: without it nothing is tried, which is named and is no failure of the room. "
                f"There are: {'; '.join(Need)}.",
            )
        ),
        *parts,
    )
