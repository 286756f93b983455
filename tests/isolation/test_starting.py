"""While a room starts it already runs what its person planted: nothing of that comes out, and a lapse still acts."""

from __future__ import annotations

import os
import secrets
import time

from hub.governance.members import end_member
from hub.ledger import EventKind
from hub.store.clock import utc_now
from tests.isolation.world import SeatUnderTest, World
from tests.journey.journey import ledger_payloads
from tests.journey.running_hub import ACTOR

WITHIN_S = 10.0


def plant(seat: SeatUnderTest, code: str) -> None:
    """Leave a start-up file in the seat's own home, as its person can."""
    folder = seat.folder / "home" / ".jupyter"
    folder.mkdir(exist_ok=True)
    file = folder / "jupyter_server_config.py"
    file.write_text(code)
    for path in (folder, file):
        os.chown(path, seat.uid, seat.gid)


def remove(seat: SeatUnderTest) -> None:
    """Take the file away again."""
    (seat.folder / "home" / ".jupyter" / "jupyter_server_config.py").unlink()


def test_what_a_room_says_while_it_starts_is_neither_shown_nor_logged(
    world: World, bob_one: SeatUnderTest
) -> None:
    said = secrets.token_hex(16)
    bob_one.close()
    plant(bob_one, f"import os\nfor fd in (1, 2):\n    os.write(fd, b'{said}' * 3)\nos._exit(1)\n")
    wait, browser = world.background.wait, bob_one.browser
    answers = [str(wait(browser.hub_api("POST", "users/bob/servers/one", {})))]
    deadline = time.monotonic() + 30
    while "could not start" not in "".join(answers) and time.monotonic() < deadline:
        answers.append(str(wait(browser.hub_api("GET", "users/bob/servers/one/progress"))))
        answers.append(wait(browser.visit(f"{world.hub.public_url}/hub/spawn-pending/bob/one")).text)
        time.sleep(0.3)
    remove(bob_one)
    assert "could not start" in "".join(answers)
    assert said not in "".join(answers)
    assert said not in world.hub.log.read_text(errors="replace")
    opened = ledger_payloads(world.hub, EventKind.SEAT_OPENED)
    closed = ledger_payloads(world.hub, EventKind.SEAT_CLOSED)
    count = [sum(entry["seat"] == "bob.one" for entry in entries) for entries in (opened, closed)]
    assert count[0] == count[1], "every opening has its end in the ledger"
    bob_one.open()


def test_a_membership_that_ends_while_the_room_starts_stops_it_within_ten_seconds(
    world: World, bob_one: SeatUnderTest
) -> None:
    bob_one.close()
    plant(bob_one, "import time\ntime.sleep(45)\n")
    wait = world.background.wait
    wait(bob_one.browser.visit(f"{world.hub.public_url}/hub/spawn/bob/one"))
    deadline = time.monotonic() + 10
    while not bob_one.processes():
        assert time.monotonic() < deadline, "the room did not begin to start"
        time.sleep(0.1)
    with world.hub.store.write() as session:
        end_member(session, project="one", person="bob", reason="left", actor=ACTOR, now=utc_now())
    ended = time.monotonic()
    while bob_one.processes():
        assert time.monotonic() - ended < WITHIN_S, "the room still runs"
        time.sleep(0.1)
    remove(bob_one)
    while wait(bob_one.browser.hub_api("GET", "user"))[1].get("servers", {}).get("one"):
        assert time.monotonic() - ended < 2 * WITHIN_S, "the hub still shows the seat"
        time.sleep(0.2)
    page = wait(bob_one.browser.visit(f"{world.hub.public_url}/hub/spawn-pending/bob/one"))
    assert "member" in page.words(), "the page says why"
    world.renew("bob", "one")
    world.seat("bob", "one")
