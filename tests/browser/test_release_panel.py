"""Staging with the mouse: the file browser's menu, the side panel, and the airlock's answers in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from output_checker.staging.reply import Reply, ReplyComment
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from hub.airlock.inbox import write_reply
from hub.store.clock import utc_now
from hub.store.models import AirlockRequest
from hub.store.names import SeatId
from tests.browser.conftest import AlicesSession
from tests.browser.contrast import contrasts, too_faint
from tests.browser.site import SCREENSHOTS, Site, eventually
from tests.journey.browser_session import Browser as PlainBrowser

WAIT_MS = 60_000  # a loaded machine takes its time
SAFE = "road user,casualties\npedestrian,120\ncyclist,64\ncar occupant,340\n"
UNSAFE = "road user,slight,serious,fatal\npedestrian,90,27,3\ncyclist,51,12,1\ncar occupant,300,35,5\n"
MARKUP = "<img src=x onerror=document.title='owned'>.csv"
FILES = {"coarse.csv": SAFE, "detailed.csv": UNSAFE, MARKUP: SAFE}
CONTEXT = "Table 1: casualties by road user, all ages, 524 people."
THEMES = "lab/api/settings/@jupyterlab/apputils-extension:themes"


class Lab:
    """Alice's JupyterLab in seat two."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.panel = page.get_by_role("region", name="Release")
        self.form = page.get_by_role("form", name="Stage for release")

    def open(self) -> None:
        """Load the page, without what was open before."""
        self.page.goto(self.site.seat("two") + "lab?reset")
        self.file("coarse.csv").wait_for()

    def file(self, name: str) -> Locator:
        """A file in the file browser."""
        return self.page.locator(".jp-DirListing-item", has_text=name)

    def stage_from_menu(self, *names: str) -> None:
        """Choose files with the mouse and take the menu's entry."""
        for count, name in enumerate(names):
            self.file(name).click(modifiers=["Control"] if count else [])
        self.file(names[-1]).click(button="right")
        self.page.locator(".lm-Menu-item", has_text="Stage for release").click()
        expect(self.form).to_be_visible()

    def press_stage(self, name: str = "Stage") -> Locator:
        """Press the form's button; returns the card of the request that the airlock makes of it."""
        before = self._numbers()
        self.form.get_by_role("button", name=name, exact=True).click()
        expect(self.form).to_be_hidden()
        assert eventually(lambda: self._numbers() != before, within_s=60)
        (number,) = self._numbers() - before
        heading = self.page.get_by_role("heading", name=re.compile(rf"Request {number}\b"))
        card = self.panel.get_by_role("listitem").filter(has=heading)
        expect(card).to_be_visible()
        return card

    def shoot(self, name: str) -> None:
        """Keep a picture."""
        self.page.screenshot(path=SCREENSHOTS / f"panel-{name}.png")

    def _numbers(self) -> set[int]:
        with self.site.hub.store.read() as session:
            return set(session.scalars(select(AirlockRequest.number)))


@pytest.fixture(scope="module")
def files(site: Site) -> None:
    """Three tables in alice's home in seat two."""

    async def put(browser: PlainBrowser) -> None:
        for name, text in FILES.items():
            model = {"type": "file", "format": "text", "content": text}
            await browser.room_api("two", "PUT", f"api/contents/home/{quote(name)}", model)

    site.in_two(put)


@pytest.fixture
def lab(files: None, site: Site, alices: AlicesSession) -> Iterator[Lab]:
    """JupyterLab, in its light theme."""
    set_theme(site, "JupyterLab Light")
    context = alices.context()
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 860})
    lab = Lab(page, site)
    lab.open()
    yield lab
    context.close()


def set_theme(site: Site, theme: str) -> None:
    """As the Settings menu does."""
    setting = {"raw": json.dumps({"theme": theme})}
    site.in_two(lambda browser: browser.room_api("two", "PUT", THEMES, setting))


def test_a_file_is_staged_with_the_mouse_and_answered_in_the_panel(lab: Lab, site: Site) -> None:
    faults: list[str] = []
    elsewhere: list[str] = []
    lab.page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    lab.page.on("pageerror", lambda error: faults.append(str(error)))
    lab.page.on(
        "request",
        lambda asked: None if asked.url.startswith(site.seat("two")) else elsewhere.append(asked.url),
    )
    lab.file("coarse.csv").click(button="right")
    expect(lab.page.locator(".lm-Menu-item", has_text="Stage for release")).to_be_visible()
    lab.shoot("1-menu")
    lab.page.keyboard.press("Escape")
    lab.stage_from_menu("coarse.csv")
    expect(lab.form.get_by_text("Nothing found")).to_be_visible()
    expect(lab.form.get_by_label("What is it?")).to_be_focused()
    lab.page.keyboard.type(CONTEXT)
    lab.shoot("2-form")
    card = lab.press_stage()
    expect(card).to_contain_text("submit it under this number")
    expect(card).to_contain_text("coarse.csv")
    lab.shoot("3-answered")
    with site.hub.store.read() as session:
        newest = session.scalars(select(AirlockRequest).order_by(AirlockRequest.taken_at.desc())).first()
        assert newest is not None
        assert (newest.state, newest.context) == ("staged", CONTEXT)
    # JupyterLab asks for this once, and goes on without it.
    assert [fault for fault in faults if "403" not in fault] == []
    assert elsewhere == []


def test_a_table_with_small_cells_is_blocked_and_its_cells_are_named(lab: Lab) -> None:
    lab.stage_from_menu("detailed.csv")
    expect(lab.form.get_by_text("Will be blocked")).to_be_visible()
    expect(lab.form).to_contain_text("D2 (pedestrian, fatal) is 3, below the minimum count of 10")
    lab.shoot("4-form-blocked")
    card = lab.press_stage("Stage anyway")
    expect(card).to_contain_text("blocked")
    for cell in ("D2 (pedestrian, fatal) is 3", "D3 (cyclist, fatal) is 1", "D4 (car occupant, fatal) is 5"):
        expect(card.get_by_text(cell)).to_be_visible()
    expect(card).to_contain_text("What to do: Combine categories")
    lab.shoot("5-blocked")


def test_names_are_text_and_several_files_make_one_request(lab: Lab) -> None:
    lab.stage_from_menu("coarse.csv", "<img")
    expect(lab.form.get_by_text("Nothing found")).to_have_count(2)
    expect(lab.form.get_by_text(MARKUP, exact=True)).to_be_visible()
    card = lab.press_stage()
    expect(card.get_by_text(MARKUP, exact=True)).to_be_visible()
    expect(card.get_by_text("coarse.csv", exact=True)).to_be_visible()
    assert lab.panel.locator("img").count() == 0
    assert lab.page.title() != "owned"


def test_without_a_mouse(lab: Lab) -> None:
    lab.file("coarse.csv").click()  # the arrow keys of the file browser are JupyterLab's own
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.keyboard.type("stage for release")
    expect(lab.page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text("Stage for release")
    lab.page.keyboard.press("Enter")
    expect(lab.form.get_by_label("What is it?")).to_be_focused()
    expect(lab.form.get_by_text("Nothing found")).to_be_visible()
    lab.page.keyboard.press("Tab")
    expect(lab.form.get_by_role("button", name="Stage")).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(lab.form).to_be_hidden()
    expect(lab.panel.get_by_role("heading", name="Requests")).to_be_focused()
    expect(lab.panel.get_by_role("status")).to_contain_text("Staged")


def test_a_file_that_has_gone_is_a_sentence_and_what_was_typed_stays(lab: Lab, site: Site) -> None:
    gone = {"type": "file", "format": "text", "content": SAFE}
    site.in_two(lambda browser: browser.room_api("two", "PUT", "api/contents/home/gone.csv", gone))
    lab.page.get_by_role("button", name=re.compile("Refresh")).first.click()
    lab.stage_from_menu("gone.csv")
    expect(lab.form.get_by_text("Nothing found")).to_be_visible()
    lab.page.keyboard.type(CONTEXT)
    site.in_two(lambda browser: browser.room_api("two", "DELETE", "api/contents/home/gone.csv"))
    lab.form.get_by_role("button", name="Stage").click()
    expect(lab.form.get_by_role("alert")).to_contain_text("no file home/gone.csv any more")
    expect(lab.form.get_by_label("What is it?")).to_have_value(CONTEXT)
    lab.form.get_by_role("button", name="Cancel").click()
    expect(lab.form).to_be_hidden()


def test_what_an_output_checker_says_stands_under_the_request_as_text(lab: Lab, site: Site) -> None:
    said = "Which years are these?\n<b>Please</b> round to 5."
    reply = Reply(
        number=100_001,
        state="rejected",
        sentence="An output checker said no.",
        updated=utc_now(),
        comments=[ReplyComment(when=utc_now(), who="An output checker", text=said)],
    )
    lab.page.locator(".lm-TabBar-tab[title=Release]").click()
    expect(lab.panel.get_by_text(re.compile("Nothing has been staged|Submit a request"))).to_be_visible()
    write_reply(site.hub.state / "seats", SeatId("alice.two"), reply)
    card = lab.panel.get_by_role("listitem").filter(has_text="Request 100001")
    expect(card.get_by_role("blockquote")).to_have_text(said)
    expect(card).to_contain_text("rejected")
    expect(lab.panel.get_by_role("status")).to_contain_text("Request 100001 is rejected.")
    lab.shoot("6-comment")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_every_word_can_be_read_in_every_theme(lab: Lab, site: Site, theme: str) -> None:
    set_theme(site, theme)
    lab.open()
    lab.stage_from_menu("detailed.csv", "coarse.csv")
    expect(lab.form.get_by_text("Will be blocked")).to_be_visible()
    lab.page.keyboard.type(CONTEXT)
    lab.panel.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert len(contrasts(lab.panel)) > 20
    assert too_faint(lab.panel) == []
    lab.shoot(f"7-{theme.removeprefix('JupyterLab ').lower().replace(' ', '-')}")
