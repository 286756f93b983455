"""A decision is about exactly these bytes, this policy and this checker. Anything else is decided again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from hub.airlock import release
from hub.airlock.business import LookAgain
from hub.airlock.policies import WrongMoment
from hub.airlock.states import State
from hub.ledger import EventKind
from hub.store.models import AirlockFile, AirlockRequest
from tests.unit.airlock.world import World

pytestmark = pytest.mark.slow


def tighten(package: Path, threshold: int) -> None:
    """Change the policy's number."""
    (package / "policies" / "sacro.yaml").write_text(f"threshold: {threshold}")


def voided(world: World) -> list[str]:
    """Why decisions were made void, each time."""
    return [json.loads(e.payload)["reason"] for e in world.ledger(EventKind.REVIEWS_VOIDED)]


def test_a_policy_changed_after_approval_sends_the_request_back(changeable: World, package: Path) -> None:
    world = changeable
    number = world.approved()
    tighten(package, 11)
    assert release.release(world.airlock, number) is State.SUBMITTED
    assert voided(world) == ["The disclosure policy changed."]
    assert world.ledger(EventKind.OUTPUT_RELEASED) == []
    world.approve(number, "bob")
    world.approve(number, "carol")
    world.run()
    assert world.state_of(number) is State.RELEASED


def test_a_policy_changed_after_approval_so_that_it_blocks_blocks(changeable: World, package: Path) -> None:
    world = changeable
    number = world.approved()
    tighten(package, 50)
    assert release.release(world.airlock, number) is State.BLOCKED
    world.run()
    assert world.state_of(number) is State.BLOCKED
    assert "35 is below 50" in world.reply(number).files[0].findings[0].message
    with pytest.raises(WrongMoment):
        world.approve(number, "bob")


def test_a_policy_changed_between_two_approvals_makes_the_first_void(
    changeable: World, package: Path
) -> None:
    world = changeable
    number = world.submitted()
    world.approve(number, "bob")
    tighten(package, 11)
    world.run()
    assert voided(world) == ["The disclosure policy changed."]
    world.approve(number, "carol")
    assert world.state_of(number) is State.SUBMITTED
    world.approve(number, "bob")
    assert world.state_of(number) is State.APPROVED


def test_a_checker_changed_after_approval_sends_the_request_back(changeable: World, package: Path) -> None:
    world = changeable
    number = world.approved()
    with (package / "cli.py").open("a") as program:
        program.write("# another version\n")
    assert release.release(world.airlock, number) is State.SUBMITTED
    assert voided(world) == ["The output checker changed."]


def test_a_change_of_an_unrelated_policy_changes_nothing(changeable: World, package: Path) -> None:
    number = changeable.approved()
    (package / "policies" / "other.yaml").write_text("threshold: 99")
    assert release.release(changeable.airlock, number) is State.RELEASED


def test_a_decision_on_an_older_page_is_asked_again(changeable: World, package: Path) -> None:
    world = changeable
    number = world.submitted()
    seen = world.binding(number)
    tighten(package, 11)
    world.run()
    with pytest.raises(LookAgain, match="look at it again"):
        world.approve(number, "bob", seen)
    with pytest.raises(LookAgain):
        world.approve(number, "bob", "")


@pytest.mark.parametrize("damage", ["one byte", "cut", "gone", "a link"])
@pytest.mark.parametrize("state", [State.TAKEN, State.SUBMITTED, State.APPROVED])
def test_a_copy_that_changed_in_quarantine_never_leaves(
    world: World, damage: str, state: State, tmp_path: Path
) -> None:
    if state is State.TAKEN:
        world.stage()
        world.intake._take_from(world.intake._seats()[0])
        (number,) = world.numbers()
    else:
        number = world.approved()
    copy = world.quarantine.path(number, 0)
    content = copy.read_bytes()
    copy.unlink()
    if damage == "one byte":
        copy.write_bytes(content[:-1] + b"\t")
    elif damage == "cut":
        copy.write_bytes(content[:-1])
    elif damage == "a link":
        (tmp_path / "same").write_bytes(content)
        copy.symlink_to(tmp_path / "same")
    world.run()
    assert world.state_of(number) is State.REFUSED
    assert world.ledger(EventKind.OUTPUT_RELEASED) == []
    assert "airlock's copy" in world.reply(number).sentence


def test_a_hash_cannot_be_changed_in_the_database(both_worlds: World) -> None:
    number = both_worlds.staged()
    with pytest.raises(DBAPIError, match="kept"), both_worlds.store.write() as session:
        session.execute(update(AirlockFile).values(sha256="0" * 64))
    with pytest.raises(DBAPIError), both_worlds.store.write() as session:
        session.execute(delete(AirlockFile).where(AirlockFile.request_number == number))


def test_the_database_refuses_a_request_that_waits_without_a_check(both_worlds: World) -> None:
    number = both_worlds.staged("a,b\nx,1\n")
    assert both_worlds.state_of(number) is State.BLOCKED
    with pytest.raises(DBAPIError, match="checked_first"), both_worlds.store.write() as session:
        session.execute(update(AirlockRequest).values(state="approved"))


def test_approvals_of_another_binding_do_not_count(world: World) -> None:
    number = world.approved()
    with world.store.write() as session:
        session.execute(update(AirlockRequest).values(binding="f" * 64))
    assert release.release(world.airlock, number) is State.SUBMITTED
    assert voided(world) == ["Fewer approvals count now than the project's tier asks for."]
    assert world.ledger(EventKind.OUTPUT_RELEASED) == []
