"""From an upload to the inbox, with what was uploaded looked into in real isolation."""

from __future__ import annotations

import json
import os
import stat

import pytest
from output_checker.errors import PlainError

from hub.airlock.business import LookAgain
from hub.airlock.ingress.states import State
from hub.airlock.permissions import NotAllowed, NotVisible
from hub.airlock.policies import CommentNeeded, WrongMoment
from hub.governance.people import disable_person
from hub.ledger import EventKind, verify
from tests.unit.airlock.world import CONSOLE, NOW
from tests.unit.ingress.world import CODE, WHEEL, IngressWorld, wheel

pytestmark = pytest.mark.slow


def test_code_that_one_person_approved_lies_in_the_inbox_read_only(coming_in_both: IngressWorld) -> None:
    world = coming_in_both
    number = world.waiting()
    world.approve(number, "frank", comment="Fine.")
    world.run()
    assert world.inbox() == {f"2026-03-01-{number}/means.py": CODE}
    file = world.in_the_inbox(number)
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o755
    assert (file.stat().st_uid, file.parent.stat().st_uid) == (os.geteuid(), os.geteuid())
    assert world.inbox("dave") == {}, "the inbox belongs to the seat"
    kinds = [EventKind.INGRESS_RECEIVED, EventKind.INGRESS_EXAMINED, EventKind.INGRESS_REVIEWED]
    kinds += [EventKind.INGRESS_APPROVED, EventKind.INGRESS_PLACED]
    assert [len(world.ledger(kind)) for kind in kinds] == [1] * len(kinds)
    (received,), (placed,) = world.ledger(kinds[0]), world.ledger(kinds[-1])
    assert json.loads(placed.payload)["sha256"] == json.loads(received.payload)["sha256"]
    with world.world.store.read() as session:
        assert verify(session, []).intact


def test_a_wheel_needs_two_people(coming_in: IngressWorld) -> None:
    number = coming_in.waiting(wheel(), WHEEL)
    coming_in.approve(number, "bob")
    coming_in.run()
    assert coming_in.state_of(number) is State.WAITING
    with pytest.raises(WrongMoment, match="somebody else"):
        coming_in.approve(number, "bob")
    coming_in.approve(number, "frank")
    coming_in.run()
    assert coming_in.in_the_inbox(number).read_bytes() == wheel()


@pytest.mark.parametrize("person", ["alice", "dave", "erin", "stranger"])
def test_neither_the_author_nor_the_project_decides(coming_in: IngressWorld, person: str) -> None:
    number = coming_in.waiting()
    for decide in (coming_in.approve, coming_in.reject):
        with pytest.raises(NotAllowed):
            decide(number, person)
    assert coming_in.state_of(number) is State.WAITING


def test_an_approver_does_not_decide_on_their_own(coming_in: IngressWorld) -> None:
    number = coming_in.waiting(person="erin")
    with pytest.raises(NotAllowed, match="somebody else"):
        coming_in.approve(number, "erin")


def test_a_closed_account_decides_nothing(coming_in: IngressWorld) -> None:
    number = coming_in.waiting()
    with coming_in.world.store.write() as session:
        disable_person(session, name="bob", reason="left", actor=CONSOLE, now=NOW)
    with pytest.raises(NotAllowed, match="switched off"):
        coming_in.approve(number, "bob")


def test_who_is_no_member_uploads_nothing(coming_in: IngressWorld) -> None:
    with pytest.raises(NotAllowed, match="not open to you"):
        coming_in.upload(person="bob")
    coming_in.clock.forward(days=31)
    with pytest.raises(NotAllowed, match="ended"):
        coming_in.upload()


def test_a_rejection_needs_a_comment_and_ends_the_request(coming_in: IngressWorld) -> None:
    number = coming_in.waiting()
    with pytest.raises(CommentNeeded, match="say why"):
        coming_in.reject(number, "bob", " ")
    coming_in.reject(number, "bob")
    with pytest.raises(WrongMoment):
        coming_in.approve(number, "carol")
    coming_in.run()
    assert coming_in.inbox() == {}


def test_one_rejection_is_enough_until_it_is_placed(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    coming_in.reject(number, "carol")
    coming_in.run()
    assert (coming_in.state_of(number), coming_in.inbox()) == (State.REJECTED, {})


def test_what_was_taken_back_does_not_come_in(coming_in: IngressWorld) -> None:
    received, approved = coming_in.upload(), coming_in.approved()
    for number in (received, approved):
        with pytest.raises(NotVisible):
            coming_in.withdraw(number, "dave")
        coming_in.withdraw(number)
    coming_in.run()
    assert coming_in.inbox() == {}
    with pytest.raises(WrongMoment):
        coming_in.withdraw(approved)


def test_a_decision_on_something_else_is_not_taken(coming_in: IngressWorld) -> None:
    number = coming_in.waiting()
    for seen in ("", "0" * 64):
        with pytest.raises(LookAgain):
            coming_in.approve(number, "bob", seen=seen)
    assert coming_in.ledger(EventKind.INGRESS_REVIEWED) == []


def test_a_new_policy_makes_decisions_void(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    coming_in.change_policy(types__code__approvals=2)
    coming_in.run()
    assert (coming_in.state_of(number), coming_in.inbox()) == (State.WAITING, {})
    (voided,) = coming_in.ledger(EventKind.INGRESS_VOIDED)
    assert json.loads(voided.payload)["ingress"] == number
    coming_in.approve(number, "bob")
    coming_in.run()
    assert coming_in.inbox() == {}
    coming_in.approve(number, "carol")
    coming_in.run()
    assert len(coming_in.inbox()) == 1


def test_what_a_new_policy_does_not_allow_is_refused(coming_in: IngressWorld) -> None:
    number = coming_in.waiting()
    coming_in.change_policy(types__code__suffixes=[".txt"])
    with pytest.raises(LookAgain):
        coming_in.approve(number, "bob")
    coming_in.run()
    assert coming_in.state_of(number) is State.REFUSED
    assert "policy of today" in str(coming_in.row(number).refusal)


@pytest.mark.parametrize("state", [State.RECEIVED, State.APPROVED])
def test_a_copy_that_changed_does_not_come_in(coming_in: IngressWorld, state: State) -> None:
    number = coming_in.upload() if state is State.RECEIVED else coming_in.approved()
    copy = coming_in.copies.path(number, 0)
    copy.chmod(0o600)
    copy.write_bytes(CODE + b"# and more\n")
    coming_in.run()
    assert (coming_in.state_of(number), coming_in.inbox()) == (State.REFUSED, {})
    assert not list(coming_in.world.seats.rglob(".placing-*"))


def test_a_copy_that_is_gone_does_not_come_in(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    coming_in.copies.remove(number)
    coming_in.run()
    assert coming_in.state_of(number) is State.REFUSED


def test_a_project_that_closed_meanwhile_gets_nothing(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    coming_in.clock.forward(days=29, hours=23, minutes=59, seconds=59)
    coming_in.change_policy(retention__undecided_days=60)
    coming_in.run()
    coming_in.approve(number, "bob")
    coming_in.clock.forward(seconds=1)
    coming_in.run()
    assert (coming_in.state_of(number), coming_in.inbox()) == (State.APPROVED, {})


def test_a_room_that_was_never_opened_gets_its_file_later(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    inbox = coming_in.world.inbox()
    inbox.rmdir()
    coming_in.run()
    assert coming_in.state_of(number) is State.APPROVED
    inbox.mkdir()
    coming_in.run()
    assert coming_in.inbox() == {}, "it is tried again after a while, not all the time"
    coming_in.clock.forward(seconds=30)
    coming_in.run()
    assert len(coming_in.inbox()) == 1


def test_a_link_in_the_place_of_the_inbox_is_not_followed(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    inbox, elsewhere = coming_in.world.inbox(), coming_in.world.state / "elsewhere"
    inbox.rmdir()
    elsewhere.mkdir()
    inbox.symlink_to(elsewhere)
    coming_in.run()
    assert coming_in.state_of(number) is State.APPROVED
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(("days", "over"), [(29, False), (30, True), (31, True)])
def test_a_request_ends_when_its_time_is_over(coming_in: IngressWorld, days: int, over: bool) -> None:
    number = coming_in.waiting()
    coming_in.clock.forward(days=days)
    coming_in.run()
    assert (coming_in.state_of(number) is State.EXPIRED) == over
    assert len(coming_in.ledger(EventKind.INGRESS_EXPIRED)) == over


@pytest.mark.parametrize(("days", "kept"), [(6, True), (7, False), (8, False)])
def test_a_copy_is_removed_when_its_time_is_over(coming_in: IngressWorld, days: int, kept: bool) -> None:
    number = coming_in.placed()
    coming_in.clock.forward(days=days)
    coming_in.run()
    assert coming_in.copies.path(number, 0).exists() == kept
    assert len(coming_in.inbox()) == 1, "what is in the room stays there"


def test_an_upload_that_ended_without_saying_so_is_swept_away_and_one_on_its_way_is_not(
    coming_in: IngressWorld,
) -> None:
    old, new = coming_in.copies.new_incoming(), coming_in.copies.new_incoming()
    for folder in (old, new):
        folder.mkdir()
        (folder / "0").write_bytes(b"x")
    for path in (old, old / "0"):
        os.utime(path, (1, 1))
    coming_in.run()
    assert (old.exists(), new.exists()) == (False, True)


def test_the_same_form_twice_is_one_request(coming_in: IngressWorld) -> None:
    key = "a" * 32
    number = coming_in.upload(key=key)
    assert coming_in.upload(key=key) == number
    with pytest.raises(PlainError, match="sent already with another file"):
        coming_in.upload(CODE + b"\n", key=key)
    assert coming_in.upload(key="b" * 32) != number
    assert len(coming_in.ledger(EventKind.INGRESS_RECEIVED)) == 2
    assert sum(p.name.startswith(".incoming") for p in coming_in.copies.copies.iterdir()) == 0


def test_a_failed_ledger_entry_undoes_the_placing(
    coming_in: IngressWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = coming_in.approved()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("hub.airlock.case.append", full)
        coming_in.run()
    assert (coming_in.state_of(number), coming_in.inbox()) == (State.APPROVED, {})
    coming_in.clock.forward(seconds=30)
    coming_in.run()
    assert len(coming_in.inbox()) == 1
