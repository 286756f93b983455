"""What the tests of faults know of one running kernel, to say afterwards that nothing was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import aiohttp

from hub.door.cell_store import CellStore
from hub.ledger import EventKind, verify
from hub.ledger.heads import read_anchors
from hub.ledger.keys import PUBLIC_NAME, load_public_key
from tests.isolation.attempts import files
from tests.isolation.world import SeatUnderTest, World, processes_of
from tests.journey.browser_session import split
from tests.journey.journey import ledger_payloads

COUNT = """
import threading, time, pathlib
def _count():
    number = 0
    while True:
        number += 1
        pathlib.Path("/workspace/home/counter").write_text(str(number))
        time.sleep(0.1)
if "_counting" not in globals():
    _counting = threading.Thread(target=_count, daemon=True)
    _counting.start()
    kept = "in the kernel's memory"
"""


def until(holds: Callable[[], Any], within_s: float, what: str) -> None:
    """Wait until it holds; fails with ``what``."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.1)


class Witness:
    """Alice's room in project one, with a kernel that counts into a file."""

    def __init__(self, world: World) -> None:
        self.world = world
        until(self.hub_answers, 30, "the hub answers")
        self.seat: SeatUnderTest = world.seat("alice", "one")
        self.seat.let_sleep()
        until(self.answers, 30, "the door answers")
        self.kernel_id = self._kernels()[0]
        self._run(COUNT)
        self.last_heard = 0.0
        self.closed = False
        self.seat.call(files.write_text, "/workspace/home/kept", "my work")
        self._processes = set(processes_of(self.seat.uid))
        self._counted = self._counter()
        self._cells = len(ledger_payloads(world.hub, EventKind.CELL_PASSED))

    @property
    def door(self) -> int | None:
        """The door's process."""
        found = self.world.pids_of_hub()["door"]
        return found[0] if len(found) == 1 else None

    def answers(self) -> bool:
        """Whether the door lets the browser in that signed in at the beginning, without signing in again."""
        try:
            return self.seat.api_status() == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def hub_answers(self) -> bool:
        """Whether the hub does."""
        try:
            return self.world.hub_answers() < 5
        except (OSError, AssertionError):
            return False

    def talk(self, lines: int) -> Future[list[str]]:
        """Begin a cell that prints a number every 0.1 s; the lines that came through the one websocket."""
        code = f"import time\nfor number in range({lines}): print(number, flush=True); time.sleep(0.1)"
        talking = self.world.background.begin(self._listen(code))
        until(lambda: self.last_heard, 20, "the cell began to talk")
        return talking

    def reconnect(self) -> None:
        """As the browser's page does: to the same kernel, which knows what it knew."""
        wait = self.world.background.wait
        wait(self.seat.kernel.close())
        self.seat._kernel = wait(self.seat.browser.kernel("one", self.kernel_id))
        assert "in the kernel's memory" in self._run("print(kept)")

    def nothing_is_lost(self) -> None:
        """The kernel counted on, its processes are those of before, the file is there, the ledger is whole."""
        if self.closed:
            return
        until(lambda: self._counter() > self._counted, 10, "the kernel counts on")
        assert self._processes <= set(processes_of(self.seat.uid)), "the room's processes are those of before"
        assert (self.seat.folder / "home" / "kept").read_text() == "my work"
        hub, project = self.world.hub, "one"
        entries = ledger_payloads(hub, EventKind.CELL_PASSED)
        kept = CellStore(self.world.state, project)
        assert len(entries) > 0
        assert [entry["digest"] for entry in entries] == [
            kept.digest(text["code"]) for text in kept.read() if not text["kind"].startswith("file")
        ]
        assert ledger_payloads(hub, EventKind.DOOR_GAP) == []
        anchors = hub.settings.anchors
        heads = list(read_anchors(anchors, load_public_key(hub.settings.keys / PUBLIC_NAME)))
        with hub.store.read() as session:
            assert verify(session, heads).intact

    def _run(self, code: str) -> str:
        ran = self.world.background.wait(self.seat.kernel.run(code))
        assert ran.error is None, ran.error
        return str(ran.text)

    def _kernels(self) -> list[str]:
        listed = self.world.background.wait(self.seat.browser.room_api("one", "GET", "api/kernels"))
        return [str(one["id"]) for one in listed]

    def _counter(self) -> int:
        return int((self.seat.folder / "home" / "counter").read_text() or 0)

    async def _listen(self, code: str) -> list[str]:
        self.last_heard = 0.0
        text = ""
        message_id = await self.seat.kernel.send("execute_request", {"code": code, "silent": False})
        async for message in self.seat.kernel.socket:
            assert message.type is aiohttp.WSMsgType.BINARY, message
            _, header, parent, content = split(message.data)
            if parent.get("msg_id") != message_id:
                continue
            if header["msg_type"] == "stream":
                self.last_heard = time.monotonic()
                text += content["text"]
            if header["msg_type"] == "status" and content["execution_state"] == "idle":
                return text.split()
        raise AssertionError(
            f"the websocket closed ({self.seat.kernel.socket.close_code}) after {text[-40:]!r}"
        )
