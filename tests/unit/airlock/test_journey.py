"""From the outbox to the download: what is approved is what is released, byte for byte."""

from __future__ import annotations

import hashlib
import json

import pytest

from hub.airlock.business import AlreadyDownloaded
from hub.airlock.policies import WrongMoment
from hub.airlock.states import State
from hub.ledger import EventKind
from tests.unit.airlock.world import SAFE, UNSAFE, World


def test_a_safe_table_goes_all_the_way_and_keeps_its_hash(both_worlds: World) -> None:
    world = both_worlds
    number = world.staged(SAFE, context="Table 1")
    assert world.state_of(number) is State.STAGED
    assert list(world.outbox().iterdir()) == []

    world.submit(number)
    world.approve(number, "bob")
    assert world.state_of(number) is State.SUBMITTED
    world.approve(number, "carol")
    assert world.state_of(number) is State.APPROVED
    world.run()
    assert world.state_of(number) is State.RELEASED

    expected = hashlib.sha256(SAFE.encode()).hexdigest()
    (taken,) = world.ledger(EventKind.BUNDLE_TAKEN)
    (released,) = world.ledger(EventKind.OUTPUT_RELEASED)
    assert json.loads(taken.payload)["sha256"] == json.loads(released.payload)["sha256"] == [expected]
    assert world.quarantine.read(number, 0, expected) == SAFE.encode()

    world.download(number)
    assert world.state_of(number) is State.DOWNLOADED
    with pytest.raises(AlreadyDownloaded, match="downloaded already"):
        world.download(number)
    (downloaded,) = world.ledger(EventKind.OUTPUT_DOWNLOADED)
    assert json.loads(downloaded.payload) == {"request": number, "sha256": expected, "file": 0}


def test_an_unsafe_table_is_blocked_and_only_the_room_learns_which_cell(world: World) -> None:
    number = world.staged(UNSAFE)
    assert world.state_of(number) is State.BLOCKED
    with pytest.raises(WrongMoment, match="blocked"):
        world.submit(number)
    reply = world.reply(number)
    assert (reply.state, reply.verdict) == ("blocked", "block")
    (finding,) = reply.files[0].findings
    assert (finding.where, finding.message) == ("B3", "3 is below 10")
    written = (world.inbox() / ".airlock" / f"{number}.md").read_text()
    assert "B3" in written
    assert "table.csv" in written
