"""kill -9 between any two steps of the porter: after the next start the file is in the inbox once, and recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.airlock.ingress.states import State
from hub.ledger import EventKind, verify
from tests.unit.ingress.world import CODE, IngressWorld

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

# Each point: where the process kills itself, written as Python that runs before the porter begins.
EXAMINING = {
    "received, not looked into": "before(examine, 'examine')",
    "looked into, not recorded": "before(business, 'record_examination')",
    "recorded in the session, not committed": "after(business, 'record_examination')",
}
PLACING = {
    "approved, nothing copied": "before(placing, '_copy')",
    "copied beside the inbox, not recorded": "after(placing, '_copy')",
    "recorded in the session, not in the inbox": "before(placing.Prepared, 'put')",
    "in the inbox, the transaction not ended": "after(placing.Prepared, 'put')",
    "in the inbox and recorded in the session, not committed": "after(business, 'place')",
    "committed": "after(porter.Porter, '_place')",
}
SCRIPT = """
import os, signal, sys
from pathlib import Path
from hub.airlock.ingress import business, examine, placing, porter
from hub.airlock.ingress.policy import PolicyFile
from hub.airlock.ingress.scan import Scanner
from hub.airlock.quarantine import Quarantine
from hub.store import open_store
from tests.unit.airlock.world import Clock

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
state = Path(sys.argv[2])
carrying = porter.Porter(open_store(sys.argv[1]), Quarantine(state / "ingress"), state / "seats",
                         PolicyFile(state / "ingress.yaml"), Scanner(program=None), Clock())
carrying.start()
while carrying.once():
    pass
"""


def run_until_killed(world: IngressWorld, tmp_path: Path, point: str) -> None:
    """Run one porter in a process of its own, which dies at ``point``."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT.format(point=point),
            f"sqlite:///{tmp_path / 'hub.sqlite'}",
            str(world.world.state),
        ],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def after_the_next_start(world: IngressWorld) -> None:
    """What a start does, and then all that is due."""
    world.porter = world.new_porter()
    world.porter.start()
    world.run()


@pytest.mark.parametrize("point", EXAMINING)
def test_a_crash_while_a_file_is_looked_into(coming_in: IngressWorld, tmp_path: Path, point: str) -> None:
    number = coming_in.upload()
    run_until_killed(coming_in, tmp_path, EXAMINING[point])
    after_the_next_start(coming_in)
    assert coming_in.state_of(number) is State.WAITING
    assert len(coming_in.ledger(EventKind.INGRESS_EXAMINED)) == 1


@pytest.mark.parametrize("point", PLACING)
def test_a_crash_between_approval_and_placing(coming_in: IngressWorld, tmp_path: Path, point: str) -> None:
    number = coming_in.approved()
    run_until_killed(coming_in, tmp_path, PLACING[point])
    after_the_next_start(coming_in)
    assert coming_in.state_of(number) is State.PLACED
    assert coming_in.inbox() == {f"2026-03-01-{number}/means.py": CODE}
    assert len(coming_in.ledger(EventKind.INGRESS_PLACED)) == 1
    assert not list(coming_in.world.seats.rglob(".placing-*"))
    with coming_in.world.store.read() as session:
        assert verify(session, []).intact


@pytest.mark.parametrize("end", ["withdraw", "reject"])
def test_what_was_ended_after_a_crash_does_not_stay_in_the_inbox(
    coming_in: IngressWorld, tmp_path: Path, end: str
) -> None:
    number = coming_in.approved()
    run_until_killed(coming_in, tmp_path, PLACING["in the inbox, the transaction not ended"])
    assert len(coming_in.inbox()) == 1
    coming_in.withdraw(number) if end == "withdraw" else coming_in.reject(number, "carol")
    after_the_next_start(coming_in)
    assert coming_in.inbox() == {}


def test_two_porters_place_once(coming_in: IngressWorld) -> None:
    number = coming_in.approved()
    other = coming_in.new_porter()
    while coming_in.porter.once() + other.once():
        pass
    assert coming_in.state_of(number) is State.PLACED
    assert len(coming_in.ledger(EventKind.INGRESS_PLACED)) == 1
