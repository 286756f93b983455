"""The line between a door and the hub: over a real socket, with a real store and ledger."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.door.budget import TOO_MUCH
from hub.door.cell_store import CellStore
from hub.door.relay_websocket import MAX_CODE
from hub.door.warden import Warden
from hub.door.warden_link import LinkDown, TooMuch, WardenLink
from hub.governance.members import end_member
from hub.ledger import verify
from hub.ledger.events import EventKind
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.names import Seat, parse_person, parse_project
from tests.unit import builders

SEAT = Seat(parse_person("alice"), parse_project("road-safety"))
DAY = timedelta(days=1)


@pytest.fixture
async def warden(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[Warden]:
    now = utc_now()
    builders.person(sqlite_store)
    builders.project(sqlite_store, starts_at=now - DAY, ends_at=now + DAY)
    builders.member(sqlite_store, starts_at=now - DAY, ends_at=now + DAY)
    served = Warden(sqlite_store, tmp_path)
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
async def door(warden: Warden) -> AsyncIterator[WardenLink]:
    link = WardenLink(warden.path, warden.post(SEAT))
    yield link
    await link.close()


def entries(store: Store, *kinds: EventKind) -> list[dict[str, Any]]:
    with store.read() as session:
        rows = session.execute(text("select kind, payload from ledger_entries order by seq"))
        found = [
            (kind, payload if isinstance(payload, dict) else json.loads(payload)) for kind, payload in rows
        ]
    return [{"kind": kind, **payload} for kind, payload in found if kind in set(kinds)]


class Wire:
    """A door that says what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, warden: Warden, token: object) -> Wire:
        wire = cls(*await asyncio.open_unix_connection(str(warden.path)))
        await wire.send({"token": token})
        return wire

    async def send(self, message: object) -> None:
        self.writer.write((message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n")
        await self.writer.drain()

    async def says(self) -> Any:
        line = await asyncio.wait_for(self.reader.readline(), 5)
        return json.loads(line) if line else None

    async def ask(self, message: object) -> Any:
        await self.send(message)
        return await self.says()


async def test_a_cell_is_in_the_ledger_as_a_digest_and_in_the_store_encrypted(
    door: WardenLink, sqlite_store: Store, tmp_path: Path
) -> None:
    await door.record("door.entered")
    await door.record("cell.passed", kind="execute_request", code="df.head()  # ä")
    [cell] = entries(sqlite_store, EventKind.CELL_PASSED)
    kept = CellStore(tmp_path, SEAT.project)
    assert cell["digest"] == kept.digest("df.head()  # ä")
    assert (cell["seat"], cell["number"], cell["length"]) == (SEAT.id, 2, len("df.head()  # ä".encode()))
    assert "df.head" not in json.dumps(cell)
    assert [(one["seat"], one["number"], one["code"]) for one in kept.read()] == [
        (SEAT.id, 2, "df.head()  # ä")
    ]
    assert entries(sqlite_store, EventKind.DOOR_GAP) == []
    with sqlite_store.read() as session:
        assert verify(session).intact


@pytest.mark.parametrize(
    ("character", "length"), [("\x01", MAX_CODE - 1), ("\x01", MAX_CODE), ("\U0001f600", MAX_CODE)]
)
async def test_the_longest_cell_that_passes_can_be_written_down(
    door: WardenLink, sqlite_store: Store, character: str, length: int
) -> None:
    await door.record(
        "cell.passed", kind="execute_request", code=character * (length // len(character.encode()))
    )
    [cell] = entries(sqlite_store, EventKind.CELL_PASSED)
    assert cell["length"] == length


@pytest.mark.parametrize(("number", "ok", "gaps"), [(1, False, 0), (2, False, 0), (3, True, 0), (4, True, 1)])
async def test_after_two_events_the_third_is_due(
    warden: Warden, sqlite_store: Store, number: int, ok: bool, gaps: int
) -> None:
    """Another event under a number that was used is refused; the same one again: see below."""
    wire = await Wire.to(warden, warden.post(SEAT))
    assert (await wire.says())["ok"] is True
    for n in (1, 2):
        assert (await wire.ask({"n": n, "event": "door.entered", "details": {}}))["ok"] is True
    other = {"n": number, "event": "door.entered", "details": {"another": 1}}
    assert (await wire.ask(other))["ok"] is ok
    assert len(entries(sqlite_store, EventKind.DOOR_GAP)) == gaps
    assert len(entries(sqlite_store, EventKind.DOOR_ENTERED)) == (3 if ok else 2)


async def test_a_gap_is_reported_with_what_was_due_and_what_came(warden: Warden, sqlite_store: Store) -> None:
    wire = await Wire.to(warden, warden.post(SEAT))
    await wire.says()
    await wire.ask({"n": 7, "event": "door.entered", "details": {}})
    [gap] = entries(sqlite_store, EventKind.DOOR_GAP)
    assert (gap["expected"], gap["received"], gap["seat"]) == (1, 7, SEAT.id)


@pytest.mark.parametrize(
    "message",
    [
        {"n": "1", "event": "door.entered", "details": {}},
        {"n": 1.0, "event": "door.entered", "details": {}},
        {"n": True, "event": "door.entered", "details": {}},
        {"n": -1, "event": "door.entered", "details": {}},
        {"event": "door.entered", "details": {}},
        {"n": 1, "event": "door.entered"},
        {"n": 1, "event": "door.entered", "details": []},
        {"n": 1, "event": "request.approved", "details": {}},
        {"n": 1, "event": "seat.opened", "details": {}},
        {"n": 1, "event": None, "details": {}},
        {"n": 1, "event": ["door.entered"], "details": {}},
        {},
    ],
)
async def test_an_event_of_another_form_is_refused_and_nothing_written(
    warden: Warden, sqlite_store: Store, message: object
) -> None:
    with sqlite_store.read() as session:
        before = session.execute(text("select count(*) from ledger_entries")).scalar_one()
    wire = await Wire.to(warden, warden.post(SEAT))
    await wire.says()
    assert (await wire.ask(message))["ok"] is False
    with sqlite_store.read() as session:
        assert session.execute(text("select count(*) from ledger_entries")).scalar_one() == before


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'"x"'])
async def test_a_line_that_is_no_message_ends_the_line_and_not_the_warden(
    warden: Warden, line: bytes
) -> None:
    token = warden.post(SEAT)
    wire = await Wire.to(warden, token)
    await wire.says()
    assert await wire.ask(line) is None
    again = WardenLink(warden.path, token)
    assert await again.admission() is None
    await again.close()


@pytest.mark.parametrize("token", ["", "x" * 43, None, 7, ["x"], "é"])
async def test_a_door_without_its_token_is_turned_away(warden: Warden, token: object) -> None:
    warden.post(SEAT)
    wire = await Wire.to(warden, token)
    assert await wire.says() == {"ok": False}
    assert await wire.says() is None


async def test_an_older_door_of_the_same_seat_is_gone(warden: Warden, sqlite_store: Store) -> None:
    old = WardenLink(warden.path, warden.post(SEAT))
    assert await old.admission() is None
    new = WardenLink(warden.path, warden.post(SEAT))
    assert await old.admission() == "This room has been stopped."
    with pytest.raises(LinkDown):
        await old.record("cell.passed", kind="execute_request", code="1")
    assert entries(sqlite_store, EventKind.CELL_PASSED) == []
    assert await new.admission() is None
    for link in (old, new):
        await link.close()


async def test_a_door_is_silent_since_it_last_spoke(sqlite_store: Store, tmp_path: Path) -> None:
    now = [100.0]
    warden = Warden(sqlite_store, tmp_path, clock=lambda: now[0])
    await warden.start()
    assert warden.silent_for(SEAT) == float("inf")
    door = WardenLink(warden.path, warden.post(SEAT))
    now[0] += 7
    assert warden.silent_for(SEAT) == 7
    await door.admission()
    assert warden.silent_for(SEAT) == 0
    now[0] += 9
    assert warden.silent_for(SEAT) == 9
    await door.admission()
    assert warden.silent_for(SEAT) == 0
    await door.close()
    await warden.stop()


async def test_an_ended_membership_is_told_with_its_reason(door: WardenLink, sqlite_store: Store) -> None:
    assert await door.admission() is None
    with sqlite_store.write() as session:
        end_member(
            session,
            project=SEAT.project,
            person=SEAT.person,
            reason="left",
            actor="console:test",
            now=utc_now(),
        )
    said = await door.admission()
    assert said is not None
    assert said.endswith(".")


async def test_a_warden_that_is_gone_is_link_down_and_one_that_comes_back_is_found(
    warden: Warden, door: WardenLink, sqlite_store: Store
) -> None:
    await door.record("door.entered")
    await warden.stop()
    await door.close()
    with pytest.raises(LinkDown):
        await door.admission()
    with pytest.raises(LinkDown):
        await door.record("cell.passed", kind="execute_request", code="lost")
    await warden.start()
    await door.record("cell.passed", kind="execute_request", code="kept")
    [gap] = entries(sqlite_store, EventKind.DOOR_GAP)
    assert (gap["expected"], gap["received"]) == (2, 3)
    assert len(entries(sqlite_store, EventKind.CELL_PASSED)) == 1


async def test_an_event_whose_answer_was_lost_is_written_once_and_a_patient_door_waits_for_the_hub(
    warden: Warden, sqlite_store: Store, tmp_path: Path
) -> None:
    token = warden.post(SEAT)
    cell = {"event": "cell.passed", "n": 1, "details": {"kind": "execute_request", "code": "1"}}
    wire = await Wire.to(warden, token)
    await wire.says()
    assert (await wire.ask(cell))["ok"] is True
    again = await Wire.to(warden, token)
    await again.says()
    assert (await again.ask(cell))["ok"] is True
    assert (await again.ask(cell | {"details": {"kind": "execute_request", "code": "2"}}))["ok"] is False
    assert len(entries(sqlite_store, EventKind.CELL_PASSED)) == 1
    assert len(list(CellStore(tmp_path, SEAT.project).read())) == 1


async def test_an_event_waits_for_a_hub_that_starts_again(
    warden: Warden, door: WardenLink, sqlite_store: Store
) -> None:
    await door.record("door.entered")
    await warden.stop()
    await door.close()
    waiting = [
        asyncio.create_task(door.record("cell.passed", patience_s=10, kind="execute_request", code=str(n)))
        for n in range(3)
    ]
    await asyncio.sleep(0.4)
    await warden.start()
    await asyncio.gather(*waiting)
    assert [one["number"] for one in entries(sqlite_store, EventKind.CELL_PASSED)] == [2, 3, 4]
    assert entries(sqlite_store, EventKind.DOOR_GAP) == []


async def test_a_text_that_cannot_be_stored_is_not_in_the_ledger_either(
    warden: Warden, door: WardenLink, sqlite_store: Store, tmp_path: Path
) -> None:
    await door.record("cell.passed", kind="execute_request", code="first")
    [file] = (tmp_path / "cells" / SEAT.project).iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(LinkDown):
        await door.record("cell.passed", kind="execute_request", code="second")
    assert len(entries(sqlite_store, EventKind.CELL_PASSED)) == 1


async def test_an_answer_that_was_given_up_is_not_taken_for_the_next_one(
    warden: Warden, door: WardenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await door.admission() is None
    asked = asyncio.Event()
    real = Warden._admission

    def slow(self: Warden, seat: Seat) -> dict[str, Any]:
        loop.call_soon_threadsafe(asked.set)
        return real(self, seat)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Warden, "_admission", slow)
    waiting = asyncio.create_task(door.admission())
    await asked.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await door.record("door.entered")
    assert await door.admission() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_another_user_is_turned_away_even_with_a_token(warden: Warden, tmp_path: Path) -> None:
    token = warden.post(SEAT)
    # The socket's mode alone would stop them; the peer's user is checked besides.
    warden.path.chmod(0o777)
    folder = os.open(warden.path.parent, os.O_PATH)
    other = (
        "import os, socket, sys; os.fchdir(int(sys.argv[1])); os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
        "s.settimeout(5); s.connect('warden.sock'); s.sendall(sys.argv[2].encode() + b'\\n'); print(s.recv(100))"
    )
    warden.path.parent.chmod(0o755)
    try:
        said = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", other, str(folder), json.dumps({"token": token})],
            pass_fds=[folder],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(folder)
    assert "ok" not in said.stdout
    assert said.stdout.strip() == "b''" or "ConnectionReset" in said.stderr or "BrokenPipe" in said.stderr, (
        said.stderr
    )


async def test_the_socket_is_for_the_hubs_user_only(warden: Warden) -> None:
    assert warden.path.stat().st_mode & 0o077 == 0
    assert warden.path.parent.stat().st_mode & 0o077 == 0


async def test_beyond_the_seats_budget_a_cell_is_refused_with_a_sentence_and_leaves_no_gap(
    sqlite_store: Store, warden: Warden, tmp_path: Path
) -> None:
    now = 0.0
    warden._clock = lambda: now
    door = WardenLink(warden.path, warden.post(SEAT))
    for _ in range(200):
        await door.record("door.entered")
    for _ in range(2):
        with pytest.raises(TooMuch) as refused:
            await door.record("cell.passed", kind="execute_request", code="secret")
        assert str(refused.value) == TOO_MUCH
    assert entries(sqlite_store, EventKind.CELL_PASSED) == []
    assert list(CellStore(tmp_path, SEAT.project).read()) == []
    assert await door.admission() is None

    await door.close()  # another door of the same seat has no budget of its own
    door = WardenLink(warden.path, warden.post(SEAT))
    with pytest.raises(TooMuch):
        await door.record("door.entered")
    now = 0.2
    await door.record("cell.passed", kind="execute_request", code="later")
    await door.close()
    assert [one["number"] for one in entries(sqlite_store, EventKind.CELL_PASSED)] == [1]
    assert entries(sqlite_store, EventKind.DOOR_GAP) == []


async def test_a_gap_before_a_refused_event_is_still_reported_by_the_next(
    sqlite_store: Store, warden: Warden
) -> None:
    now = 0.0
    warden._clock = lambda: now
    wire = await Wire.to(warden, warden.post(SEAT))
    await wire.says()
    for n in range(1, 201):
        await wire.ask({"n": n, "event": "door.entered", "details": {}})
    assert (await wire.ask({"n": 203, "event": "door.entered", "details": {}}))["error"] == TOO_MUCH
    now = 1.0
    assert (await wire.ask({"n": 203, "event": "door.entered", "details": {}}))["ok"] is True
    [gap] = entries(sqlite_store, EventKind.DOOR_GAP)
    assert (gap["expected"], gap["received"]) == (201, 203)


async def test_the_next_hub_knows_the_door_and_goes_on_at_its_number(
    warden: Warden, sqlite_store: Store, tmp_path: Path
) -> None:
    token = warden.post(SEAT)
    door = WardenLink(warden.path, token)
    await door.record("door.entered")
    await door.record("cell.passed", kind="execute_request", code="1")
    await warden.stop()
    await door.close()

    other = Warden(sqlite_store, tmp_path)
    await other.start()
    assert other.silent_for(SEAT) == float("inf")
    await other.resume(SEAT, token)
    wire = await Wire.to(other, token)
    await wire.says()
    again = {"event": "cell.passed", "n": 2, "details": {"kind": "execute_request", "code": "1"}}
    assert (await wire.ask(again))["ok"] is True, "its answer may have been lost with the hub"
    assert other.silent_for(SEAT) < 5
    await door.record("cell.passed", kind="execute_request", code="2")
    assert [one["number"] for one in entries(sqlite_store, EventKind.CELL_PASSED)] == [2, 3]
    assert entries(sqlite_store, EventKind.DOOR_GAP) == []

    await other.resume(SEAT, "another door's")
    wire = await Wire.to(other, "another door's")
    await wire.says()
    assert (await wire.ask({"event": "door.entered", "n": 1, "details": {}}))["ok"] is True
    await door.close()
    await other.stop()
