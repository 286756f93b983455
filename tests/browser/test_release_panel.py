"""Staging with the mouse: the file browser's menu, the side panel, and the airlock's answers in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import AlicesSession
from tests.browser.site import SCREENSHOTS, Site
from tests.journey.browser_session import Browser as PlainBrowser

SAFE = "road user,casualties\npedestrian,120\ncyclist,64\ncar occupant,340\n"
UNSAFE = "road user,slight,serious,fatal\npedestrian,90,27,3\ncyclist,51,12,1\ncar occupant,300,35,5\n"
MARKUP = "<img src=x onerror=document.title='owned'>.csv"
CONTEXT = "Table 1: casualties by road user, all ages, 524 people."


@pytest.fixture
def page(chromium: Browser, site: Site, alices: AlicesSession) -> Iterator[Page]:
    """Alice's JupyterLab in seat two, with three files in the file browser."""

    async def put_files(browser: PlainBrowser) -> None:
        for name, text in {"coarse.csv": SAFE, "detailed.csv": UNSAFE, MARKUP: SAFE}.items():
            model = {"type": "file", "format": "text", "content": text}
            await browser.room_api("two", "PUT", f"api/contents/home/{name.replace('<', '%3C')}", model)

    site.in_two(put_files)
    context = alices.context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(site.seat("two") + "lab?reset")
    page.locator(".jp-DirListing-item", has_text="coarse.csv").wait_for()
    yield page
    context.close()


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"panel-{name}.png")


def stage_from_menu(page: Page, *names: str) -> Locator:
    """Choose files with the mouse and take the menu's entry; returns the form."""
    for count, name in enumerate(names):
        item = page.locator(".jp-DirListing-item", has_text=name)
        item.click(modifiers=["Control"] if count else [])
    item.click(button="right")
    page.locator(".lm-Menu-item", has_text="Stage for release").click()
    form = page.get_by_role("form", name="Stage for release")
    expect(form).to_be_visible()
    return form


def test_a_file_is_staged_with_the_mouse_and_answered_in_the_panel(page: Page) -> None:
    item = page.locator(".jp-DirListing-item", has_text="coarse.csv")
    item.click(button="right")
    menu = page.locator(".lm-Menu")
    expect(menu.locator(".lm-Menu-item", has_text="Stage for release")).to_be_visible()
    shoot(page, "1-menu")
    page.keyboard.press("Escape")
    form = stage_from_menu(page, "coarse.csv")
    expect(form.get_by_text("Nothing found")).to_be_visible()
    expect(form.get_by_label("What is it?")).to_be_focused()
    page.keyboard.type(CONTEXT)
    shoot(page, "2-form")
    form.get_by_role("button", name="Stage").click()
    panel = page.get_by_role("region", name="Release")
    card = panel.get_by_role("listitem").filter(has=page.get_by_role("heading", name=re.compile(r"^Request \d{6}")))
    expect(card.first).to_contain_text("submit it under this number")
    shoot(page, "3-answered")
