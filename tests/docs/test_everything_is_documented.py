"""Every setting, command, rule, ledger event, policy, state and role says what it means, and the reference shows it."""

from __future__ import annotations

import pytest
from output_checker.policy import Limits, load_policy, policy_names
from output_checker.rules import READER_RULES, RULES, Rule
from pydantic import BaseModel

from docs import generate
from docs.generator.checker import numbers
from docs.generator.commands import Command, commands
from docs.generator.tiers import values_of_a_tier
from hub.airlock.ingress import states as ingress
from hub.airlock.ingress.policy import Retention, Type, TypeRule, Unpacked, Waiting
from hub.airlock.ingress.scan import Result
from hub.airlock.states import Event, State
from hub.governance.roles import Role
from hub.governance.tiers import Tier, load_tiers
from hub.ledger import EVENTS, EventKind
from hub.settings import PREFIX, Settings

COMMANDS = commands()


def says_something(text: str | None) -> bool:
    """At least a few words: not empty, and not only the thing's own name."""
    return text is not None and len(text.split()) >= 2


def shown(page: str) -> str:
    return (generate.REFERENCE / page).read_text("utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting(name: str) -> None:
    variable = PREFIX + name.upper()
    assert says_something(Settings.model_fields[name].description), f"{variable} has no description"
    assert f"| `{variable}` |" in shown("settings.md"), f"{variable} is not in docs/reference/settings.md"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_command(command: Command) -> None:
    assert says_something(command.meaning), f"{command.name} has no docstring"
    assert f"### {command.name}\n" in shown("commands.md")
    for parameter in command.parameters:
        assert says_something(parameter.help), f"{command.name}: {parameter.name} has no help"


def test_there_are_commands_of_both_programs() -> None:
    assert {"lockedroom serve", "lockedroom people add", "output-checker check"} <= COMMANDS.keys()


@pytest.mark.parametrize("rule", [*READER_RULES, *RULES], ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    assert says_something(rule.proves), f"the rule {rule.name} does not say what it proves"
    assert says_something(rule.source), f"the rule {rule.name} names no source"
    asks = rule.on_table or rule.on_sheet
    assert asks is None or says_something(asks.__doc__), f"the rule {rule.name} has no docstring"
    assert rule.proves.replace("|", "\\|") in shown("rules.md")


@pytest.mark.parametrize("kind", EventKind)
def test_ledger_event(kind: EventKind) -> None:
    assert kind in EVENTS, f"{kind} has no EventSpec"
    spec = EVENTS[kind]
    assert says_something(spec.meaning), f"{kind} has no meaning"
    for name, meaning in (*spec.fields.items(), *spec.optional.items()):
        assert meaning.strip(), f"{kind}: the field {name} has no meaning"
    assert f"## {kind.value}\n\n{spec.meaning}" in shown("ledger-events.md")


@pytest.mark.parametrize("name", policy_names())
def test_policy(name: str) -> None:
    policy = load_policy(name)
    assert policy.title.strip(), f"the policy {name} has no title"
    assert says_something(policy.description), f"the policy {name} has no description"
    assert says_something(policy.source), f"the policy {name} has no source"
    assert numbers(policy), f"the policy {name} has no numbers"
    for place, _, meaning, source in numbers(policy):
        assert says_something(meaning), f"{place} has no description in the policies' schema"
        assert says_something(source), f"{place} of the policy {name} has no source"
    assert f"## {name}\n" in shown("policies.md")


@pytest.mark.parametrize("name", Limits.model_fields)
def test_limit_of_the_checker(name: str) -> None:
    assert says_something(Limits.model_fields[name].description), f"the limit {name} has no description"


@pytest.mark.parametrize("tier", load_tiers().ordered, ids=lambda tier: tier.name)
def test_tier(tier: Tier) -> None:
    assert says_something(tier.title), f"the tier {tier.name} has no title"
    assert says_something(tier.description), f"the tier {tier.name} has no description"
    assert f"**{tier.title}.** {tier.description}" in shown("tiers.md")


@pytest.mark.parametrize(("place", "meaning"), [(place, meaning) for place, _, meaning in values_of_a_tier()])
def test_what_a_tier_says(place: str, meaning: str) -> None:
    assert says_something(meaning), f"{place} of a tier has no description"
    assert f"| `{place}` |" in shown("tiers.md")


@pytest.mark.parametrize("thing", [*ingress.State, *ingress.Event, *Type, *Result], ids=str)
def test_what_comes_in(thing: ingress.State | ingress.Event | Type | Result) -> None:
    meaning = thing.looked_into if isinstance(thing, Type) else thing.meaning
    assert says_something(meaning), f"{thing} has no meaning"
    assert meaning in shown("ingress.md")


@pytest.mark.parametrize("model", [TypeRule, Unpacked, Waiting, Retention], ids=lambda model: model.__name__)
def test_setting_of_the_policy_for_what_comes_in(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert says_something(field.description), f"{name} has no description in the policy's schema"
        assert str(field.description) in shown("ingress.md")


@pytest.mark.parametrize("thing", [*State, *Event, *Role], ids=str)
def test_state_event_and_role(thing: State | Event | Role) -> None:
    assert says_something(thing.meaning), f"{thing} has no meaning"
    page = "roles-and-permissions.md" if isinstance(thing, Role) else "request-states.md"
    assert thing.meaning in shown(page)
