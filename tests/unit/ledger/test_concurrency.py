"""Twenty writers lose nothing and fork nothing; a writer killed at any moment leaves a whole ledger."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hub.ledger import verify
from hub.store import Store
from hub.store.models import LedgerEntry, Person

pytestmark = pytest.mark.slow

PROCESSES = 4
WRITERS = 20  # five in each process, each with a connection of its own
APPENDS = 12

# Each change adds a person, and its entry lies in the same transaction.
WRITER = """
import sys, threading, time
from datetime import UTC, datetime
from pathlib import Path
from hub.governance.people import add_person
from hub.store import open_store

url, name, threads, count, gate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
store = open_store(url)
print("ready", flush=True)
while not gate.exists():
    time.sleep(0.01)

def write(thread):
    for number in range(count):
        person = f"{name}-{thread}-{number}"
        with store.write() as session:
            add_person(session, name=person, full_name="x", password_hash=None,
                       actor="console:test", now=datetime.now(UTC))
        sys.stdout.write(person + "\\n")
        sys.stdout.flush()

writers = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
"""


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts writers, and ends those that a failing test leaves behind."""
    started: list[subprocess.Popen[str]] = []

    def start_one(url: str, name: str, threads: int, count: int, gate: Path) -> subprocess.Popen[str]:
        started.append(_start(url, name, threads, count, gate))
        return started[-1]

    yield start_one
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _start(url: str, name: str, threads: int, count: int, gate: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, str(threads), str(count), str(gate)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _people(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Person.name)))


def _entries_about_people(store: Store) -> list[str]:
    with store.read() as session:
        payloads = session.scalars(select(LedgerEntry.payload).where(LedgerEntry.kind == "person.added"))
        return sorted(payload.split('"person":"')[1].rstrip('"}') for payload in payloads)


def test_twenty_writers_lose_nothing_and_fork_nothing(
    store: Store, database_url: str, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    gate = tmp_path / "gate"
    each = WRITERS // PROCESSES
    writers = [start(database_url, f"w{number}", each, APPENDS, gate) for number in range(PROCESSES)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n", writer.communicate()
    gate.touch()  # all at once
    for writer in writers:
        out, error = writer.communicate(timeout=200)
        assert (writer.returncode, error) == (0, "")
        assert len(out.split()) == each * APPENDS
    expected = {f"w{p}-{t}-{n}" for p in range(PROCESSES) for t in range(each) for n in range(APPENDS)}
    assert _people(store) == expected
    assert _entries_about_people(store) == sorted(expected)
    with store.read() as session:
        result = verify(session)
        assert result.intact, result
        assert result.entries == WRITERS * APPENDS + 1
        assert session.scalar(select(func.count(func.distinct(LedgerEntry.prev_hash)))) == result.entries


def test_a_writer_killed_at_any_moment_leaves_change_and_entry_together(
    store: Store, database_url: str, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    moments = random.Random(7)
    told: set[str] = set()
    for number in range(8):
        writer = start(database_url, f"k{number}", 1, 100_000, gate)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        told.add(writer.stdout.readline().strip())  # it is in full swing now
        time.sleep(moments.uniform(0, 0.2))
        writer.send_signal(signal.SIGKILL)
        out, error = writer.communicate(timeout=60)
        assert error == ""
        told |= set(out.split())
        with store.read() as session:
            assert verify(session).intact
    there = _people(store)
    assert told <= there, "a change that was reported as done is gone"
    assert len(there) - len(told) <= 8, "more was done than each writer's last, unreported change"
    assert _entries_about_people(store) == sorted(there)
    assert len(there) >= 8, "the writers were killed before they wrote anything"
