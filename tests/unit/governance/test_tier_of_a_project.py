"""A project's tier: it rises with what is approved, never falls, and below its data's tier no room opens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from hub.governance import Admitted, Refused, admission, record_approval
from hub.governance.errors import NotNow, WrongValue
from hub.governance.held_records import held_sources, note_held
from hub.governance.policies.tiers import (
    check_policy_is_enough,
    needed_tier,
    policy_in_force,
    tier_after_approval,
    too_low,
)
from hub.governance.projects import get_project
from hub.governance.tiers import Tier, load_tiers
from hub.store import Store
from hub.store.models import LedgerEntry
from tests.unit.builders import CONSOLE, EXTRACT, NOW, member, person, project

TIERS = load_tiers()
BELOW, LOW, ABOVE = TIERS.ordered


@pytest.mark.parametrize(
    ("named", "needed", "after"),
    [
        (None, None, LOW),
        (None, BELOW, LOW),
        (None, LOW, LOW),
        (None, ABOVE, ABOVE),
        (LOW, None, LOW),
        (LOW, BELOW, LOW),
        (LOW, LOW, LOW),
        (ABOVE, None, ABOVE),
        (ABOVE, LOW, ABOVE),
        (ABOVE, ABOVE, ABOVE),
    ],
)
def test_the_tier_is_what_the_approval_says_or_the_lowest_that_the_data_allow(
    named: Tier | None, needed: Tier | None, after: Tier
) -> None:
    assert tier_after_approval(LOW, named=named, needed=needed) == after


def test_an_approval_below_what_the_data_need_is_refused() -> None:
    with pytest.raises(WrongValue, match="at least the tier patient-level, and the approval says low"):
        tier_after_approval(BELOW, named=LOW, needed=ABOVE)


@pytest.mark.parametrize("needed", [None, BELOW, LOW, ABOVE])
def test_a_tier_never_falls(needed: Tier | None) -> None:
    with pytest.raises(NotNow, match="never falls"):
        tier_after_approval(LOW, named=BELOW, needed=needed)


@pytest.mark.parametrize(("tier", "refused"), [(BELOW, True), (LOW, False), (ABOVE, False)])
def test_a_project_is_opened_from_the_tier_on_that_its_data_need(tier: Tier, refused: bool) -> None:
    said = too_low("road-safety", tier, LOW)
    assert (said is not None) == refused
    if said is not None:
        assert "road-safety need at least the tier low, and the project is synthetic" in said


def test_data_that_no_tier_allows_open_nowhere() -> None:
    assert "allowed in no tier" in str(too_low("road-safety", ABOVE, None))
    with pytest.raises(WrongValue, match="Real records of tax go into no project"):
        needed_tier(TIERS, frozenset({"tax", "gp"}))


def test_a_policy_that_is_too_weak_is_refused_and_says_where() -> None:
    strict = LOW.model_copy(update={"disclosure": ("sacro",)})
    assert policy_in_force(strict, "opensafely") == "sacro"
    assert policy_in_force(strict, "gone") == "gone", "and what it checks is blocked"
    assert policy_in_force(LOW, "opensafely") == "opensafely"
    check_policy_is_enough(LOW, "opensafely")
    with pytest.raises(
        WrongValue, match=r"opensafely is not strict enough for the tier low: .* at counts.minimum"
    ):
        check_policy_is_enough(strict, "opensafely")


# The same through the store.


def _approve(store: Store, **more: Any) -> None:
    with store.write() as session:
        record_approval(session, "road-safety", EXTRACT, actor=CONSOLE, now=NOW, **more)


def _tier(store: Store) -> str:
    with store.read() as session:
        return get_project(session, "road-safety").tier


def _entries(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        return [
            json.loads(entry.payload)
            for entry in session.scalars(
                select(LedgerEntry).where(LedgerEntry.kind == "approval.recorded").order_by(LedgerEntry.seq)
            )
        ]


def test_an_approval_raises_the_tier_and_the_ledger_says_from_what(store: Store) -> None:
    project(store)
    _approve(store, real_sources=frozenset({"stats19"}))
    _approve(store, real_sources=frozenset({"stats19", "gp"}))
    _approve(store, real_sources=frozenset())
    assert _tier(store) == "patient-level"
    assert [(entry["tier_before"], entry["tier"]) for entry in _entries(store)] == [
        ("low", "low"),
        ("low", "patient-level"),
        ("patient-level", "patient-level"),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tier": "low", "real_sources": frozenset({"gp"})}, "at least the tier patient-level"),
        ({"tier": "synthetic"}, "never falls"),
        ({"tier": "secret"}, "no such tier"),
        ({"policy": "no-such-policy"}, "no policy called"),
        ({"tier": "patient-level", "policy": "opensafely"}, "not strict enough"),
        ({"real_sources": frozenset({"tax"})}, "go into no project"),
    ],
)
def test_a_refused_approval_leaves_nothing(store: Store, more: dict[str, Any], said: str) -> None:
    project(store)
    with pytest.raises((NotNow, WrongValue), match=said):
        _approve(store, **more)
    assert _tier(store) == "low"
    assert _entries(store) == []


def test_the_policy_that_an_approval_names_is_in_force_while_the_tier_accepts_it(store: Store) -> None:
    project(store)
    _approve(store, policy="opensafely")
    assert _policy(store) == "opensafely"
    _approve(store)
    assert _policy(store) == "opensafely"
    _approve(store, tier="patient-level")
    assert _policy(store) == "sacro"
    assert [entry["policy"] for entry in _entries(store)] == ["opensafely", "opensafely", "sacro"]


def _policy(store: Store) -> str:
    with store.read() as session:
        return get_project(session, "road-safety").policy


def test_admission_asks_for_the_tier_of_all_that_a_project_was_ever_given(store: Store) -> None:
    person(store)
    project(store)
    member(store)

    def ask() -> Admitted | Refused:
        with store.read() as session:
            return admission(session, person="alice", project="road-safety", now=NOW)

    for sources in ({"stats19"}, set(), {"stats19"}):
        with store.write() as session:
            note_held(session, 1, sources)
        assert isinstance(ask(), Admitted)
    with store.write() as session:
        note_held(session, 1, ["gp"])
        note_held(session, 1, ["stats19"])
        assert held_sources(session, 1) == {"gp", "stats19"}
        assert held_sources(session, 2) == set()
    decision = ask()
    assert isinstance(decision, Refused)
    assert "need at least the tier patient-level, and the project is low" in decision.reason
    _approve(store, tier="patient-level")
    assert isinstance(ask(), Admitted)
