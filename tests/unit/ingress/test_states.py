"""The table of states: every event by everybody in every state, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from output_checker.errors import PlainError

from hub.airlock.ingress.states import TRANSITIONS, Event, State, Who, transition
from hub.ledger import EventKind
from tests.unit.ingress.world import CODE, WHEEL, IngressWorld, wheel

pytestmark = pytest.mark.slow


def _refused(world: IngressWorld) -> int:
    number = world.upload(b"{", name="x.ipynb")
    world.run()
    return number


def _ended(world: IngressWorld, end: Callable[[int], None]) -> int:
    number = world.waiting()
    end(number)
    return number


def _expired(world: IngressWorld) -> int:
    number = world.waiting()
    world.clock.forward(days=30)
    world.run()
    world.clock.forward(days=-30)
    return number


REACH: dict[State, Callable[[IngressWorld], int]] = {
    State.RECEIVED: lambda world: world.upload(),
    State.REFUSED: _refused,
    State.WAITING: lambda world: world.waiting(wheel(), WHEEL),
    State.APPROVED: lambda world: world.approved(),
    State.REJECTED: lambda world: _ended(world, lambda n: world.reject(n, "bob")),
    State.WITHDRAWN: lambda world: _ended(world, world.withdraw),
    State.EXPIRED: _expired,
    State.PLACED: lambda world: world.placed(),
}
ACTS: dict[Event, Callable[[IngressWorld, int, str], None]] = {
    Event.WITHDRAW: lambda world, number, who: world.withdraw(number, who),
    Event.APPROVE: lambda world, number, who: world.approve(number, who),
    Event.REJECT: lambda world, number, who: world.reject(number, who),
}
MAY = {Who.AUTHOR: {"alice"}, Who.APPROVER: {"bob", "frank"}}


@pytest.mark.parametrize("state", State)
def test_every_act_by_everybody(coming_in: IngressWorld, state: State) -> None:
    """Who is not named by the table changes nothing, and neither does anybody in another state."""
    number = REACH[state](coming_in)
    assert coming_in.state_of(number) is state
    before = len(coming_in.ledger(EventKind.INGRESS_REVIEWED))
    for event, act in ACTS.items():
        row = transition(state, event)
        for person in ("alice", "bob", "dave", "erin", "frank"):
            if row is not None and person in MAY[row.who]:
                continue
            with pytest.raises(PlainError):
                act(coming_in, number, person)
            assert coming_in.state_of(number) is state
    assert len(coming_in.ledger(EventKind.INGRESS_REVIEWED)) == before


@pytest.mark.parametrize(
    "row", [t for t in TRANSITIONS if t.event in ACTS], ids=lambda t: f"{t.source} {t.event}"
)
def test_every_row_that_people_cause(coming_in: IngressWorld, row: object) -> None:
    source, event, target, who = row.source, row.event, row.target, row.who  # type: ignore[attr-defined]
    number = REACH[source](coming_in)
    ACTS[event](coming_in, number, "alice" if who is Who.AUTHOR else "bob")
    assert coming_in.state_of(number) is target


def test_every_state_has_a_meaning_and_can_be_reached() -> None:
    assert all(state.meaning for state in State)
    assert all(event.meaning for event in Event)
    assert {t.target for t in TRANSITIONS} == set(State) == set(REACH)
    final = {State.REFUSED, State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.PLACED}
    assert {s for s in State if s.final} == final


def test_nothing_is_placed_but_by_this_row() -> None:
    into = [t for t in TRANSITIONS if t.target is State.PLACED]
    assert [(t.source, t.event, t.who) for t in into] == [(State.APPROVED, Event.PLACE, Who.AIRLOCK)]


def test_somebody_elses_request_and_none_at_all_read_the_same(coming_in: IngressWorld) -> None:
    number = coming_in.upload(CODE)
    sentences = set()
    for asked in (number, 1, 2**40, -1):
        with pytest.raises(PlainError) as refusal:
            coming_in.withdraw(asked, "dave")
        sentences.add(refusal.value.sentence)
    assert len(sentences) == 1
