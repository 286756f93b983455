"""docs/reference/request-states.md: the airlock's states and every way from one to another."""

from __future__ import annotations

from docs.generator.markdown import page as whole_page
from docs.generator.states import states_of
from hub.airlock import states


def page() -> str:
    """The page."""
    return whole_page(
        "States of a request",
        "A request begins when the airlock takes a bundle out of an outbox. As many output checkers other than the "
        "author have to approve it as the project's [tier](tiers.md) asks for.",
        *states_of(states),
    )
