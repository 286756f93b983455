"""At the desk: submit, two decisions, one download, over HTTP."""

from __future__ import annotations

import json

from hub.airlock.states import State
from hub.ledger import EventKind
from tests.unit.airlock.world import SAFE, World
from tests.unit.pages.desk_server import Running


async def test_author_submits_two_people_approve_and_the_author_downloads_once(
    world: World, desk: Running
) -> None:
    number = world.staged(SAFE, context="Casualties by severity")
    alice, bob, carol = desk.as_("alice"), desk.as_("bob"), desk.as_("carol")

    assert (await alice.click(f"requests/{number}/submit")).status == 303
    page = await bob.get()
    assert f"Review {number}" in page.words
    assert (await bob.review(number, "approve")).status == 303
    assert (await carol.review(number, "approve", comment="Fine.")).status == 303
    assert world.state_of(number) is State.APPROVED
    world.run()

    got = await alice.download(number)
    assert (got.status, got.body) == (200, SAFE.encode())
    assert got.headers["Content-Disposition"] == f'attachment; filename="request-{number}-0.csv"'
    page = await alice.get()
    assert "File 1 downloaded" in page.words
    assert "<form" not in page.text
    (downloaded,) = world.ledger(EventKind.OUTPUT_DOWNLOADED)
    assert json.loads(downloaded.payload)["request"] == number
