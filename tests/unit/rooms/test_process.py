"""A process is known by its id and its beginning: never another one of the same id, never a dead one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.rooms.process import Process

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_runs_until_it_is_dead_and_not_while_it_waits_to_be_reaped(child: subprocess.Popen[bytes]) -> None:
    process = Process.of(child.pid)
    assert process is not None
    assert process.runs()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not process.runs()
    child.wait()
    assert not process.runs()
    assert Process.of(child.pid) is None


async def test_another_process_of_the_same_id_is_neither_found_nor_ended(
    child: subprocess.Popen[bytes],
) -> None:
    process = Process.of(child.pid)
    assert process is not None
    earlier = replace(process, started=process.started - 1)
    assert not earlier.runs()
    earlier.signal(signal.SIGKILL)
    assert await earlier.end(ask_first_s=0)
    assert child.poll() is None


@pytest.mark.parametrize("ask_first_s", [0, 0.2])
async def test_who_does_not_listen_is_ended_after_its_time(
    child: subprocess.Popen[bytes], ask_first_s: float
) -> None:
    process = Process.of(child.pid)
    assert process is not None
    began = time.monotonic()
    assert await process.end(ask_first_s=ask_first_s)
    assert time.monotonic() - began >= ask_first_s
    assert child.wait() == -signal.SIGKILL
