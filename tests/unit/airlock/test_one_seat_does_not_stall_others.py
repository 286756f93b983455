"""A seat that stages without end makes only itself wait, and fills no disk."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from hub.airlock import outbox, release
from hub.airlock.held import RETENTION
from hub.airlock.outbox import Limits
from hub.airlock.states import State
from tests.unit.airlock.world import SAFE, UNSAFE, World

pytestmark = pytest.mark.slow


def stage_many(world: World, count: int, person: str = "alice") -> None:
    """Stage bundles under names that sort before those that %stage gives."""
    for index in range(count):
        made = world.stage(SAFE, person=person)
        (world.outbox(person) / made).rename(world.outbox(person) / f"0-{index}")


def test_each_pass_checks_one_request_of_each_seat(world: World) -> None:
    stage_many(world, 5)
    world.stage(person="dave")
    world.intake.once()
    (dave,) = world.numbers("dave")
    assert world.state_of(dave) is State.STAGED
    states = [world.state_of(n) for n in world.numbers("alice")]
    assert sorted(states) == [State.STAGED, State.TAKEN, State.TAKEN], "and no more than three are taken"
    world.intake.once()
    states = [world.state_of(n) for n in world.numbers("alice")]
    assert sorted(states) == [State.STAGED, State.STAGED, State.TAKEN, State.TAKEN]
    world.run()
    assert [world.state_of(n) for n in world.numbers("alice")] == [State.STAGED] * 5


def test_what_was_approved_is_released_before_anything_is_checked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved = world.approved()
    stage_many(world, 3, "dave")
    seen: list[State] = []
    real = release.check_request

    def look(airlock: release.Airlock, number: int) -> State:
        seen.append(world.state_of(approved))
        return real(airlock, number)

    monkeypatch.setattr(release, "check_request", look)
    world.intake.once()
    assert seen == [State.RELEASED]


def test_what_is_approved_during_a_check_does_not_wait_for_the_next_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.submitted()
    world.stage(person="dave")
    world.stage(person="erin")
    seen: list[State] = []
    real = release.check_request

    def look(airlock: release.Airlock, other: int) -> State:
        seen.append(world.state_of(number))
        if len(seen) == 1:
            world.approve(number, "bob")
            world.approve(number, "carol")
        return real(airlock, other)

    monkeypatch.setattr(release, "check_request", look)
    world.intake.once()
    assert seen == [State.SUBMITTED, State.RELEASED]


def test_the_same_bundle_made_again_and_again_is_copied_no_more_than_the_hour_allows(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.intake.limits = Limits(bundles_an_hour=3)
    kept = tmp_path / "kept"
    shutil.copytree(world.outbox() / world.stage(), kept)
    shutil.rmtree(world.outbox())
    world.outbox().mkdir()
    copies: list[str] = []
    real = outbox.copy_bundle

    def count(box: int, name: str, target: Path, limits: Limits) -> outbox.CopiedBundle:
        copies.append(name)
        return real(box, name, target, limits)

    monkeypatch.setattr(outbox, "copy_bundle", count)
    for _ in range(6):
        if not (world.outbox() / "again").exists():
            shutil.copytree(kept, world.outbox() / "again")
        world.intake.once()
    assert len(copies) == 3
    assert len(world.numbers()) == 1
    world.clock.forward(minutes=61)
    world.intake.once()
    assert len(copies) == 4


@pytest.mark.parametrize("short", [-1, 0, 1])
def test_a_seat_holds_only_so_many_bytes_until_something_is_decided(world: World, short: int) -> None:
    size = len(SAFE)
    world.intake.limits = Limits(bundle_bytes=size, held_bytes=2 * size - short)
    first = world.staged()
    world.stage()
    world.run()
    assert len(world.numbers()) == (1 if short > 0 else 2)
    if short <= 0:
        return
    # Another seat is not concerned; a request that has left makes room.
    world.staged(person="dave")
    world.submit(first)
    world.approve(first, "bob")
    world.approve(first, "carol")
    world.run()
    world.clock.forward(seconds=31)
    world.run()
    assert len(world.numbers("alice")) == 2


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_copies_that_can_never_leave_are_removed_after_a_week_and_others_stay(
    world: World, second: int
) -> None:
    blocked, withdrawn, rejected = world.staged(UNSAFE), world.staged(), world.submitted()
    world.withdraw(withdrawn)
    world.reject(rejected, "bob")
    staged, submitted, released = world.staged(), world.submitted(), world.released()
    spoiled = world.approved()
    world.quarantine.path(spoiled, 0).unlink()
    world.quarantine.path(spoiled, 0).write_text("other")
    world.run()
    assert world.state_of(spoiled) is State.REFUSED
    gone = {blocked, withdrawn, rejected, spoiled}
    stay = {staged, submitted, released}
    world.clock.forward(seconds=RETENTION.total_seconds() + second)
    world.run()
    left = {int(p.name) for p in world.quarantine.copies.iterdir()}
    assert left == (stay | gone if second < 0 else stay)
    # The record stays, and so do its hashes.
    assert set(world.numbers()) == gone | stay
    assert world.state_of(blocked) is State.BLOCKED


def test_a_week_old_blocked_request_makes_room(world: World) -> None:
    size = len(SAFE)
    world.intake.limits = Limits(bundle_bytes=size, held_bytes=size)
    world.staged(UNSAFE[: len(SAFE)])
    world.stage()
    world.run()
    assert len(world.numbers()) == 1
    world.clock.now += RETENTION - timedelta(seconds=1)
    world.run()
    assert len(world.numbers()) == 1
    world.clock.forward(seconds=31)
    world.run()
    assert len(world.numbers()) == 2
