"""A seat's window as the hub sees it: it comes up, dies, comes again, and says so where it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from output_checker.errors import PlainError
from output_checker.isolation import Sandbox, cgroup

from hub.rooms import window
from hub.rooms.window import RFB_SOCKET, WindowSpec
from hub.seat_window import SeatWindow
from hub.window_sandbox import WindowSandbox
from tests.isolation.world import processes_of, read_proc
from tests.window.opened import until
from tests.window.rfb import viewing


def xvnc(spec: WindowSpec) -> list[int]:
    """The screen's process."""
    return [pid for pid in processes_of(spec.uid) if read_proc(pid, "cmdline").startswith(b"/usr/bin/Xvnc\0")]


async def test_it_answers_dies_and_comes_again(place: WindowSpec) -> None:
    seat = SeatWindow(place, WindowSandbox)
    began = time.monotonic()
    await seat.start()
    print(f"\nthe window answered after {time.monotonic() - began:.1f} s")
    try:
        assert await seat.see_to() is None
        (before,) = xvnc(place)
        (place.run / "left-over").write_text("for the next one")
        os.kill(before, signal.SIGKILL)
        until(lambda: not processes_of(place.uid))  # without its screen, the rest has no use
        assert await seat.see_to() is None
        with viewing(place.run / RFB_SOCKET) as viewer:
            viewer.look()
        (again,) = xvnc(place)
        assert again != before
        assert [path.name for path in place.run.iterdir()] == [RFB_SOCKET]
    finally:
        await seat.end()
    assert processes_of(place.uid) == []
    hierarchies = cgroup.find_hierarchies()
    assert hierarchies is None or not any(folder.exists() for folder in hierarchies.folders(place.name))


def in_its_place(monkeypatch: pytest.MonkeyPatch, *command: str) -> None:
    """Every window runs this command instead of its programs."""
    built = window.sandbox_of

    def changed(spec: WindowSpec) -> Sandbox:
        return built(spec).model_copy(update={"command": command})

    monkeypatch.setattr(window, "sandbox_of", changed)


async def test_a_window_that_ends_at_once_is_said_to(
    place: WindowSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_its_place(monkeypatch, "/usr/bin/false")
    starts = 0

    class Counted(WindowSandbox):
        async def start(self) -> None:
            nonlocal starts
            starts += 1
            await super().start()

    seat = SeatWindow(place, Counted)
    with pytest.raises(PlainError, match="window could not start: it ended while it was starting"):
        await seat.start()
    deadline = time.monotonic() + 40
    while (said := await seat.see_to()) is None and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    assert said == "its window ended again and again"
    assert starts == 1 + 5
    await seat.end()


@pytest.mark.parametrize(
    "trick",
    [
        "ln -s /run/door/door.sock /run/window/rfb.sock",
        "mkdir /run/window/rfb.sock",
        "mkfifo /run/window/rfb.sock",
    ],
)
async def test_what_is_not_the_windows_own_socket_is_no_answer(
    place: WindowSpec, monkeypatch: pytest.MonkeyPatch, trick: str
) -> None:
    in_its_place(monkeypatch, "/bin/sh", "-c", f"{trick}; sleep 2")
    seat = SeatWindow(place, WindowSandbox)
    with pytest.raises(PlainError, match="it ended while it was starting"):
        await seat.start()
    await seat.end()


async def test_missing_programs_are_named(place: WindowSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_PROGRAMS_OF_DEBIAN", ("/usr/bin/Xvnc", "/nonexistent/chromium"))
    seat = SeatWindow(place, WindowSandbox)
    with pytest.raises(PlainError, match="apt-get install chromium tigervnc-standalone-server"):
        await seat.start()
    await seat.end()
