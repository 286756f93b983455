"""Two people do the same thing at the same moment: exactly one effect, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from output_checker.errors import PlainError

from hub.airlock import release
from hub.airlock.business import AlreadyDownloaded
from hub.airlock.locks import Busy, release_lock
from hub.airlock.policies import WrongMoment
from hub.airlock.states import State
from hub.ledger import EventKind, verify
from tests.unit.airlock.world import World

pytestmark = pytest.mark.slow


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all works at the same moment, each in a thread; their results or what they raised."""
    start = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = works[index]()
        except PlainError as fault:
            results[index] = fault

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def intact(world: World) -> bool:
    """Whether the ledger is unbroken."""
    with world.store.read() as session:
        return verify(session, []).intact


def test_two_output_checkers_approve_at_once_and_both_count(both_worlds: World) -> None:
    world = both_worlds
    number = world.submitted()
    seen = world.binding(number)
    at_once(lambda: world.approve(number, "bob", seen), lambda: world.approve(number, "carol", seen))
    assert world.state_of(number) is State.APPROVED
    assert len(world.ledger(EventKind.REQUEST_APPROVED)) == 1
    assert sorted(e.actor for e in world.ledger(EventKind.REVIEW_RECORDED)) == ["bob", "carol"]
    assert intact(world)


def test_one_output_checker_approves_in_two_windows_and_counts_once(both_worlds: World) -> None:
    world = both_worlds
    number = world.submitted()
    seen = world.binding(number)
    results = at_once(*[lambda: world.approve(number, "bob", seen)] * 4)
    assert sum(isinstance(r, WrongMoment) for r in results) == 3
    assert world.state_of(number) is State.SUBMITTED


def test_a_request_is_submitted_once(both_worlds: World) -> None:
    world = both_worlds
    number = world.staged()
    results = at_once(*[lambda: world.submit(number)] * 4)
    assert sum(isinstance(r, WrongMoment) for r in results) == 3
    assert len(world.ledger(EventKind.REQUEST_SUBMITTED)) == 1


def test_a_request_is_released_once(both_worlds: World) -> None:
    world = both_worlds
    number = world.approved()
    results = at_once(*[lambda: release.release(world.new_airlock(), number)] * 3)
    assert results.count(State.RELEASED) == 1
    assert sum(isinstance(r, Busy | WrongMoment) for r in results) == 2
    assert len(world.ledger(EventKind.OUTPUT_RELEASED)) == 1
    assert intact(world)


def test_a_file_is_downloaded_once(both_worlds: World) -> None:
    world = both_worlds
    number = world.released()
    results = at_once(*[lambda: world.download(number)] * 4)
    assert sum(isinstance(r, AlreadyDownloaded) for r in results) == 3
    assert len(world.ledger(EventKind.OUTPUT_DOWNLOADED)) == 1


def test_approving_and_withdrawing_at_once_ends_in_one_of_the_two(both_worlds: World) -> None:
    world = both_worlds
    number = world.submitted()
    world.approve(number, "bob")
    seen = world.binding(number)
    at_once(lambda: world.approve(number, "carol", seen), lambda: world.withdraw(number))
    world.run()
    assert world.state_of(number) in {State.WITHDRAWN, State.RELEASED}
    released = len(world.ledger(EventKind.OUTPUT_RELEASED))
    assert released == (1 if world.state_of(number) is State.RELEASED else 0)


def test_a_request_withdrawn_during_its_release_stays_in(
    both_worlds: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = both_worlds
    number = world.approved()
    real = release._look_again

    def withdraw_meanwhile(*given: object) -> object:
        outcome = real(*given)  # type: ignore[arg-type]
        world.withdraw(number)
        return outcome

    monkeypatch.setattr(release, "_look_again", withdraw_meanwhile)
    with pytest.raises(WrongMoment):
        release.release(world.airlock, number)
    assert world.state_of(number) is State.WITHDRAWN
    assert world.ledger(EventKind.OUTPUT_RELEASED) == []


def test_the_lock_excludes_others_ends_by_itself_and_is_noticed_when_lost(both_worlds: World) -> None:
    world = both_worlds
    store, clock = world.store, world.clock
    with release_lock(store, ["project:heart"], seconds=60, clock=clock) as mine:
        clock.forward(seconds=59)
        with pytest.raises(Busy), release_lock(store, ["project:heart"], seconds=60, clock=clock):
            pass
        with release_lock(store, ["project:lungs"], seconds=60, clock=clock):
            pass
        clock.forward(seconds=1)
        with (
            release_lock(store, ["project:heart"], seconds=60, clock=clock) as theirs,
            store.read() as session,
        ):
            theirs.check_held(session, clock())
            with pytest.raises(Busy):
                mine.check_held(session, clock())
    with release_lock(store, ["project:heart"], seconds=60, clock=clock):
        pass


def test_a_release_that_lost_its_lock_releases_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.approved()
    real = release._look_again

    def slowly(*given: object) -> object:
        world.clock.forward(hours=1)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(release, "_look_again", slowly)
    with pytest.raises(Busy, match="lost its lock"):
        release.release(world.airlock, number)
    assert world.state_of(number) is State.APPROVED
