"""docs/reference/rules.md and policies.md: what the output checker asks, and the numbers it asks with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from output_checker.policy import DEFAULT_POLICY, Limits, Policy, Sourced, load_policy, policy_names
from output_checker.rules import READER_RULES, RULES, Rule
from pydantic import BaseModel

from docs.generator.markdown import code, prose, table
from docs.generator.markdown import page as whole_page
from hub.airlock import report


def rules_page() -> str:
    """The page of rules."""
    of_airlock = report.unfinished("")[1].findings[0].rule
    return whole_page(
        "Rules of the output checker",
        "Every finding names its rule. A finding that blocks keeps the file inside; one to review is shown to a "
        "person; information holds nothing back. A rule may appear twice where it looks at two things.",
        "## While the file is read",
        "Each of these is a finding if it is not so.",
        table(
            ("Rule", "What must hold", "Source"), [(code(r.name), r.proves, r.source) for r in READER_RULES]
        ),
        "## On what the file says",
        *(part for rule in RULES for part in _rule(rule)),
        "## Of the airlock",
        f"The airlock adds {code(of_airlock)} of its own, which blocks: the check ended early, took too long, or "
        "gave an answer that does not fit the files. A check that did not finish is not a pass.",
    )


def _rule(rule: Rule) -> list[str]:
    return [
        f"### {rule.name}: {'tables' if rule.on_table else 'all cells'}",
        f"{rule.proves}",
        prose(rule.on_table or rule.on_sheet) if rule.on_table or rule.on_sheet else "",
        f"Source: {rule.source}.",
    ]


def policies_page() -> str:
    """The page of policies."""
    parts = []
    for name in policy_names():
        policy = load_policy(name)
        parts += [f"## {name}", f"**{policy.title}.** {policy.description}", f"Source: {policy.source}."]
        parts.append(table(("Number", "Value", "Meaning", "Source"), numbers(policy)))
    limits = [
        (code(name), f"{field.default:,}", field.description) for name, field in Limits.model_fields.items()
    ]
    return whole_page(
        "Disclosure policies",
        f"A policy is a file in `policies/disclosure`. Where none is named, it is {code(DEFAULT_POLICY)}. A "
        "number that a policy does not give is not asked for by it.",
        *parts,
        "## Limits",
        "What the checker reads at most, unless a policy says otherwise. Beyond it the file is refused, not "
        "read in part.",
        table(("Limit", "Value", "Meaning"), limits),
    )


def numbers(policy: Policy) -> list[tuple[str, str, str, str]]:
    """Each number of a policy: its place, value, meaning and source."""
    return list(_sourced(policy, ""))


def _sourced(part: BaseModel, place: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in type(part).model_fields.items():
        value: Any = getattr(part, name)
        if isinstance(value, Sourced):
            yield code(place + name), code(_plain(value.value)), field.description or "", value.source
        elif isinstance(value, BaseModel) and not isinstance(value, Limits):
            yield from _sourced(value, f"{place}{name}.")


def _plain(value: Any) -> str:
    return f"{value[0]} to {value[1]}" if isinstance(value, tuple) else str(value)
