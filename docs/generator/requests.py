"""docs/reference/request-states.md: the airlock's states and every way from one to another."""

from __future__ import annotations

from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page
from hub.airlock.states import TRANSITIONS, Event, State


def page() -> str:
    """The page."""
    return whole_page(
        "States of a request",
        "A request begins when the airlock takes a bundle out of an outbox. As many output checkers other than the "
        "author have to approve it as the project's [tier](tiers.md) asks for.",
        "## Diagram",
        f"```mermaid\n{diagram()}\n```",
        "## States",
        table(
            ("State", "Meaning", "Final"),
            [(code(s.value), s.meaning, "yes" if s.final else "") for s in State],
        ),
        "## Transitions",
        "Anything that is not in this table cannot happen.",
        table(
            ("From", "Event", "To", "Who"),
            [
                (
                    code(t.source.value) if t.source else "(begins)",
                    t.event.value,
                    code(t.target.value),
                    t.who.value,
                )
                for t in TRANSITIONS
            ],
        ),
        "## Events",
        table(("Event", "Meaning"), [(e.value, e.meaning) for e in Event]),
    )


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {t.source or '[*]'} --> {t.target}: {t.event}" for t in TRANSITIONS]
    lines += [f"    {state} --> [*]" for state in State if state.final]
    return "\n".join(lines)
