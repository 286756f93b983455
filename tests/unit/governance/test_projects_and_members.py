"""Projects and members: numbers that are never given again, times that fit, and who may change them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.governance.errors import NotAllowed, NotFound, NotNow, WrongValue
from hub.governance.members import add_member, end_member, list_members, memberships_of
from hub.governance.people import disable_person
from hub.governance.projects import (
    close_project,
    create_project,
    extend_project,
    get_project,
    list_projects,
)
from hub.governance.tiers import load_tiers
from hub.store import Store
from hub.store.models import LedgerEntry
from tests.unit.builders import BEGIN, CONSOLE, DAY, END, NOW, SECOND, member, person, project


def _create(store: Store, **changes: Any) -> None:
    values: dict[str, Any] = {
        "slug": "road-safety",
        "title": "Road safety",
        "tier": "low",
        "policy_name": "sacro",
        "starts_at": BEGIN,
        "ends_at": END,
        "actor": CONSOLE,
        "now": NOW,
    } | changes
    with store.write() as session:
        create_project(session, **values)


def _entries(store: Store) -> int:
    with store.read() as session:
        return len(list(session.scalars(select(LedgerEntry.seq))))


def test_projects_are_numbered_from_one_without_reuse(store: Store) -> None:
    assert [project(store, slug).number for slug in ("a", "b")] == [1, 2]
    with store.write() as session:
        close_project(session, slug="b", reason="done", actor=CONSOLE, now=NOW)
    assert project(store, "c").number == 3
    with store.read() as session:
        assert [each.slug for each in list_projects(session)] == ["a", "b", "c"]
        assert get_project(session, "b").closed_at == NOW


@pytest.mark.parametrize("tier", [tier.name for tier in load_tiers().ordered])
def test_a_project_has_one_of_the_installations_tiers(store: Store, tier: str) -> None:
    _create(store, tier=tier)
    with store.read() as session:
        assert get_project(session, "road-safety").tier == tier


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"tier": "secret"}, WrongValue),
        ({"title": ""}, WrongValue),
        ({"title": "a\nb"}, WrongValue),
        ({"policy_name": "../sacro"}, WrongValue),
        ({"policy_name": "Sacro"}, WrongValue),
        ({"policy_name": "no-such-policy"}, WrongValue),
        ({"policy_name": "opensafely", "tier": "patient-level"}, WrongValue),
        ({"starts_at": NOW + DAY, "ends_at": NOW + DAY}, WrongValue),
        ({"starts_at": NOW + DAY, "ends_at": NOW + DAY - SECOND}, WrongValue),
        ({"ends_at": NOW}, NotNow),
        ({"ends_at": NOW - SECOND}, NotNow),
        ({"actor": "mallory"}, NotAllowed),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    store: Store, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _create(store, **changes)
    assert _entries(store) == 0
    with store.read() as session:
        assert list_projects(session) == []


def test_a_project_without_a_policy_of_its_own_has_its_tiers(store: Store) -> None:
    _create(store, policy_name=None)
    with store.read() as session:
        assert get_project(session, "road-safety").policy == load_tiers().find("low").disclosure[0]


def test_a_project_may_end_a_second_from_now(store: Store) -> None:
    _create(store, ends_at=NOW + SECOND)


def test_a_projects_name_is_never_given_twice(store: Store) -> None:
    _create(store)
    with pytest.raises(NotNow, match="never given twice"):
        _create(store)


def test_a_project_is_closed_once(store: Store) -> None:
    _create(store)
    with store.write() as session:
        close_project(session, slug="road-safety", reason="done", actor=CONSOLE, now=NOW)
    with pytest.raises(NotNow, match="closed already"), store.write() as session:
        close_project(session, slug="road-safety", reason="done", actor=CONSOLE, now=NOW)


def test_each_seat_has_a_number_of_its_own(store: Store) -> None:
    for name in ("alice", "bob"):
        person(store, name)
    for slug in ("one", "two"):
        project(store, slug)
    numbers = [member(store, name, slug).seat_number for name in ("alice", "bob") for slug in ("one", "two")]
    assert numbers == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "error"),
    [
        (NOW, END + SECOND, WrongValue),
        (NOW, NOW, WrongValue),
        (NOW - 2 * DAY, NOW, NotNow),
        (NOW - 2 * DAY, NOW - SECOND, NotNow),
    ],
)
def test_a_membership_lies_ahead_and_inside_its_project(
    store: Store, starts_at: datetime, ends_at: datetime, error: type[Exception]
) -> None:
    person(store)
    project(store)
    with pytest.raises(error):
        member(store, starts_at=starts_at, ends_at=ends_at, now=NOW)
    with store.read() as session:
        assert list_members(session, "road-safety") == []


@pytest.mark.parametrize(("gap", "fits"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_memberships_of_one_seat_do_not_overlap(store: Store, gap: timedelta, fits: bool) -> None:
    person(store)
    project(store)
    member(store, ends_at=NOW + DAY, now=NOW)
    if fits:
        member(store, starts_at=NOW + DAY + gap, ends_at=END, now=NOW)
    else:
        with pytest.raises(NotNow, match="already"):
            member(store, starts_at=NOW + DAY + gap, ends_at=END, now=NOW)


def test_ending_a_membership_ends_those_ahead_too(store: Store) -> None:
    person(store)
    project(store)
    member(store, ends_at=NOW + DAY, now=NOW)
    member(store, starts_at=NOW + 2 * DAY, now=NOW)
    with store.write() as session:
        end_member(session, project="road-safety", person="alice", reason="left", actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert [each.until for each in memberships_of(session, "alice")] == [NOW, NOW]
    with pytest.raises(NotNow, match="not a member"), store.write() as session:
        end_member(session, project="road-safety", person="alice", reason="left", actor=CONSOLE, now=NOW)


def test_closed_accounts_and_closed_or_past_projects_get_no_members(store: Store) -> None:
    for name in ("alice", "bob"):
        person(store, name)
    project(store, "over", ends_at=NOW)
    project(store, "closed")
    project(store, "open")
    with store.write() as session:
        disable_person(session, name="bob", reason="left", actor=CONSOLE, now=NOW)
        close_project(session, slug="closed", reason="done", actor=CONSOLE, now=NOW)
    for name, slug in [("bob", "open"), ("alice", "closed"), ("alice", "over")]:
        with pytest.raises(NotNow):
            member(store, name, slug, starts_at=NOW - SECOND, ends_at=NOW + SECOND, now=NOW)


def test_data_managers_add_others_but_not_themselves(store: Store) -> None:
    person(store, "dm", "data_manager")
    person(store, "alice")
    project(store)
    with store.write() as session:
        times = {"starts_at": BEGIN, "ends_at": END, "now": NOW}
        add_member(session, project="road-safety", person="alice", actor="dm", **times)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed, match="own membership"):
            add_member(session, project="road-safety", person="dm", actor="dm", **times)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            add_member(session, project="road-safety", person="dm", actor="alice", **times)  # type: ignore[arg-type]


def test_unknown_projects_and_people_are_said(store: Store) -> None:
    person(store)
    project(store)
    with pytest.raises(NotFound, match="no person"):
        member(store, "bob")
    with pytest.raises(NotFound, match="no project"):
        member(store, "alice", "nowhere")


def test_a_project_that_ended_can_be_extended_and_opens_again(store: Store) -> None:
    project(store, "road-safety")
    after = END + DAY
    with store.write() as session:
        extend_project(session, slug="road-safety", ends_at=after + DAY, actor=CONSOLE, now=after)
    with store.read() as session:
        assert get_project(session, "road-safety").ends_at == after + DAY


@pytest.mark.parametrize(
    ("ends_at", "now", "error"),
    [
        (END, NOW, WrongValue),
        (END - SECOND, NOW, WrongValue),
        (END + SECOND, END + SECOND, NotNow),
        (END + SECOND, END + 2 * SECOND, NotNow),
    ],
)
def test_a_new_end_is_later_than_the_old_one_and_lies_ahead(
    store: Store, ends_at: datetime, now: datetime, error: type[Exception]
) -> None:
    project(store, "road-safety")
    before = _entries(store)
    with pytest.raises(error), store.write() as session:
        extend_project(session, slug="road-safety", ends_at=ends_at, actor=CONSOLE, now=now)
    assert _entries(store) == before


def test_a_closed_project_stays_closed(store: Store) -> None:
    project(store, "road-safety")
    with store.write() as session:
        close_project(session, slug="road-safety", reason="done", actor=CONSOLE, now=NOW)
    with pytest.raises(NotNow), store.write() as session:
        extend_project(session, slug="road-safety", ends_at=END + DAY, actor=CONSOLE, now=NOW)


def test_a_researcher_cannot_extend_a_project(store: Store) -> None:
    project(store, "road-safety")
    person(store, "alice")
    with pytest.raises(NotAllowed), store.write() as session:
        extend_project(session, slug="road-safety", ends_at=END + DAY, actor="alice", now=NOW)
