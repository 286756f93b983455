"""A real hub with real rooms, and the seats under test: what runs inside them, and what the host sees of it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import inspect
import json
import os
import re
import socket
import stat
import threading
import time
import zlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from hub.governance import Refused, admission
from hub.governance.members import add_member
from hub.store.clock import utc_now
from tests.journey.browser_session import Browser, Kernel
from tests.journey.browser_session import Refused as BrowserRefused
from tests.journey.running_hub import ACTOR, Account, RunningHub

_MARK = "\x1e"
_PULSE_S = 8
MEMBERS = {"one": ["alice", "bob"], "two": ["alice"]}
# Small, so that filling them is quick; large enough for JupyterLab and a kernel.
LIMITS = {
    "LOCKEDROOM_SEAT_MEMORY_MB": "1024",
    "LOCKEDROOM_SEAT_PROCESSES": "300",
    "LOCKEDROOM_SEAT_DISK_MB": "64",
    "LOCKEDROOM_SEAT_CPUS": "1",
    # Users of its own, apart from those of another hub that may run on this machine just now.
    "LOCKEDROOM_SEAT_UID_BASE": str(1_000_000 + 100 * (os.getpid() % 9000)),
    "LOCKEDROOM_PROJECT_GID_BASE": str(2_000_000 + 100 * (os.getpid() % 9000)),
}


class Background:
    """An event loop in a thread of its own, so that tests read as plain sequences."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Start it and go on."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, Any], within_s: float = 120) -> Any:
        """Start it and wait for what comes of it."""
        return self.begin(work).result(within_s)

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class World:
    """A hub, two people, two projects with an extract each, and their seats."""

    state: Path
    rooms: str
    environment: dict[str, str]
    hub: RunningHub = field(init=False)
    background: Background = field(default_factory=Background)
    born: float = field(default_factory=time.time)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _seats: dict[str, SeatUnderTest] = field(default_factory=dict)

    def start(self) -> None:
        """People, projects and extracts; then the hub."""
        self.hub = RunningHub(self.state, environment=LIMITS | self.environment)
        for person in ("alice", "bob"):
            self._accounts[person] = self.hub.add_person(person, person.title())
        for project, members in MEMBERS.items():
            self.hub.add_project(project, f"Project {project}", tier="low", members=members)
            make_extract(self.state, project)
        self.hub.start()

    def close(self) -> None:
        """Stop everything that was started here."""
        for seat in self._seats.values():
            seat.let_sleep()
        for browser in self._browsers.values():
            self.background.wait(browser.__aexit__(None, None, None))
        self.hub.stop()
        self.background.close()

    def browser(self, person: str) -> Browser:
        """The person's browser, signed in."""
        if person not in self._browsers:
            browser = Browser(self.hub.public_url, person)
            self.background.wait(browser.__aenter__())
            self.background.wait(browser.sign_in(self._accounts[person].password))
            self._browsers[person] = browser
        return self._browsers[person]

    def sign_in_again(self) -> None:
        """Forget the browsers' sessions."""
        for browser in self._browsers.values():
            self.background.wait(browser.__aexit__(None, None, None))
        self._browsers.clear()

    def seat(self, person: str, project: str) -> SeatUnderTest:
        """The seat, with its room open and a kernel that answers."""
        seat = self._seats.setdefault(f"{person}.{project}", SeatUnderTest(self, person, project))
        seat.open()
        return seat

    def renew(self, person: str, project: str) -> None:
        """A new membership for somebody whose last one ended."""
        now = utc_now()
        with self.hub.store.write() as session:
            add_member(
                session,
                project=project,
                person=person,
                starts_at=now,
                ends_at=now + timedelta(days=1),
                actor=ACTOR,
                now=now,
            )

    def hub_answers(self) -> float:
        """Seconds until the hub's own health page answered 200."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.hub.settings.hub_port), timeout=10) as client:
            host = self.hub.public_url.removeprefix("http://")
            client.sendall(f"GET /hub/health HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = client.recv(200)
        assert b" 200 " in answer.split(b"\r\n", 1)[0], answer
        return time.monotonic() - began

    def pids_of_hub(self) -> dict[str, list[int]]:
        """Host processes of this hub outside the rooms, by what they are."""
        found: dict[str, list[int]] = {"hub": [], "proxy": [], "door": [], "other": []}
        mark = f"LOCKEDROOM_STATE={self.state}".encode()
        door_mark = f"LOCKEDROOM_DOOR_RUN_DIR={self.state}/".encode()
        for pid, environment in environments():
            command = read_proc(pid, "cmdline")
            if door_mark in environment:
                found["door"].append(pid)
            elif mark in environment.split(b"\0"):
                kind = "other"
                if b"configurable-http-proxy" in command:
                    kind = "proxy"
                elif b"\0-m\0hub.jupyterhub_app\0" in command:
                    kind = "hub"
                found[kind].append(pid)
        return found


class SeatUnderTest:
    """One seat: a kernel inside it, and the host's view of it."""

    def __init__(self, world: World, person: str, project: str) -> None:
        self.world, self.person, self.project = world, person, project
        self.name = f"{person}.{project}"
        self.run_dir = world.state / "run" / "rooms" / self.name
        self.folder = world.state / "seats" / self.name
        with world.hub.store.read() as session:
            decision = admission(session, person=person, project=project, now=utc_now())
        assert not isinstance(decision, Refused)
        settings = world.hub.settings
        self.uid = settings.seat_uid(decision.terms.seat_number)
        self.gid = settings.project_gid(decision.terms.project_number)
        self._kernel: Kernel | None = None
        self.turn = asyncio.Lock()
        self._pulse: Future[Any] | None = None

    @property
    def browser(self) -> Browser:
        """The owner's browser."""
        return self.world.browser(self.person)

    @property
    def kernel(self) -> Kernel:
        """The kernel that :meth:`call` uses."""
        assert self._kernel is not None
        return self._kernel

    def open(self) -> None:
        """Open the room and start a kernel, unless that was done already and the websocket still stands."""
        if self._kernel is not None and not self._kernel.socket.closed:
            return
        wait = self.world.background.wait
        wait(self.browser.open_room(self.project))
        self._kernel = wait(self.browser.kernel(self.project))
        # Attempts name secrets and paths; the notebook's own history would keep them as if found.
        wait(self._kernel.run("get_ipython().history_manager.enabled = False"))
        self.let_sleep()
        self._pulse = self.world.background.begin(self._keep_awake(self._kernel))

    def let_sleep(self) -> None:
        """No more of :meth:`_keep_awake`."""
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None

    async def _keep_awake(self, kernel: Kernel) -> None:
        """A browser answers the door's pings by itself; this client does only while it reads."""
        with contextlib.suppress(BrowserRefused, ConnectionError, TimeoutError, aiohttp.ClientError):
            while not kernel.socket.closed:
                await asyncio.sleep(_PULSE_S)
                if not self.turn.locked():
                    async with self.turn:
                        await kernel.run("None", within_s=60)

    def close(self, within_s: float = 30) -> float:
        """Stop the room as the hub's page does; seconds until no process of the seat was left."""
        began = time.monotonic()
        wait = self.world.background.wait
        wait(self.browser.close_room(self.project))
        self._kernel = None
        self.let_sleep()
        while self.processes():
            assert time.monotonic() - began < within_s, f"still running: {self.processes()}"
            time.sleep(0.05)
        gone = time.monotonic() - began
        while wait(self.browser.hub_api("GET", "user"))[1].get("servers", {}).get(self.project):
            assert time.monotonic() - began < within_s, "the hub still shows the seat"
            time.sleep(0.1)
        return gone

    def restart(self) -> None:
        """A fresh room."""
        self.close()
        self.open()

    def begin(self, attempt: Callable[..., Any], *arguments: Any, within_s: float = 60) -> Future[Any]:
        """Run the attempt in the room's kernel and go on; the future holds what it returned."""
        return self.world.background.begin(self._call(attempt, arguments, within_s))

    def call(self, attempt: Callable[..., Any], *arguments: Any, within_s: float = 60) -> Any:
        """Run the attempt in the room's kernel; what it returned."""
        return self.begin(attempt, *arguments, within_s=within_s).result(within_s + 30)

    async def _call(self, attempt: Callable[..., Any], arguments: tuple[Any, ...], within_s: float) -> Any:
        async with self.turn:
            ran = await self.kernel.run(shipped(attempt, *arguments), within_s=within_s)
        assert ran.error is None, f"{attempt.__name__} in {self.name}: {ran.error}\n{ran.text[-2000:]}"
        return json.loads(ran.text.rpartition(_MARK)[2])

    def processes(self) -> list[int]:
        """Host processes that run as this seat's user."""
        return processes_of(self.uid)

    @property
    def door_pid(self) -> int:
        """The seat's door."""
        mark = f"LOCKEDROOM_DOOR_RUN_DIR={self.run_dir}".encode()
        found = [pid for pid, environment in environments() if mark in environment.split(b"\0")]
        assert len(found) == 1, {pid: read_proc(pid, "status")[:300] for pid in found}
        return found[0]

    def api_status(self) -> int:
        """The status with which the door answers a request for the room's ``api/status``."""
        return self.get("api/status")[0]

    def get(self, path: str, within_s: float = 30) -> tuple[int, dict[str, str], str]:
        """(status, headers, text) of a request that the seat's page makes."""

        async def ask() -> tuple[int, dict[str, str], str]:
            headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
            url = self.browser.seat_url(self.project) + path
            async with asyncio.timeout(within_s):
                async with self.browser.http.get(url, headers=headers, allow_redirects=False) as answer:
                    return answer.status, dict(answer.headers), await answer.text(errors="replace")

        result: tuple[int, dict[str, str], str] = self.world.background.wait(ask())
        return result


def shipped(attempt: Callable[..., Any], *arguments: Any) -> str:
    """An attempt as the text of a cell."""
    # Packed: some attempts carry long answers, and the door lets no cell of more than 256 KiB pass.
    packed = base64.b64encode(zlib.compress(json.dumps(arguments).encode())).decode()
    called = f"{attempt.__name__}(*_json.loads(_zlib.decompress(_base64.b64decode({packed!r}))))"
    return (
        "from __future__ import annotations\nimport base64 as _base64, json as _json, zlib as _zlib\n"
        f"{inspect.getsource(attempt)}\nprint({_MARK!r} + _json.dumps({called}))"
    )


def make_extract(state: Path, project: str) -> Path:
    """A synthetic extract. Anybody may write to it as far as owner and mode go, so that only the room's
    own walls are in the way."""
    name = hashlib.sha256(project.encode()).hexdigest()
    folder = state / "data" / "extracts" / project / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"rows": 1}')
    (folder / "x.parquet").write_bytes(b"PAR1 synthetic PAR1")
    for file in folder.iterdir():
        file.chmod(0o666)
    folder.chmod(0o777)
    (folder.parent / "current").write_text(name)
    return folder


def processes_of(uid: int) -> list[int]:
    """Host processes that run as ``uid``, dead ones that wait to be reaped left out."""
    found = []
    for pid in pids():
        status = read_proc(pid, "status").decode(errors="replace")
        uids = re.search(r"^Uid:\s+(.*)$", status, re.MULTILINE)
        if uids and str(uid) in uids.group(1).split() and not re.search(r"^State:\s+[ZX]", status, re.M):
            found.append(pid)
    return found


def pids() -> Iterator[int]:
    """All processes of this machine."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def environments() -> Iterator[tuple[int, bytes]]:
    """Each process with the environment it was started with."""
    for pid in pids():
        yield pid, read_proc(pid, "environ")


def read_proc(pid: int, name: str) -> bytes:
    """A file of a process; empty if the process is gone or of the kernel."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def listening_ports(pid: int) -> list[int]:
    """TCP ports at which a process listens."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.stat(entry.path).st_mode):
                inodes.add(os.stat(entry.path).st_ino)
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and int(row[9]) in inodes]
