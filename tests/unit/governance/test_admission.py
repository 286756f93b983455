"""Admission: each reason to refuse, at the second before, at and after; and nothing told to strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.governance import Admitted, Facts, Refused, admission, decide_admission
from hub.governance.admission import NO_ACCOUNT, NOT_A_MEMBER, ProjectFacts
from hub.governance.members import add_member, end_member
from hub.governance.opening_hours import OpeningHours
from hub.governance.people import disable_person
from hub.governance.policies.members import Period
from hub.governance.projects import close_project
from hub.governance.tiers import load_tiers
from hub.store import Store
from hub.store.names import PersonName, ProjectSlug
from tests.unit.builders import BEGIN, CONSOLE, DAY, END, NOW, SECOND, member, person, project

AROUND = [-SECOND, timedelta(0), SECOND]
PROJECT = ProjectFacts(
    slug=ProjectSlug("road-safety"),
    number=3,
    tier=load_tiers().find("low"),
    needed=load_tiers().lowest,
    policy="sacro",
    starts_at=NOW - 10 * DAY,
    ends_at=NOW + 10 * DAY,
    closed=False,
)
FACTS = Facts(
    person=PersonName("alice"),
    known=True,
    disabled=False,
    project=PROJECT,
    seat_number=5,
    periods=(Period(NOW - DAY, NOW + DAY),),
)


def _admitted(facts: Facts, now: datetime) -> bool:
    return isinstance(decide_admission(facts, now), Admitted)


def _reason(facts: Facts, now: datetime = NOW) -> str:
    decision = decide_admission(facts, now)
    assert isinstance(decision, Refused)
    assert decision.reason.endswith(".")
    assert "\n" not in decision.reason
    return decision.reason


def test_a_member_is_admitted_on_the_projects_terms() -> None:
    decision = decide_admission(FACTS, NOW)
    assert isinstance(decision, Admitted)
    terms = decision.terms
    assert (terms.person, terms.project, terms.seat) == ("alice", "road-safety", "alice.road-safety")
    assert (terms.seat_number, terms.project_number, terms.tier.name, terms.policy) == (5, 3, "low", "sacro")
    assert terms.ends_at == NOW + DAY


@pytest.mark.parametrize(
    ("tier", "door"), [("synthetic", "lab"), ("low", "lab"), ("patient-level", "window")]
)
def test_the_door_is_the_tiers(tier: str, door: str) -> None:
    decision = decide_admission(replace(FACTS, project=replace(PROJECT, tier=load_tiers().find(tier))), NOW)
    assert isinstance(decision, Admitted)
    assert decision.terms.door == door


def test_the_terms_end_with_whatever_ends_first() -> None:
    for period, expected in [
        (Period(NOW - DAY, NOW + 99 * DAY), PROJECT.ends_at),
        (Period(NOW - DAY, NOW + 3 * DAY), NOW + 3 * DAY),
        (Period(NOW - DAY, NOW + 3 * DAY, ended_at=NOW + DAY), NOW + DAY),
    ]:
        decision = decide_admission(replace(FACTS, periods=(period,)), NOW)
        assert isinstance(decision, Admitted)
        assert decision.terms.ends_at == expected


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [False, True, True], strict=True)))
def test_a_membership_begins_at_its_first_moment(offset: timedelta, admitted: bool) -> None:
    assert _admitted(FACTS, NOW - DAY + offset) == admitted


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [True, False, False], strict=True)))
def test_a_membership_ends_at_its_end(offset: timedelta, admitted: bool) -> None:
    assert _admitted(FACTS, NOW + DAY + offset) == admitted


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [True, False, False], strict=True)))
def test_a_membership_that_was_ended_ends_then(offset: timedelta, admitted: bool) -> None:
    facts = replace(FACTS, periods=(Period(NOW - DAY, NOW + DAY, ended_at=NOW),))
    assert _admitted(facts, NOW + offset) == admitted


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [False, True, True], strict=True)))
def test_a_project_begins_at_its_first_moment(offset: timedelta, admitted: bool) -> None:
    facts = replace(FACTS, project=replace(PROJECT, starts_at=NOW))
    assert _admitted(facts, NOW + offset) == admitted


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [True, False, False], strict=True)))
def test_a_project_ends_at_its_end(offset: timedelta, admitted: bool) -> None:
    facts = replace(FACTS, project=replace(PROJECT, ends_at=NOW))
    assert _admitted(facts, NOW + offset) == admitted


@pytest.mark.parametrize(("offset", "admitted"), list(zip(AROUND, [True, False, False], strict=True)))
def test_outside_the_hours_of_its_tier_a_project_is_not_open(offset: timedelta, admitted: bool) -> None:
    hours = OpeningHours(time_zone="UTC", days=("monday",), opens="08:00", closes="12:00")
    tier = load_tiers().find("low").model_copy(update={"hours": hours})
    facts = replace(FACTS, project=replace(PROJECT, tier=tier))
    assert _admitted(facts, NOW + offset) == admitted  # a Monday at noon
    if not admitted:
        assert "are open on Monday, 08:00 to 12:00 (UTC)" in _reason(facts, NOW + offset)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (replace(FACTS, disabled=True), "account is closed"),
        (replace(FACTS, known=False), "account is closed"),
        (replace(FACTS, project=None), "not a member"),
        (replace(FACTS, periods=()), "not a member"),
        (replace(FACTS, seat_number=None), "not a member"),
        (replace(FACTS, project=replace(PROJECT, closed=True)), "is closed"),
        (replace(FACTS, project=replace(PROJECT, ends_at=NOW - DAY)), "ended on 1 March 2026, 12:00 UTC"),
        (replace(FACTS, project=replace(PROJECT, starts_at=NOW + DAY)), "begins on 3 March 2026"),
        (replace(FACTS, project=replace(PROJECT, needed=None)), "allowed in no tier"),
        (
            replace(FACTS, project=replace(PROJECT, needed=load_tiers().find("patient-level"))),
            "need at least the tier patient-level",
        ),
        (replace(FACTS, project=replace(PROJECT, tier=None)), "tier of road-safety is not among those"),
        (
            replace(FACTS, periods=(Period(NOW - 2 * DAY, NOW - DAY),)),
            "membership of road-safety ended on 1 March",
        ),
        (
            replace(FACTS, periods=(Period(NOW + DAY, NOW + 2 * DAY),)),
            "membership of road-safety begins on 3 March",
        ),
        (replace(FACTS, periods=(Period(NOW + DAY, NOW + 2 * DAY, ended_at=NOW),)), "ended on 2 March"),
    ],
)
def test_each_refusal_says_why(facts: Facts, said: str) -> None:
    assert said in _reason(facts)


def test_an_open_membership_counts_whatever_lies_before_or_after_it() -> None:
    periods = (
        Period(NOW - 9 * DAY, NOW - 8 * DAY),
        Period(NOW - DAY, NOW + DAY),
        Period(NOW + 2 * DAY, NOW + 3 * DAY),
    )
    for order in (periods, periods[::-1]):
        assert _admitted(replace(FACTS, periods=order), NOW)


# The same through the store.


@pytest.fixture
def seated(store: Store) -> Store:
    """Alice is a member of road-safety; secret-study exists without her; bob is nobody's member."""
    person(store, "alice")
    person(store, "bob")
    project(store)
    project(store, "secret-study")
    member(store)
    return store


def _ask(
    store: Store, who: str = "alice", what: str = "road-safety", now: datetime = NOW
) -> Admitted | Refused:
    with store.read() as session:
        return admission(session, person=who, project=what, now=now)


def test_a_member_is_admitted(seated: Store) -> None:
    decision = _ask(seated)
    assert isinstance(decision, Admitted)
    assert decision.terms.ends_at == END
    assert decision.terms.seat_number == 1


@pytest.mark.parametrize(
    "what", ["secret-study", "no-such-project", "../etc", "", "A", "x" * 31, "a\0", "road-safety\n"]
)
def test_projects_of_others_and_those_that_do_not_exist_read_the_same(seated: Store, what: str) -> None:
    assert _ask(seated, what=what) == Refused(NOT_A_MEMBER)


@pytest.mark.parametrize("who", ["nobody", "../etc", "", "Alice", "alice\n", "x" * 33])
def test_unknown_people_read_like_closed_accounts(seated: Store, who: str) -> None:
    assert _ask(seated, who=who) == Refused(NO_ACCOUNT)


@pytest.mark.parametrize(
    ("moment", "admitted"), [(BEGIN, True), (BEGIN - SECOND, False), (END - SECOND, True), (END, False)]
)
def test_the_stores_moments_are_exact(seated: Store, moment: datetime, admitted: bool) -> None:
    assert isinstance(_ask(seated, now=moment), Admitted) == admitted


def test_closing_the_account_the_membership_or_the_project_acts_at_once(seated: Store) -> None:
    person(seated, "carol")
    person(seated, "dora")
    for name in ("carol", "dora"):
        member(seated, name)
    with seated.write() as session:
        disable_person(session, name="carol", reason="left", actor=CONSOLE, now=NOW)
        end_member(session, project="road-safety", person="dora", reason="left", actor=CONSOLE, now=NOW)
    assert _ask(seated, "carol") == Refused(NO_ACCOUNT)
    assert isinstance(_ask(seated, "dora"), Refused)
    assert isinstance(_ask(seated, "alice"), Admitted)
    with seated.write() as session:
        close_project(session, slug="road-safety", reason="done", actor=CONSOLE, now=NOW)
    assert "is closed" in str(_ask(seated, "alice"))


def test_a_member_who_comes_back_finds_the_same_seat(seated: Store) -> None:
    with seated.write() as session:
        end_member(session, project="road-safety", person="alice", reason="leave", actor=CONSOLE, now=NOW)
        add_member(
            session,
            project="road-safety",
            person="alice",
            starts_at=NOW,
            ends_at=END,
            actor=CONSOLE,
            now=NOW,
        )
    decision = _ask(seated)
    assert isinstance(decision, Admitted)
    assert decision.terms.seat_number == 1
    assert member(seated, "bob").seat_number == 2
