"""docs/reference/tiers.md: what holds for the projects of each tier, from policies/tiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel

from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page
from hub.governance.opening_hours import OpeningHours
from hub.governance.tiers import Tier, load_tiers

_IN_WORDS = frozenset({"name", "title", "description"})


def page() -> str:
    """The page."""
    tiers = load_tiers().ordered
    values = [
        (code(place), *(_plain(get(tier)) for tier in tiers), meaning)
        for place, get, meaning in values_of_a_tier()
    ]
    return whole_page(
        "Tiers",
        "A project's tier says how sensitive its data are. Each is a file in `policies/tiers`, or in the folder that "
        "`LOCKEDROOM_TIERS` names instead; a hub reads them when it starts. Ranks are all different, a higher tier "
        "asks for no less than a lower one, and where files contradict each other no hub starts.",
        *(f"- {code(tier.name)}: **{tier.title}.** {tier.description}" for tier in tiers),
        "## Side by side",
        table(("What", *(code(tier.name) for tier in tiers), "Meaning"), values),
        "Both kinds of door are explained: [the door](../explanation/the-door.md) and "
        "[the window](../explanation/the-window.md).",
    )


def values_of_a_tier() -> list[tuple[str, Callable[[Tier], Any], str]]:
    """Each value of a tier that is not words: its place, how to get it, its meaning."""
    return list(_values(Tier, "", lambda tier: tier))


def _values(
    model: type[BaseModel], place: str, within: Callable[[Tier], Any]
) -> Iterator[tuple[str, Callable[[Tier], Any], str]]:
    for name, field in model.model_fields.items():

        def get(tier: Tier, name: str = name) -> Any:
            return getattr(within(tier), name)

        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from _values(part, f"{place}{name}.", get)
        elif name not in _IN_WORDS:
            yield place + name, get, field.description or ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "any"
    if isinstance(value, OpeningHours):
        return str(value)
    if isinstance(value, tuple):
        return ", ".join(code(each) for each in value) or "none"
    return code(value)
