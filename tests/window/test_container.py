"""The window as a container: it shows the page, its walls are the sandbox's, and it ends to the last process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from hub.rooms.environment import window_image
from hub.rooms.window import RFB_SOCKET
from hub.seat_window import SeatWindow
from hub.settings import Settings
from hub.window_container import WindowContainer
from tests import docker_engine
from tests.isolation.world import processes_of
from tests.window.door_stand_in import COLOUR
from tests.window.opened import Window, opened, until, window_spec
from tests.window.rfb import viewing
from tests.window.test_policies import saved, user_acts
from tests.window.test_walls import check_pages_are_in_their_own_sandbox


@pytest.fixture(scope="module")
def settings(state: Path) -> Iterator[Settings]:
    """Settings with an engine that has the windows' image."""
    reason = docker_engine.missing()
    if reason:
        pytest.skip(reason)
    with docker_engine.running_engine() as address:
        settings = Settings(state=state / "docker", docker_host=address, room_env=docker_engine.ENVIRONMENTS)
        try:
            window_image(settings)
        except PlainError as error:
            pytest.skip(f"{error.sentence} Or: python -m tests.docker_engine make window-image")
        yield settings


@pytest.fixture(scope="module")
def contained(settings: Settings, uid: int) -> Iterator[Window]:
    """A window in a container."""
    spec = window_spec(settings.state, uid + 200_000)
    with opened(spec, partial(WindowContainer, settings)) as window:
        yield window
    assert processes_of(spec.uid) == []


def test_it_shows_the_page_and_hears_the_keys(contained: Window) -> None:
    contained.viewer.look_until(lambda viewer: viewer.share(COLOUR) > 0.9)
    contained.door.run("document.onkeydown = event => { window.pressed = event.key }")
    contained.viewer.press("x")
    until(lambda: contained.door.run("return window.pressed ?? null") == "x")


def test_each_page_runs_in_chromiums_own_sandbox(contained: Window) -> None:
    check_pages_are_in_their_own_sandbox(contained)


def test_its_walls_are_those_of_the_sandbox(contained: Window) -> None:
    (start,) = contained.processes("/opt/window/start.py")[-1:]
    lines = Path(f"/proc/{start}/status").read_text().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert {status[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert set(status["Groups"].split()) <= {str(contained.spec.gid)}
    assert set(status["Uid"].split()) == {str(contained.spec.uid)}
    devices = Path(f"/proc/{start}/net/dev").read_text().splitlines()[2:]
    assert [line.partition(":")[0].strip() for line in devices] == ["lo"]
    root = Path(f"/proc/{start}/root")
    assert not {"data", "workspace", "outbox", "inbox"} & set(os.listdir(root))
    mounts = [line.split() for line in Path(f"/proc/{start}/mounts").read_text().splitlines()]
    options = {mount[1]: mount[3].split(",") for mount in mounts}
    assert "ro" in options["/"] and "ro" in options["/run/door"] and "rw" in options["/run/window"]


def test_the_policies_hold(contained: Window) -> None:
    user_acts(
        contained,
        "const a = document.createElement('a'); a.href = '/table.csv'; a.download = 'table.csv'; a.click()",
    )
    time.sleep(0.8)
    assert saved(contained, "table*.csv*") == []


async def test_it_dies_and_comes_again_and_a_missing_image_is_named(settings: Settings, uid: int) -> None:
    spec = window_spec(settings.state.parent / "again", uid + 300_000)
    seat = SeatWindow(spec, partial(WindowContainer, settings))
    await seat.start()
    try:
        for pid in processes_of(spec.uid):
            with contextlib.suppress(ProcessLookupError):  # the first one takes the others along
                os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not processes_of(spec.uid))
        assert await seat.see_to() is None
        with viewing(spec.run / RFB_SOCKET) as viewer:
            viewer.look()
    finally:
        await seat.end()
    assert processes_of(spec.uid) == []
    without = settings.model_copy(update={"window_image": "lockedroom-window:none"})
    with pytest.raises(
        PlainError, match="does not have the image lockedroom-window:none: run `make window-image`"
    ):
        await SeatWindow(spec, partial(WindowContainer, without)).start()
