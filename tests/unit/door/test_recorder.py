"""What a door has written down besides cells: comings, goings, refusals, files, amounts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from hub.door.cell_store import CellStore
from hub.door.cells import BINARY_PROTOCOL
from hub.door.recorder import LEFT_AFTER_S, Recorder
from hub.door.reports import read_report
from hub.door.routes import file_asked
from hub.door.tally import Lately, Seldom, Tally
from hub.door.warden_link import LinkDown
from hub.store import Store
from hub.store.models import LedgerEntry
from tests.unit.door.asking import dial, execute, status
from tests.unit.door.conftest import SEAT, Place


class Link:
    """The line to the hub, which may be down."""

    def __init__(self) -> None:
        self.down = False
        self.said: list[tuple[str, dict[str, Any]]] = []

    async def record(self, event: str, **details: Any) -> None:
        if self.down:
            raise LinkDown("down")
        self.said.append((event, details))


class Clocked:
    """A recorder whose time the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.link = Link()
        self.recorder = Recorder(self.link, lambda: self.now)  # type: ignore[arg-type]

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.link.said]


@pytest.fixture
async def clocked() -> AsyncIterator[Clocked]:
    here = Clocked()
    yield here
    await here.recorder.stop()


@pytest.mark.parametrize(("after", "left"), [(-0.1, False), (0, True), (0.1, True)])
async def test_a_person_has_left_when_nothing_was_open_for_so_long(
    clocked: Clocked, after: float, left: bool
) -> None:
    await clocked.recorder.entered()
    await clocked.recorder.entered()
    clocked.now = 1000
    await clocked.recorder.look(anything_open=True)
    clocked.recorder.tally.add(Tally(requests=2, bytes_out=7))
    clocked.now = 1000 + LEFT_AFTER_S + after
    await clocked.recorder.look(anything_open=False)
    assert clocked.events[:1] == ["door.entered"]
    assert ("door.left" in clocked.events) is left
    if left:
        assert clocked.link.said[-1][1]["tally"]["bytes_out"] == 7
        await clocked.recorder.entered()
        assert clocked.events[-1] == "door.entered", "who comes again, comes in again"


@pytest.mark.parametrize(("after", "counted"), [(299.9, False), (300, True), (300.1, True)])
async def test_how_much_passed_is_written_down_from_time_to_time(
    clocked: Clocked, after: float, counted: bool
) -> None:
    await clocked.recorder.entered()
    clocked.recorder.tally.add(Tally(messages=1, bytes_in=3))
    clocked.now = after
    await clocked.recorder.look(anything_open=True)
    assert ("door.counted" in clocked.events) is counted
    clocked.now = 1000
    before = len(clocked.events)
    await clocked.recorder.look(anything_open=True)
    assert len(clocked.events) == before + (not counted), "nothing passed, nothing is written"


async def test_what_could_not_be_written_is_counted_the_next_time(clocked: Clocked) -> None:
    await clocked.recorder.entered()
    clocked.recorder.tally.add(Tally(bytes_out=5))
    clocked.link.down = True
    await clocked.recorder.closed("No longer.")
    clocked.link.down = False
    clocked.recorder.tally.add(Tally(bytes_out=1))
    await clocked.recorder.closed("No longer.")
    await clocked.recorder.closed("No longer.")
    assert clocked.events == ["door.entered", "door.closed"]
    assert clocked.link.said[-1][1] == {"reason": "No longer.", "tally": Tally(bytes_out=6).as_dict()}


@pytest.mark.parametrize(("after", "entries"), [(59.9, 1), (60, 2), (60.1, 2)])
async def test_the_same_refusal_is_one_entry_a_minute_with_the_number_of_the_others(
    clocked: Clocked, after: float, entries: int
) -> None:
    for _ in range(4):
        clocked.recorder.refused("No.", "mallory")
    clocked.recorder.refused("No.", None)
    clocked.now = after
    clocked.recorder.refused("No.", "mallory")
    await clocked.recorder.stop()
    of_mallory = [details for _, details in clocked.link.said if details["person"] == "mallory"]
    assert len(of_mallory) == entries
    assert of_mallory[-1]["unrecorded"] == (0 if entries == 1 else 3)


async def test_a_file_whose_entry_failed_is_asked_for_again(clocked: Clocked) -> None:
    clocked.link.down = True
    with pytest.raises(LinkDown):
        await clocked.recorder.file_asked("read", "/home/a.csv")
    clocked.link.down = False
    for _ in range(2):
        await clocked.recorder.file_asked("read", "/home/a.csv")
    assert clocked.events == ["file.asked"]


@pytest.mark.parametrize(("after", "entries"), [(599.9, 1), (600, 2), (600.1, 2)])
async def test_the_same_file_is_one_entry_in_ten_minutes(
    clocked: Clocked, after: float, entries: int
) -> None:
    await clocked.recorder.file_asked("read", "/home/a.csv")
    clocked.now = after
    await clocked.recorder.file_asked("read", "/home/a.csv")
    assert clocked.events == ["file.asked"] * entries


async def test_however_many_files_were_asked_for_the_next_is_written_down(clocked: Clocked) -> None:
    junk = [f"/home/{n}" for n in range(1001)]
    patients = [f"/home/patients{n}.csv" for n in range(500)]
    for path in junk + patients:
        await clocked.recorder.file_asked("read", path)
    assert [details["path"] for _, details in clocked.link.said] == junk + patients


def test_what_is_remembered_of_files_has_a_limit_and_the_oldest_goes_first() -> None:
    lately = Lately(every_s=60, most=3)
    assert [lately.due((name,), now) for now, name in enumerate("abca")] == [True, True, True, False]
    assert lately.due(("d",), 4)  # in the place of a
    assert [lately.due((name,), 5) for name in "bcd"] == [False] * 3
    assert lately.due(("b",), 61)
    assert lately.due(("e",), 61), "b is now the youngest"
    assert [lately.due((name,), 61) for name in "bde"] == [False] * 3


def test_what_is_remembered_of_refusals_has_a_limit() -> None:
    seldom = Seldom(every_s=60, most=3)
    assert [seldom.due((str(n),), 0) for n in range(6)] == [0, 0, 0, 0, None, None]
    assert seldom.due(("9",), 61) == 0


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/api/contents/home/a%20b.csv", "content=1", ("read", "/home/a b.csv")),
        ("GET", "/api/contents/home/a.csv", "", ("read", "/home/a.csv")),
        ("GET", "/api/contents", "", ("read", "/")),
        ("GET", "/api/contents/home/a.csv", "content=0", None),
        ("GET", "/api/contents/home/a.csv", "content=0&content=1", ("read", "/home/a.csv")),
        ("PUT", "/api/contents/home/a.csv", "content=0", ("write", "/home/a.csv")),
        ("PATCH", "/api/contents/home/a.csv", "", ("move", "/home/a.csv")),
        ("DELETE", "/api/contents/home/a.csv", "", ("delete", "/home/a.csv")),
        ("POST", "/api/contents/home/a.ipynb/checkpoints", "", None),
        ("GET", "/api/status", "", None),
        ("HEAD", "/api/contents/home/a.csv", "", None),
    ],
)
def test_requests_about_files(method: str, path: str, query: str, expected: tuple[str, str] | None) -> None:
    assert file_asked(method, path, query) == expected


@pytest.mark.parametrize(
    ("event", "details"),
    [
        ("door.left", {}),
        ("door.left", {"tally": {"requests": 1}}),
        ("door.counted", {"tally": Tally().as_dict() | {"requests": -1}}),
        ("door.counted", {"tally": Tally().as_dict() | {"requests": "1"}}),
        ("file.asked", {"act": "eat", "path": "/x"}),
        ("file.asked", {"act": "read"}),
        ("door.refused", {"person": 7}),
        ("door.refused", {"unrecorded": True}),
        ("seat.closed", {}),
        (None, {}),
    ],
)
def test_a_report_of_another_form_is_none(event: object, details: dict[str, Any]) -> None:
    assert read_report(event, details) is None


def written(store: Store, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(actor, payload) of every entry of this kind."""
    with store.read() as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
        return [(row.actor, json.loads(row.payload)) for row in rows]


async def test_a_real_door_records_who_came_which_file_how_much_and_who_was_refused(
    place: Place, sqlite_store: Store, tmp_path: Path
) -> None:
    place.sign_in()
    assert await status(place, "api/contents/home/patients.csv") == 200
    assert await status(place, "files/home/patients.csv") == 403
    place.sign_in("mallorys")
    assert await status(place) == 403
    place.sign_in()
    async with dial(place, protocols=(BINARY_PROTOCOL,)) as channel:
        await channel.send_bytes(execute("1"))
        await channel.receive_bytes(timeout=5)
        await channel.send_bytes(b"\x00" * 20)
        assert (await channel.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    await asyncio.sleep(0.1)
    await place.door.watch.on_close("The project has ended.")
    await place.door.recorder.stop()

    assert written(sqlite_store, "door.entered") == [("alice", {"seat": SEAT.id, "kind": "lab"})]
    kept = CellStore(tmp_path, SEAT.project)
    [(actor, asked)] = written(sqlite_store, "file.asked")
    assert (actor, asked["act"], asked["digest"]) == ("alice", "read", kept.digest("/home/patients.csv"))
    assert "patients" not in json.dumps(asked)
    assert [(text["kind"], text["code"]) for text in kept.read()] == [
        ("file read", "/home/patients.csv"),
        ("execute_request", "1"),
    ]
    refusals = [payload for _, payload in written(sqlite_store, "door.refused")]
    assert [one["person"] for one in refusals] == ["alice", "mallory", "alice"]
    assert "Files leave only through the airlock" in refusals[0]["reason"]
    assert "did not understand" in refusals[2]["reason"]
    [(actor, closed)] = written(sqlite_store, "door.closed")
    assert (actor, closed["reason"], closed["requests"]) == ("system:door", "The project has ended.", 1)
    assert closed["bytes_out"] == len("the room") + len(execute("1"))
    assert closed["bytes_in"] == len(execute("1"))


async def test_a_file_that_cannot_be_written_down_does_not_pass(place: Place) -> None:
    place.sign_in()
    assert await status(place) == 200
    await place.warden.stop()
    await place.door.link.close()
    seen = len(place.seen)
    assert await status(place, "api/contents/home/patients.csv") == 503
    assert len(place.seen) == seen
