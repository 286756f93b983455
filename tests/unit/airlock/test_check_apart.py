"""The check runs apart and may not finish: that is never a pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.airlock.check import Checker, NoChecker
from hub.airlock.states import State
from hub.store import Store
from tests.unit.airlock.world import World, checker_environment

pytestmark = pytest.mark.slow

MANNERS = {
    "hangs": "import time; time.sleep(600)",
    "crashes": "raise RuntimeError('no')",
    "says nothing": "",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "says something else": "print('all clear')",
    "never stops talking": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    "takes all memory": "x = [bytearray(64 << 20) for _ in range(100)]",
    "nests deeply": "print('[' * 100000)",
}


@pytest.mark.parametrize("manners", MANNERS)
def test_a_check_that_did_not_finish_is_not_a_pass(manners: str, sqlite_store: Store, tmp_path: Path) -> None:
    python = checker_environment(tmp_path / "env", MANNERS[manners])
    world = World(sqlite_store, tmp_path / "state", python, timeout_s=4)
    world.people()
    number = world.staged()
    assert world.state_of(number) is State.BLOCKED
    (finding,) = world.reply(number).findings
    assert (finding.rule, finding.severity) == ("check-unfinished", "block")


LOOKS_AROUND = """
import json, os, pathlib, socket, sys
seen = {"uid": os.getuid(), "environment": sorted(os.environ), "files": sorted(os.listdir("/airlock"))}
seen["network"] = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
seen["state"] = [p for p in sys.argv if os.path.exists("STATE")]
try:
    open("/airlock/0.csv", "a")
    seen["writable"] = True
except OSError:
    seen["writable"] = False
findings = [{"rule": "seen", "severity": "info", "where": k, "message": json.dumps(v)} for k, v in seen.items()]
import hashlib
path = "/airlock/0.csv"
sha = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
print(json.dumps({"policy": "sacro", "verdict": "clear", "files": [{"path": path, "sha256": sha, "kind": "csv",
      "verdict": "clear", "findings": findings}]}))
"""


def test_the_check_sees_its_file_and_nothing_else(sqlite_store: Store, tmp_path: Path) -> None:
    program = LOOKS_AROUND.replace("STATE", str(tmp_path / "state"))
    world = World(sqlite_store, tmp_path / "state", checker_environment(tmp_path / "env", program))
    world.people()
    number = world.staged()
    seen = {f.where: f.message for f in world.reply(number).files[0].findings}
    assert seen["files"] == '["0.csv"]'
    assert seen["network"] == '["lo"]'
    assert seen["state"] == "[]"
    assert seen["writable"] == "false"
    assert "LOCKEDROOM" not in seen["environment"]


def test_an_environment_without_a_checker_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoChecker, match="run make"):
        Checker(tmp_path / "bin" / "python")


def test_an_unknown_policy_blocks(world: World) -> None:
    from sqlalchemy import update

    from hub.store.models import Project

    with world.store.write() as session:
        session.execute(update(Project).values(policy="no-such-policy"))
    assert world.state_of(world.staged()) is State.BLOCKED
