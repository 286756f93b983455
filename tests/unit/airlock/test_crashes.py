"""kill -9 between any two steps: after the next start there is exactly one request, whole, and the ledger is intact."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.airlock.intake import Intake
from hub.airlock.states import State
from hub.ledger import EventKind, verify
from hub.store import Store
from tests.unit.airlock.world import World

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

# Each point: where the process kills itself, written as Python that runs before the intake begins.
POINTS = {
    "while copying": """
real = os.read
count = [0]
def read(fd, n):
    count[0] += 1
    if count[0] == 3: die()
    return real(fd, n)
outbox.os.read = read
""",
    "copied, nothing recorded": "before(business, 'take')",
    "recording, before the copy has its number": "before(Quarantine, 'place')",
    "the copy has its number, the transaction not ended": "after(Quarantine, 'place')",
    "recorded in the session, not committed": "after(business, 'take')",
    "committed, the bundle still in the outbox": "before(outbox, 'remove_taken')",
    "half of the bundle removed": """
outbox.os.rmdir = die
""",
    "taken, not checked": "before(release, 'check_request')",
    "checked, not recorded": "before(business, 'record_check')",
    "checked and recorded in the session, not committed": "after(business, 'record_check')",
    "recorded, no reply written": "before(intake, 'write_reply')",
    "half of the reply written": "after(inbox, '_replace')",
    "reply written, not remembered": "before(business, 'mark_replied')",
}

SCRIPT = """
import os, signal, sys
from pathlib import Path
from hub.airlock import business, inbox, intake, outbox, release
from hub.airlock.quarantine import Quarantine
from hub.store import open_store
from tests.unit.airlock.world import World

def die(*a, **k):
    os.kill(os.getpid(), signal.SIGKILL)

def before(owner, name):
    setattr(owner, name, die)

def after(owner, name):
    real = getattr(owner, name)
    def then_die(*a, **k):
        real(*a, **k)
        die()
    setattr(owner, name, then_die)

{point}
world = World(open_store(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
world.intake.start()
world.run()
"""


def run_until_killed(world: World, url: str, point: str) -> None:
    """Run one intake in a process of its own, which dies at ``point``."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(point=point), url, str(world.state), str(world.python)],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_leaves_exactly_one_request(
    point: str, sqlite_store: Store, tmp_path: Path, checker_python: Path
) -> None:
    world = World(sqlite_store, tmp_path / "state", checker_python)
    world.people()
    world.stage()
    url = f"sqlite:///{tmp_path / 'hub.sqlite'}"
    for _ in range(2):  # and again at the same place
        run_until_killed(world, url, POINTS[point]) if _still_reached(world, point) else None
    world.intake = Intake(world.airlock, world.seats)
    world.intake.start()
    world.run()

    (number,) = world.numbers()
    assert world.state_of(number) is State.STAGED
    assert list(world.outbox().iterdir()) == []
    assert [p.name for p in world.quarantine.copies.iterdir()] == [str(number)]
    assert len(world.ledger(EventKind.BUNDLE_TAKEN)) == 1
    assert len(world.ledger(EventKind.BUNDLE_CHECKED)) == 1
    assert world.reply(number).state == "staged"
    assert not [p for p in (world.inbox() / ".airlock").iterdir() if p.name.endswith(".tmp")]
    with world.store.read() as session:
        assert verify(session, []).intact


def _still_reached(world: World, point: str) -> bool:
    """Whether a second run comes to the same place: not when only the removal was left."""
    return point != "half of the bundle removed" or bool(os.listdir(world.outbox()))
