"""docs/reference/ledger-events.md: every kind of ledger entry."""

from __future__ import annotations

from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page
from hub.ledger import EVENTS
from hub.ledger.chain import FORMAT, PAYLOAD_MAX
from hub.ledger.heads import FORMAT as HEAD_FORMAT


def page() -> str:
    """The page."""
    parts = []
    for kind, spec in EVENTS.items():
        rows = [(code(name), "", meaning) for name, meaning in spec.fields.items()]
        rows += [(code(name), "may be missing", meaning) for name, meaning in spec.optional.items()]
        parts += [f"## {kind.value}", spec.meaning]
        if rows:
            parts.append(table(("Field of the payload", "", "Meaning"), rows))
    return whole_page(
        "Ledger events",
        "The kinds of entries there are; an entry of another kind cannot be written. Every entry has a number "
        "(`seq`), a time in UTC (`at`), a kind, an actor (a person's name, `console:<user>` or "
        "`system:<component>`), a project or none, a payload, the hash of the entry before it and its own. "
        "Below: what each kind's payload holds. A field that is not known is null.",
        f"A payload is canonical JSON of at most {PAYLOAD_MAX:,} characters. The format of the chain is "
        f"{code(FORMAT)}, of signed heads {code(HEAD_FORMAT)}.",
        *parts,
    )
