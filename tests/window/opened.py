"""A real window without a hub: its sandbox, its programs, a viewer at one end, a stand-in of the door at the other."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from output_checker.isolation import Sandbox, cgroup
from output_checker.isolation.handover import sandbox_fd

from hub.rooms.folders import prepare_window
from hub.rooms.window import RFB_SOCKET, WindowLimits, WindowSpec, sandbox_of
from hub.seat_window import Running
from hub.window_sandbox import WindowSandbox
from tests.isolation.world import processes_of, read_proc
from tests.window.door_stand_in import DoorStandIn, answering
from tests.window.rfb import Viewer, viewing

MIB = 1 << 20
LIMITS = WindowLimits(memory_bytes=1024 * MIB, processes=512, cpu_percent=200)


@dataclass
class Window:
    """A running window."""

    spec: WindowSpec
    sandbox: Running
    door: DoorStandIn
    viewer: Viewer

    def processes(self, word: str) -> list[int]:
        """Host numbers of the window's processes whose command line has this word."""
        return [pid for pid in processes_of(self.spec.uid) if word.encode() in read_proc(pid, "cmdline")]

    def seen_from_host(self, path: str) -> Path:
        """A path of the window, as the host reaches it."""
        start = self.processes("start.py")[-1]  # in a container the first one is its reaper
        return Path(f"/proc/{start}/root{path}")


def window_spec(state: Path, uid: int) -> WindowSpec:
    """A window for Alice in project one, with fresh folders below ``state``."""
    run, door, missing = prepare_window(state, seat="alice.one", uid=uid, gid=uid)
    assert missing == []
    name = f"test-{os.getpid()}-{uid}-window"
    return WindowSpec(name, "alice", "one", uid, uid, "/user/alice/one/lab", run, door, LIMITS)


@contextmanager
def opened(spec: WindowSpec, isolate: Callable[[WindowSpec], Running] = WindowSandbox) -> Iterator[Window]:
    """The window, from its start until its first page has run a step."""
    sandbox = isolate(spec)
    with answering(spec.door / "door.sock") as door:
        asyncio.run(sandbox.start())
        try:
            with viewing(spec.run / RFB_SOCKET) as viewer:
                door.run("return 1", within_s=60)
                yield Window(spec, sandbox, door, viewer)
        finally:
            asyncio.run(sandbox.stop())


def call(spec: WindowSpec, attempt: Callable[..., Any], *arguments: Any) -> Any:
    """Run the attempt in the place of the window's programs; what it returned."""
    code = (
        "from __future__ import annotations\nimport json as _json\n"
        f"{inspect.getsource(attempt)}\n"
        f"_found = {attempt.__name__}(*_json.loads({json.dumps(arguments)!r}))\n"
        "open('/run/window/.found', 'w').write(_json.dumps(_found))"
    )
    run_instead(spec, ("/usr/bin/python3", "-c", code))
    written = spec.run / ".found"
    found = json.loads(written.read_text())
    written.unlink()
    return found


def run_instead(spec: WindowSpec, command: tuple[str, ...], within_s: float = 60) -> None:
    """Run a command in the window's sandbox in the place of its programs, to its end."""
    changed: Sandbox = sandbox_of(spec).model_copy(
        update={"command": command, "name": f"{spec.name}-instead", "quiet": False}
    )
    fd = sandbox_fd(changed)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "output_checker.isolation.launch", str(fd)],
            pass_fds=(fd,),
            env={},
            capture_output=True,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
    finally:
        os.close(fd)
        hierarchies = cgroup.find_hierarchies()
        assert hierarchies is None or cgroup.remove(hierarchies, changed.name)


def until(true: Callable[[], object], within_s: float = 60) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, inspect.getsource(true)
        time.sleep(0.05)
