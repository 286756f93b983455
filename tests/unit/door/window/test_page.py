"""What the person's browser can ask for at a window's door: one page, its files, and nothing of the room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from hub.door.screen_files import ScreenFiles
from tests.journey.browser_session import NAVIGATION
from tests.unit.door.asking import KERNEL, status
from tests.unit.door.conftest import PREFIX, Place
from tests.unit.door.window.stand_ins import NOVNC

NAVIGATING = {name.replace("-", "_"): value for name, value in NAVIGATION.items()}


async def test_the_page_names_only_files_that_are_there(place: Place) -> None:
    place.sign_in()
    async with place.ask("", **NAVIGATING) as answer:
        assert answer.status == 200
        page = await answer.text()
    named = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert f"{PREFIX}window/" in page
    for address in named:
        if address.startswith(PREFIX):
            async with place.ask(address.removeprefix(PREFIX)) as answer:
                assert answer.status == 200, address
                assert "immutable" in answer.headers["Cache-Control"]
        else:
            assert address in {"data:,", "http://lockedroom.localhost:1/hub/home"}
    assert place.seen == []


async def test_the_page_may_load_its_own_files_and_do_nothing_else(place: Place) -> None:
    place.sign_in()
    async with place.ask("") as answer:
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == place.door.settings.origin.replace("http", "ws")
        assert policy["img-src"] == "data:"
        assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        for denied in ("clipboard-read=()", "clipboard-write=()", "display-capture=()"):
            assert denied in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<style" not in await answer.text()


async def test_no_address_of_the_room_is_there(place: Place) -> None:
    place.sign_in()
    origin = place.door.settings.origin
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    for path in (
        *(
            "api/contents/x",
            "api/status",
            "api/sessions",
            "files/x",
            "static/x.js",
            "lab/api/settings",
            "doc/x",
        ),
        *(KERNEL, "terminals/websocket/1", "pixels/x", "window/x"),
        "window/0123456789abcdef/novnc/core/rfb.js",
    ):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            code = await status(place, path, method, Origin=origin, Sec_Fetch_Mode="cors")
            assert code in {302, 403, 404, 405}, (path, method, code)
        key = "AAAAAAAAAAAAAAAAAAAAAA=="
        code = await status(place, path, Origin=origin, Sec_WebSocket_Key=key, **upgrade)
        assert code in {302, 403, 404}, path
    assert place.seen == []


async def test_where_jupyterlab_would_be_the_page_is(place: Place) -> None:
    place.sign_in()
    for path in ("lab", "lab/tree/x.ipynb", "lab/"):
        async with place.ask(path, **NAVIGATING) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, PREFIX)


async def test_no_other_file_is_served(place: Place) -> None:
    place.sign_in()
    folder = f"window/{ScreenFiles.read(NOVNC).mark}/"
    for name in (
        "../package.json",
        "novnc/../../package.json",
        "novnc/package.json",
        "screen.py",
        "etc/passwd",
    ):
        assert await status(place, folder + name) in {403, 404}, name
    assert await status(place, folder + "novnc/core/rfb.js") == 200


async def test_without_a_session_there_is_neither_page_nor_file(place: Place) -> None:
    mark = ScreenFiles.read(NOVNC).mark
    assert await status(place, f"window/{mark}/screen.js") == 403
    async with place.ask("", **NAVIGATING) as answer:
        assert answer.status == 302
        assert "/hub/api/oauth2/authorize" in answer.headers["Location"]
    place.sign_in("mallorys")
    assert await status(place, "") == 403
    assert await status(place, f"window/{mark}/screen.js") == 403


async def test_the_hubs_question_is_answered(place: Place) -> None:
    assert await status(place, "api") == 200
    assert await status(place, "api", X_Forwarded_For="x") == 404


def test_where_novnc_is_not_installed_the_door_says_so(tmp_path: Path) -> None:
    with pytest.raises(PlainError) as raised:
        ScreenFiles.read(tmp_path)
    assert "run npm ci" in raised.value.sentence


def test_the_pages_mark_is_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "rfb.js").write_text("1")
    before = ScreenFiles.read(tmp_path).mark
    assert ScreenFiles.read(tmp_path).mark == before
    (tmp_path / "core" / "rfb.js").write_text("2")
    assert ScreenFiles.read(tmp_path).mark != before
