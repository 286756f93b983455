"""Replies: whole or not there, read-only for the room, and never written through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from output_checker.staging.reply import Reply, ReplyComment, ReplyFile, ReplyFinding

from hub.airlock.inbox import as_markdown
from hub.ledger import EventKind
from tests.unit.airlock.world import NOW, World


def test_the_folder_and_the_replies_can_be_read_by_all_and_written_by_the_airlock_only(world: World) -> None:
    os.umask(0o077)
    try:
        number = world.staged()
    finally:
        os.umask(0o022)
    folder = world.inbox() / ".airlock"
    assert folder.stat().st_mode & 0o777 == 0o755
    for suffix in ("json", "md"):
        assert (folder / f"{number}.{suffix}").stat().st_mode & 0o777 == 0o644
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("trick", ["a link", "a file", "a dangling link"])
def test_something_in_the_place_of_the_folder_is_moved_aside(
    world: World, tmp_path: Path, trick: str
) -> None:
    target = tmp_path / "target"
    place = world.inbox() / ".airlock"
    if trick == "a link":
        target.mkdir()
        place.symlink_to(target)
    elif trick == "a file":
        place.write_text("mine")
    else:
        place.symlink_to(target)
    number = world.staged()
    assert world.reply(number).state == "staged"
    assert place.is_dir()
    assert not place.is_symlink()
    assert not target.exists() or list(target.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_that_belongs_to_the_room_is_moved_aside(world: World) -> None:
    place = world.inbox() / ".airlock"
    place.mkdir()
    os.chown(place, 200_123, 200_123)
    number = world.staged()
    assert place.stat().st_uid == os.geteuid()
    assert world.reply(number).state == "staged"


def test_links_in_the_place_of_replies_are_replaced_not_followed(world: World, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    number = world.staged()
    reply = world.inbox() / ".airlock" / f"{number}.json"
    reply.unlink()
    reply.symlink_to(victim)
    world.submit(number)
    world.run()
    assert victim.read_text() == "untouched"
    assert world.reply(number).state == "submitted"


def test_an_inbox_that_is_gone_delays_the_reply_and_nothing_else(world: World) -> None:
    moved = world.inbox().with_name("was-inbox")
    world.inbox().rename(moved)
    number = world.staged()
    assert len(world.ledger(EventKind.BUNDLE_CHECKED)) == 1
    moved.rename(world.inbox())
    world.clock.forward(seconds=31)
    world.run()
    assert world.reply(number).state == "staged"


def test_what_was_chosen_in_the_room_is_text_in_the_readable_reply() -> None:
    evil = "<script>alert(1)</script> [x](javascript:1) `code` # title\u202e"
    finding = ReplyFinding(rule="r", severity="block", where="B3", message=evil, fix=None)
    file = ReplyFile(index=0, name=evil, kind="text", size=1, sha256="a" * 64, findings=[finding])
    comment = ReplyComment(when=NOW, who="An output checker", text="one\ntwo")
    text = as_markdown(
        Reply(number=1, state="blocked", sentence="No.", updated=NOW, files=[file], comments=[comment])
    )
    assert "<script>" not in text
    assert "](" not in text.replace("\\](", "")
    assert "\u202e" not in text
    assert "> one\n> two" in text
