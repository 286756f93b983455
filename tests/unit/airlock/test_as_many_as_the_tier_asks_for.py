"""How many output checkers have to approve is the tier's word, and which policy checks is too."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import update

from hub.airlock import policies, release
from hub.airlock.policies import Moment, WrongMoment
from hub.airlock.states import Event, State
from hub.governance.people import add_person, grant_role
from hub.ledger import EventKind
from hub.store.models import Project
from tests.unit.airlock.world import CONSOLE, NOW, World

PEOPLE = ("bob", "carol", "dan", "erin")


def _moment(state: State, needed: int, approvals: int) -> Moment:
    return Moment(state, "clear", needed, frozenset(PEOPLE[:approvals]))


@pytest.mark.parametrize("needed", [1, 2, 3])
@pytest.mark.parametrize(("step", "enough"), [(-1, False), (0, True), (1, True)])
def test_so_many_approvals_and_not_one_less_release(needed: int, step: int, enough: bool) -> None:
    moment = _moment(State.APPROVED, needed, needed + step)
    assert policies.too_few(moment, "alice") is not enough
    if enough:
        policies.check_release(moment, "alice")
    else:
        with pytest.raises(WrongMoment, match="as many output checkers"):
            policies.check_release(moment, "alice")


@pytest.mark.parametrize("needed", [1, 2, 3])
@pytest.mark.parametrize(("step", "event"), [(-1, Event.APPROVE), (0, Event.APPROVE_LAST)])
def test_the_last_approval_is_the_one_that_makes_the_number_full(
    needed: int, step: int, event: Event
) -> None:
    before = needed + step - 1
    if before >= 0:
        assert policies.approval_event(_moment(State.SUBMITTED, needed, before), "erin") is event


def test_the_author_does_not_count() -> None:
    moment = Moment(State.APPROVED, "clear", 2, frozenset({"alice", "bob"}))
    assert policies.too_few(moment, "alice")


def _dan_checks_outputs(world: World) -> None:
    with world.store.write() as session:
        add_person(session, name="dan", full_name="Dan", password_hash=None, actor=CONSOLE, now=NOW)
        grant_role(session, name="dan", role="output_checker", actor=CONSOLE, now=NOW)


@pytest.mark.slow
def test_where_the_tier_asks_for_three_two_do_not_release(
    world: World, tier_says: Callable[..., None]
) -> None:
    tier_says(reviewers=3)
    _dan_checks_outputs(world)
    number = world.approved()
    assert world.state_of(number) is State.SUBMITTED
    world.approve(number, "dan")
    (entry,) = world.ledger(EventKind.REQUEST_APPROVED)
    assert json.loads(entry.payload) == {"request": number, "tier": "synthetic", "approvals": 3}
    world.run()
    assert world.state_of(number) is State.RELEASED


@pytest.mark.slow
def test_where_the_tier_asks_for_more_after_the_approvals_all_decide_again(
    world: World, tier_says: Callable[..., None]
) -> None:
    tier_says(reviewers=2)
    _dan_checks_outputs(world)
    number = world.approved()
    tier_says(reviewers=3)
    assert release.release(world.airlock, number) is State.SUBMITTED
    (entry,) = world.ledger(EventKind.REVIEWS_VOIDED)
    assert (
        json.loads(entry.payload)["reason"] == "Fewer approvals count now than the project's tier asks for."
    )
    assert world.ledger(EventKind.OUTPUT_RELEASED) == []
    for name in ("bob", "carol", "dan"):
        assert world.state_of(number) is State.SUBMITTED
        world.approve(number, name)
    world.run()
    assert world.state_of(number) is State.RELEASED


@pytest.mark.slow
def test_outputs_are_checked_by_the_tiers_policy_where_the_project_names_one_that_is_too_weak(
    world: World, tier_says: Callable[..., None]
) -> None:
    tier_says()
    number = world.staged()
    assert release.to_check(world.airlock, number).policy == "sacro"
    with world.store.write() as session:
        session.execute(update(Project).values(policy="opensafely"))
    assert release.to_check(world.airlock, number).policy == "opensafely"  # named, and accepted
    tier_says(disclosure=["sacro"])
    assert release.to_check(world.airlock, number).policy == "sacro"
