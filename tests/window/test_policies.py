"""What the person, or a page of the room, tries with the browser in a window: it does not lead out of the page."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.window.door_stand_in import COLOUR
from tests.window.opened import Window, until

HELD_S = 0.8  # for what should not happen
ELSEWHERE = 8001
LISTENER = (
    "import http.server, sys\n"
    f"server = http.server.HTTPServer(('127.0.0.1', {ELSEWHERE}), http.server.SimpleHTTPRequestHandler)\n"
    "print('up', flush=True)\nserver.serve_forever()"
)


def undisturbed(window: Window) -> bool:
    """Whether the page still has the whole screen and the keys."""
    window.viewer.look()
    return bool(window.viewer.share(COLOUR) > 0.9 and window.door.run("return document.hasFocus()"))


def saved(window: Window, name: str) -> list[Path]:
    """Files of that name anywhere the window can write."""
    return [
        path for top in ("/tmp", "/run/window", "/dev/shm") for path in window.seen_from_host(top).rglob(name)
    ]


def user_acts(window: Window, code: str) -> None:
    """Run code in the page in answer to a click, as browsers ask for what a page may only do then."""
    window.door.run(f"document.onclick = () => {{ document.onclick = null; {code} }}")
    window.viewer.click(640, 300)


@pytest.fixture(autouse=True)
def starts_undisturbed(window: Window) -> Iterator[None]:
    until(lambda: undisturbed(window))
    yield
    window.viewer.look()
    window.viewer.save(Path("var/screenshots/window-policies.png"))


@pytest.mark.parametrize(
    "address", ["'/table.csv'", "URL.createObjectURL(new Blob(['name,nhs_number']))"], ids=["server", "blob"]
)
def test_nothing_can_be_downloaded(window: Window, address: str) -> None:
    code = f"const a = document.createElement('a'); a.href = {address}; a.download = 'table.csv'; a.click()"
    user_acts(window, code)
    time.sleep(HELD_S)
    assert saved(window, "table*.csv*") == [] and saved(window, "*.crdownload") == []


@pytest.mark.parametrize(
    "keys",
    [
        ("Control", "p"),
        ("Control", "o"),
        ("Control", "s"),
        ("Control", "h"),
        ("Control", "j"),
        ("Shift", "Escape"),
        ("F11",),
    ],
    ids="+".join,
)
def test_no_key_leads_out_of_the_page(window: Window, keys: tuple[str, ...]) -> None:
    before = window.door.run("return [innerWidth, innerHeight]")
    window.viewer.press(*keys)
    time.sleep(HELD_S)
    assert undisturbed(window)
    assert window.door.run("return [innerWidth, innerHeight]") == before


@pytest.mark.parametrize("keys", [("F12",), ("Control", "Shift", "I"), ("Control", "u")], ids="+".join)
def test_there_are_no_developer_tools(window: Window, keys: tuple[str, ...]) -> None:
    before = window.door.run("return [innerWidth, innerHeight]")
    window.viewer.press(*keys)
    time.sleep(HELD_S)
    assert window.door.run("return [innerWidth, innerHeight]") == before
    window.viewer.press("Escape")  # the browser's own words that there are none
    until(lambda: undisturbed(window))


def test_a_page_cannot_print(window: Window) -> None:
    window.door.run("window.onbeforeprint = () => { window.printed = true }; print()")
    time.sleep(HELD_S)
    assert undisturbed(window)


def test_there_is_no_file_chooser(window: Window) -> None:
    user_acts(
        window,
        "const i = document.createElement('input'); i.type = 'file';"
        "i.oncancel = () => { window.cancelled = true }; i.click()",
    )
    time.sleep(HELD_S)
    assert undisturbed(window)


@pytest.mark.parametrize("keys", [("Control", "l"), ("Control", "n")], ids="+".join)
def test_no_address_can_be_typed(window: Window, keys: tuple[str, ...]) -> None:
    leak = window.spec.run / "leak.html"
    leak.write_text("<img src='http://127.0.0.1:8000/leaked-from-a-file'>")
    leak.chmod(0o644)
    for address in (
        "file:///run/window/leak.html",
        "data:text/html,<img src=http://127.0.0.1:8000/leaked-data>",
    ):
        window.viewer.press(*keys)
        time.sleep(0.5)
        window.viewer.type(address + "\n")
        time.sleep(HELD_S)
        assert not [path for path in window.door.asked if "leaked" in path]


@pytest.fixture
def elsewhere(window: Window) -> Iterator[subprocess.Popen[str]]:
    """A server at another port of the window's own loopback."""
    (start,) = window.processes("start.py")
    command = ["nsenter", f"--net=/proc/{start}/ns/net", sys.executable, "-c", LISTENER]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
    ) as server:
        assert server.stdout is not None and server.stdout.readline() == "up\n"
        yield server
        server.kill()


def test_no_page_leads_elsewhere(window: Window, elsewhere: subprocess.Popen[str]) -> None:
    for way in (
        "const f = document.createElement('iframe'); f.src = '{url}'; document.body.append(f)",
        "open('{url}')",
        "const a = document.createElement('a'); a.href = '{url}'; a.target = '_blank'; a.click()",
    ):
        user_acts(window, way.format(url=f"http://127.0.0.1:{ELSEWHERE}/"))
        time.sleep(HELD_S)
    window.door.run("document.querySelector('iframe').remove()")
    elsewhere.kill()
    assert elsewhere.stderr is not None
    assert "GET" not in elsewhere.stderr.read()


def test_what_is_copied_inside_stays_inside(window: Window) -> None:
    window.door.run(
        "document.body.insertAdjacentHTML('beforeend', '<textarea id=t>Ada 943 476 5919</textarea>');"
        "document.getElementById('t').select(); document.execCommand('copy')"
    )
    window.viewer.press("Control", "c")
    time.sleep(0.5)
    window.viewer.look()
    assert window.viewer.clipboards == []
    window.viewer.paste(b"from outside")
    window.door.run("document.getElementById('t').value = ''; document.getElementById('t').focus()")
    window.viewer.press("Control", "v")
    until(lambda: window.door.run("return document.getElementById('t').value"))
    assert window.door.run("return document.getElementById('t').value") == "Ada 943 476 5919"
    window.door.run("document.getElementById('t').remove()")
