"""Every event by everybody in every state: what the table says happens, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from hub.airlock import case
from hub.airlock.permissions import NotAllowed, NotVisible
from hub.airlock.policies import WrongMoment
from hub.airlock.states import TRANSITIONS, Event, State, Who, transition
from hub.governance.people import disable_person
from hub.ledger import EventKind
from hub.store import open_store, prepare_store
from tests.unit.airlock.world import NOW, UNSAFE, World

pytestmark = pytest.mark.slow

PEOPLE = {
    "alice": "the author",
    "bob": "an output checker",
    "dave": "another member of the project",
    "erin": "an output checker who belongs to the project",
    "frank": "somebody without project or role",
    "nobody": "somebody without an account",
}

REACH: dict[State, Callable[[World], int]] = {
    State.TAKEN: lambda w: taken_only(w),
    State.REFUSED: lambda w: refused(w),
    State.BLOCKED: lambda w: w.staged(UNSAFE),
    State.STAGED: lambda w: w.staged(),
    State.SUBMITTED: lambda w: w.submitted(),
    State.APPROVED: lambda w: w.approved(),
    State.REJECTED: lambda w: rejected(w),
    State.WITHDRAWN: lambda w: withdrawn(w),
    State.RELEASED: lambda w: w.released(),
    State.DOWNLOADED: lambda w: downloaded(w),
}

DO: dict[str, tuple[tuple[Event, ...], Callable[[World, int, str], None]]] = {
    "submit": ((Event.SUBMIT,), lambda w, n, p: w.submit(n, p)),
    "withdraw": ((Event.WITHDRAW,), lambda w, n, p: w.withdraw(n, p)),
    "approve": ((Event.APPROVE, Event.APPROVE_LAST), lambda w, n, p: w.approve(n, p)),
    "reject": ((Event.REJECT,), lambda w, n, p: w.reject(n, p)),
    "download": ((Event.DOWNLOAD, Event.DOWNLOAD_LAST), lambda w, n, p: w.download(n, p)),
}

ALLOWED = {
    ("submit", "alice"),
    ("withdraw", "alice"),
    ("approve", "bob"),
    ("reject", "bob"),
    ("download", "alice"),
}


def taken_only(world: World) -> int:
    """Taken and not checked yet: the next pass has not come."""
    world.stage()
    for seat in world.intake._seats():
        world.intake._take_from(seat)
    (number,) = world.numbers()
    return number


def refused(world: World) -> int:
    (world.outbox() / "b-1").mkdir()
    world.run()
    (number,) = world.numbers()
    return number


def rejected(world: World) -> int:
    number = world.submitted()
    world.reject(number, "carol")
    return number


def withdrawn(world: World) -> int:
    number = world.staged()
    world.withdraw(number)
    return number


def downloaded(world: World) -> int:
    number = world.released()
    world.download(number)
    return number


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, checker_python: Path) -> dict[State, tuple[Path, int]]:
    """One installation for each state, to copy from."""
    made = {}
    for state, reach in REACH.items():
        root = tmp_path_factory.mktemp(state)
        store = prepare_store(f"sqlite:///{root / 'hub.sqlite'}")
        world = World(store, root / "state", checker_python)
        world.people()
        number = reach(world)
        assert world.state_of(number) is state
        store.close()
        made[state] = (root, number)
    return made


@pytest.mark.parametrize("action", DO)
@pytest.mark.parametrize("state", State)
def test_only_the_table_and_only_the_right_person(
    state: State, action: str, prepared: dict[State, tuple[Path, int]], tmp_path: Path, checker_python: Path
) -> None:
    root, number = prepared[state]
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    store = open_store(f"sqlite:///{tmp_path / 'copy' / 'hub.sqlite'}")
    world = World(store, tmp_path / "copy" / "state", checker_python)
    events, do = DO[action]
    rows = [t for t in (transition(state, e) for e in events) if t is not None]
    # Those who may, last: until then nothing may have changed.
    for person in sorted(PEOPLE, key=lambda p: (action, p) in ALLOWED):
        allowed = (action, person) in ALLOWED
        if rows and allowed:
            do(world, number, person)
            assert world.state_of(number) in {t.target for t in rows}
            continue
        before = len(world.ledger(EventKind.REVIEW_RECORDED))
        with pytest.raises(PlainError) as refusal:
            do(world, number, person)
        assert allowed or isinstance(refusal.value, NotAllowed), "who is asked before when"
        assert refusal.value.sentence.endswith(".")
        assert world.state_of(number) is state
        assert len(world.ledger(EventKind.REVIEW_RECORDED)) == before
    store.close()


def test_every_state_has_a_meaning_and_can_be_reached() -> None:
    assert all(state.meaning for state in State)
    assert all(event.meaning for event in Event)
    assert {t.target for t in TRANSITIONS} == set(State)
    assert set(REACH) == set(State)


def test_the_final_states_are_these() -> None:
    final = {State.REFUSED, State.BLOCKED, State.REJECTED, State.WITHDRAWN, State.DOWNLOADED}
    assert {s for s in State if s.final} == final


def test_nothing_is_released_or_downloaded_but_by_these_rows() -> None:
    into = {(t.source, t.event, t.who) for t in TRANSITIONS if t.target is State.RELEASED}
    assert into == {
        (State.APPROVED, Event.RELEASE, Who.AIRLOCK),
        (State.RELEASED, Event.DOWNLOAD, Who.AUTHOR),
    }


def test_somebody_elses_request_and_none_at_all_read_the_same(world: World) -> None:
    number = world.staged()
    sentences = []
    for asked in (number, 1, 2**40, -1):
        with pytest.raises(NotVisible) as refusal:
            world.submit(asked, "dave")
        sentences.append(refusal.value.sentence)
    assert len(set(sentences)) == 1


def test_the_author_who_checks_outputs_too_cannot_decide_on_their_own(world: World) -> None:
    number = world.staged(person="erin")
    world.submit(number, "erin")
    with pytest.raises(NotAllowed, match="your own"):
        world.approve(number, "erin")
    with pytest.raises(NotAllowed, match="your own"):
        world.reject(number, "erin")


def test_one_person_does_not_count_twice(world: World) -> None:
    number = world.submitted()
    world.approve(number, "bob")
    with pytest.raises(WrongMoment, match="already"):
        world.approve(number, "bob")
    assert world.state_of(number) is State.SUBMITTED


@pytest.mark.parametrize("comment", [None, "", "  \n "])
def test_a_rejection_needs_a_comment(world: World, comment: str | None) -> None:
    number = world.submitted()
    with pytest.raises(PlainError, match="say why"):
        world.reject(number, "bob", comment)
    assert world.state_of(number) is State.SUBMITTED


@pytest.mark.parametrize(("length", "fits"), [(3999, True), (4000, True), (4001, False)])
def test_the_length_of_a_comment_at_its_limit(world: World, length: int, fits: bool) -> None:
    number = world.submitted()
    if fits:
        world.reject(number, "bob", "x" * length)
        assert world.state_of(number) is State.REJECTED
    else:
        with pytest.raises(PlainError, match="longer"):
            world.reject(number, "bob", "x" * length)


def test_a_comment_reaches_the_room_when_it_is_decided_and_names_nobody(world: World) -> None:
    number = world.submitted()
    world.approve(number, "bob", comment="Rounded well.")
    world.run()
    assert world.reply(number).comments == []
    world.reject(number, "carol", "Row 3 is about one person.")
    world.run()
    said = world.reply(number).comments
    assert [c.text for c in said] == ["Rounded well.", "Row 3 is about one person."]
    assert {c.who for c in said} == {"An output checker"}


def test_an_output_checker_whose_account_is_closed_decides_nothing(world: World) -> None:
    number = world.submitted()
    with world.store.write() as session:
        disable_person(session, name="bob", reason="left", actor="console:test", now=NOW)
    with pytest.raises(NotAllowed, match="switched off"):
        world.approve(number, "bob")


def test_an_author_whose_membership_ended_can_neither_submit_nor_download(world: World) -> None:
    waiting, ready = world.staged(), world.released()
    world.clock.forward(days=31)
    for act in (lambda: world.submit(waiting), lambda: world.download(ready)):
        with pytest.raises(NotAllowed, match="membership of heart ended"):
            act()
    world.withdraw(waiting)
    assert world.state_of(waiting) is State.WITHDRAWN


def test_every_change_is_in_the_ledger_with_the_request(world: World) -> None:
    number = world.released()
    world.download(number)
    kinds = [
        EventKind.BUNDLE_TAKEN,
        EventKind.BUNDLE_CHECKED,
        EventKind.REQUEST_SUBMITTED,
        EventKind.REQUEST_APPROVED,
        EventKind.OUTPUT_RELEASED,
        EventKind.OUTPUT_DOWNLOADED,
    ]
    assert [len(world.ledger(k)) for k in kinds] == [1] * len(kinds)
    assert [e.actor for e in world.ledger(EventKind.REVIEW_RECORDED)] == ["bob", "carol"]


def test_a_failed_ledger_entry_undoes_the_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.staged()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(case, "append", full)
    with pytest.raises(OSError, match="No space"):
        world.submit(number)
    assert world.state_of(number) is State.STAGED
