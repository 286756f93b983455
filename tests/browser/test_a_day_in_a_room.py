"""A person's way by the pages alone: sign in, open a room, run a cell in JupyterLab, sign out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import AlicesSession
from tests.browser.site import SCREENSHOTS, Site

expect.set_options(timeout=60_000)  # a loaded machine takes its time
JARGON = re.compile(r"jupyterhub|server|spawn|token|singleuser|oauth", re.IGNORECASE)


@pytest.fixture
def page(chromium: Browser, site: Site, alices: AlicesSession) -> Iterator[Page]:
    """An empty browser."""
    alices.forget()  # the test signs alice out, everywhere
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_from_signing_in_to_signing_out(page: Page, site: Site) -> None:
    faults: list[str] = []
    page.on(
        "console",
        lambda said: faults.append(f"{said.text} {said.location}") if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))

    # Signing in.
    page.goto(site.public_url)
    shoot(page, "1-sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not JARGON.search(page.inner_text("body"))
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong-password")
    faults.clear()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    shoot(page, "2-sign-in-refused")
    faults.clear()  # the browser itself reports the refused password
    site.sign_in(page, "alice")

    # The rooms.
    expect(page.get_by_role("heading", name="Your rooms")).to_be_visible()
    for title in ("One", "Two", "Three", "Road safety"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    assert not JARGON.search(page.inner_text("body"))
    assert page.locator("script").count() == 0
    shoot(page, "3-rooms")

    # Opening one. The page asks for itself again, and the answer is the room: not before it was looked at.
    page.route("**/spawn-pending/**wait=1", lambda route: route.fulfill(status=204))
    page.get_by_role("link", name=re.compile("Open the room.*Road safety")).click()
    expect(page.get_by_role("heading", name="The room is being opened")).to_be_visible()
    assert not JARGON.search(page.inner_text("body"))
    shoot(page, "4-being-opened")
    page.unroute("**/spawn-pending/**wait=1")
    page.get_by_role("link", name="Look again").click()
    page.wait_for_url(site.seat("road-safety") + "lab**")
    launcher = page.locator(".jp-LauncherCard[title*='Python 3']").first
    launcher.wait_for()
    shoot(page, "5-jupyterlab")

    # A cell.
    launcher.click()
    # JupyterLab forgets a cell that is run before the kernel answers.
    expect(page.locator("#jp-bottom-panel")).to_contain_text("Idle")
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.type("print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text("42")
    shoot(page, "6-a-cell")

    # What is not there.
    page.locator(".lm-MenuBar-itemLabel", has_text="File").first.click()
    menu = page.locator(".lm-Menu").first
    expect(menu).to_be_visible()
    entries = menu.inner_text()
    shoot(page, "7-file-menu")
    assert "Save Notebook" in entries
    for word in ("Download", "Export", "Shareable", "Hub Control", "Log Out"):
        assert word not in entries, entries
    page.keyboard.press("Escape")
    # JupyterLab asks for these three once, and goes on without them.
    closed = re.compile(
        r"/lab/api/build\?|/lsp/status\?|Invalid response: 403|/api/nbconvert\?|Files leave only through the airlock"
    )
    assert [fault for fault in faults if not closed.search(fault)] == []

    # Files come in through the airlock, not through the file browser; what is edited is saved.
    with page.expect_file_chooser() as chooser:
        page.locator("[data-jp-item-name='uploader']").get_by_role("button").click()
    chooser.value.set_files({"name": "codes.csv", "mimeType": "text/csv", "buffer": b"code,name\n"})
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("only through the airlock")
    shoot(page, "7-upload-refused")
    dialog.get_by_role("button").last.click()
    expect(page.locator(".jp-DirListing-item", has_text="codes.csv")).to_have_count(0)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+s")
    with page.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url) as saved:
        page.get_by_role("button", name="Rename and Save").click()
    assert saved.value.ok

    # Closing and signing out.
    room = page.url
    page.goto(site.public_url + "/hub/home")
    expect(page.get_by_role("link", name=re.compile("Go to the room.*Road safety"))).to_be_visible()
    shoot(page, "8-rooms-one-open")
    page.get_by_role("button", name=re.compile("Close it.*Road safety")).click()
    expect(page.get_by_role("link", name=re.compile("Open the room.*Road safety"))).to_be_visible()
    assert "road-safety" not in site.open_rooms()
    page.goto(room)
    expect(page.get_by_role("heading", name="The room is closed")).to_be_visible()
    shoot(page, "9-closed-room")
    page.goto(site.public_url + "/hub/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    shoot(page, "10-no-such-page")
    page.goto(site.desk)
    shoot(page, "11-desk")
    page.goto(site.seat("two") + "files/home/t.csv")
    expect(page.get_by_role("heading", name="The door is closed")).to_be_visible()
    shoot(page, "12-refused-by-the-door")
    page.goto(site.public_url + "/hub/home")
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    shoot(page, "13-signed-out")
    page.goto(site.seat("two") + "lab")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
