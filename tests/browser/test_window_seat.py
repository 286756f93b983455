"""A seat of the tier that holds patient-level data: the person works in JupyterLab and gets nothing but pixels."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from output_checker.isolation import cgroup
from playwright.sync_api import Browser, Page, Response, WebSocket, expect
from sqlalchemy import select

from hub.governance.members import end_member, list_members
from hub.rooms.inside import installation_mark
from hub.rooms.window import missing_programs
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.browser.conftest import AlicesSession
from tests.browser.site import SCREENSHOTS, Site, eventually
from tests.isolation.world import environments, processes_of, read_proc
from tests.journey.running_hub import ACTOR

IN = "You are in the room."
# Where things are at this size of the viewport.
SIZE = {"width": 1280, "height": 800}
NOTEBOOK_TILE = (456, 275)
# The word is made in the kernel: it stands neither in what is typed nor in an address.
WORD = "ZEBRA7731"
CODE = (
    "from IPython.display import HTML\n"
    "word = 'ZEB' + 'RA' + str(7700 + 31)\n"
    "HTML('<p style=background:#12ab34;height:9em>' + word)"
)
GREEN = (0x12, 0xAB, 0x34)
WHITE = (0xFF, 0xFF, 0xFF)
SHARE = """([red, green, blue]) => {
    const canvas = document.querySelector('#screen canvas');
    if (!canvas || !canvas.width) return 0;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let found = 0;
    for (let i = 0; i < data.length; i += 4)
        found += Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 12;
    return found / (data.length / 4);
}"""


class Received:
    """Everything that reached the browser from the seat."""

    def __init__(self, page: Page, site: Site) -> None:
        self.responses: list[Response] = []
        self.frames: list[str | bytes] = []
        self._origin = site.origin("cohort")
        page.on("response", self._keep)
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(frame))

    def _keep(self, response: Response) -> None:
        if response.url.startswith(self._origin):
            self.responses.append(response)


@pytest.fixture(scope="module")
def page(chromium: Browser, site: Site, alices: AlicesSession) -> Iterator[Page]:
    """Alice's browser, signed in; its clipboard may be read."""
    if missing := missing_programs():
        pytest.skip(missing)
    alices.forget()
    context = chromium.new_context(viewport=SIZE, locale="en-GB")
    context.grant_permissions(["clipboard-read"], origin=site.public_url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    site.sign_in(page, "alice")
    yield page
    context.close()


@pytest.fixture(scope="module")
def received(page: Page, site: Site) -> Received:
    return Received(page, site)


def share(page: Page, colour: tuple[int, int, int]) -> float:
    """Which share of the picture has this colour."""
    return float(page.evaluate(SHARE, list(colour)))


def seen(page: Page, condition: Callable[[], bool], within_s: float = 60) -> None:
    """Wait for the picture, and keep it if it does not come."""
    come = eventually(condition, within_s)
    page.screenshot(path=SCREENSHOTS / "window-seat.png")
    assert come, "see var/screenshots/window-seat.png"


def still(page: Page) -> None:
    """Wait until two pictures a second apart are the same."""
    deadline, last = time.monotonic() + 60, b""
    while (now := page.locator("#screen canvas").screenshot()) != last:
        assert time.monotonic() < deadline, "the picture does not come to rest"
        last = now
        page.wait_for_timeout(1500)


def window_processes(site: Site) -> dict[str, int]:
    """Host numbers of the window's programs, by the end of their command."""
    mark = b"LOCKEDROOM_WINDOW_PATH=/user/alice/cohort/lab"
    found = {}
    for pid, environment in environments():
        if mark in environment:
            found[os.path.basename(read_proc(pid, "cmdline").split(b"\0")[0]).decode()] = pid
    return found


def memory_mib(site: Site, which: str) -> int | None:
    """What the kernel counts for the seat's room or window, where there are control groups."""
    hierarchies = cgroup.find_hierarchies()
    name = f"{installation_mark(site.hub.state)}-alice.cohort{which}"
    for folder in hierarchies.folders(name) if hierarchies else []:
        for file in ("memory.usage_in_bytes", "memory.current"):
            if (folder / file).exists():
                return int((folder / file).read_text()) >> 20
    return None


def test_a_notebook_through_pixels(page: Page, site: Site, received: Received) -> None:
    began = time.monotonic()
    page.goto(site.public_url + "/hub/spawn/alice/cohort")
    expect(page.locator("#status")).to_have_text(IN, timeout=120_000)
    still(page)
    print(f"\nJupyterLab seen after {time.monotonic() - began:.1f} s")
    notebook = _notebook(site)
    for _ in range(6):  # a picture at rest may be one that is still empty
        page.mouse.click(*NOTEBOOK_TILE)
        if eventually(notebook.exists, within_s=15):
            break
    page.wait_for_timeout(3000)
    still(page)
    page.keyboard.type(CODE, delay=15)
    page.keyboard.press("Shift+Enter")
    seen(page, lambda: share(page, GREEN) > 0.02)
    page.screenshot(path=SCREENSHOTS / "window-notebook.png")
    print(f"memory in MiB: window {memory_mib(site, '-window')}, room {memory_mib(site, '')}")

    kinds = {response.headers.get("content-type", "").split(";")[0] for response in received.responses}
    assert kinds <= {"text/html", "text/css", "text/javascript", ""}
    addresses = {response.url.removeprefix(site.seat("cohort")) for response in received.responses}
    assert not [one for one in addresses if one.startswith(("api", "lab/", "files", "static", "lsp"))]
    bodies = [response.body() for response in received.responses if response.status == 200]
    frames = [frame if isinstance(frame, bytes) else frame.encode() for frame in received.frames]
    assert len(frames) > 5, "the pixels"
    for received_bytes in (*bodies, *frames):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert WORD.encode(encoding) not in received_bytes


def test_what_is_copied_inside_is_in_no_clipboard_outside(page: Page, site: Site) -> None:
    page.mouse.click(700, 200)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.wait_for_timeout(500)
    other = page.context.new_page()
    other.goto(site.public_url + "/hub/home")
    assert other.evaluate("navigator.clipboard.readText()") == ""
    other.close()


def test_a_window_that_dies_comes_again_and_the_room_runs_on(page: Page, site: Site) -> None:
    before = window_processes(site)
    rooms = processes_of(_seat_uid(site))
    os.kill(before["Xvnc"], signal.SIGKILL)
    assert eventually(lambda: window_processes(site).get("Xvnc", before["Xvnc"]) != before["Xvnc"], 30)
    expect(page.locator("#status")).to_have_text(IN, timeout=60_000)
    assert set(rooms) <= set(processes_of(_seat_uid(site)))
    # JupyterLab opens the notebook again; what was not saved went with the window.
    seen(page, lambda: share(page, WHITE) > 0.3 and share(page, GREEN) == 0)


def test_the_ledger_has_the_windows_limits(page: Page, site: Site) -> None:
    with site.hub.store.read() as session:
        opened = session.scalars(
            select(LedgerEntry).where(LedgerEntry.kind == "seat.opened", LedgerEntry.project == "cohort")
        ).one()
    assert json.loads(opened.payload)["window"]["memory_bytes"] == 1024 << 20


def test_the_window_is_another_user_than_the_room(page: Page, site: Site) -> None:
    seat = _seat_uid(site)
    uid, gid = site.hub.settings.window_ids(seat)
    status = read_proc(window_processes(site)["Xvnc"], "status").decode()
    ids = {
        line.split()[0]: set(line.split()[1:]) for line in status.splitlines() if line[:4] in {"Uid:", "Gid:"}
    }
    assert ids == {"Uid:": {str(uid)}, "Gid:": {str(gid)}}
    assert uid not in {seat, 0}


def test_when_membership_ends_the_picture_goes_dark_and_everything_stops(page: Page, site: Site) -> None:
    seat = _seat_uid(site)
    uid, _ = site.hub.settings.window_ids(seat)
    now = utc_now()
    with site.hub.store.write() as session:
        end_member(session, project="cohort", person="alice", reason="moved on", actor=ACTOR, now=now)
    began = time.monotonic()
    expect(page.locator("#screen canvas")).not_to_be_visible(timeout=10_000)
    dark = time.monotonic() - began
    assert eventually(lambda: not processes_of(seat) and not processes_of(uid), within_s=10 - dark)
    print(f"\ndark after {dark:.1f} s, room and window stopped after {time.monotonic() - began:.1f} s")
    page.screenshot(path=SCREENSHOTS / "window-ended.png")


def _notebook(site: Site) -> Path:
    return site.hub.state / "seats" / "alice.cohort" / "home" / "Untitled.ipynb"


def _seat_uid(site: Site) -> int:
    with site.hub.store.read() as session:
        (alice,) = list_members(session, "cohort")
    return site.hub.settings.seat_uid(alice.seat_number)
