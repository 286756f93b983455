"""The sections on a table of states, which a request on its way out and one on its way in both have."""

from __future__ import annotations

from types import ModuleType

from docs.generator.markdown import code, table


def states_of(module: ModuleType) -> list[str]:
    """Diagram, states, transitions and events; ``module`` holds ``State``, ``Event`` and ``TRANSITIONS``."""
    states, events, transitions = module.State, module.Event, module.TRANSITIONS
    lines = ["stateDiagram-v2"]
    lines += [f"    {t.source or '[*]'} --> {t.target}: {t.event}" for t in transitions]
    lines += [f"    {state} --> [*]" for state in states if state.final]
    return [
        "## Diagram",
        "```mermaid\n" + "\n".join(lines) + "\n```",
        "## States",
        table(
            ("State", "Meaning", "Final"),
            [(code(s.value), s.meaning, "yes" if s.final else "") for s in states],
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
                for t in transitions
            ],
        ),
        "## Events",
        table(("Event", "Meaning"), [(e.value, e.meaning) for e in events]),
    ]
