"""Every page of the hub and the desk: no breach of WCAG 2.2 AA that axe can find, and nothing wider than a phone.

Each page is left as a picture in var/screenshots, as it looks on a desk and on a phone.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.own_pages import HELD_S
from tests.browser.busy_service import BusyService
from tests.browser.site import CHROMIUM, SCREENSHOTS
from tests.journey.running_hub import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
HEADER = "rgb(20, 52, 74)"  # so that a page whose style did not arrive is noticed
DESK_SIZE = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 700}
# 1280 pixels at 400 per cent: WCAG's measure for pages that need not be scrolled sideways.
NARROWEST = {"width": 320, "height": 700}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyService]:
    """The hub with something to see on every page."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here: apt-get install chromium")
    service = BusyService(tmp_path_factory.mktemp("pages") / "state")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    try:
        service.start()
        yield service
    finally:
        service.stop()


class People:
    """One browser session for each person, kept while the module's tests run."""

    def __init__(self, chromium: Browser, service: BusyService) -> None:
        self._chromium, self._service = chromium, service
        self._contexts: dict[str, BrowserContext] = {}

    def page(self, person: str) -> Page:
        """A page of a browser in which ``person`` is signed in; "" is nobody."""
        if person not in self._contexts:
            context = self._chromium.new_context(viewport=DESK_SIZE, locale="en-GB")  # type: ignore[arg-type]
            context.set_default_timeout(60_000)
            self._contexts[person] = context
            if person:
                page = context.new_page()
                self._service.sign_in(page, person)
                page.close()
        return self._contexts[person].new_page()

    def close(self) -> None:
        """End all sessions."""
        for context in self._contexts.values():
            context.close()


@pytest.fixture(scope="module")
def people(chromium: Browser, service: BusyService) -> Iterator[People]:
    """Everybody, each in a browser of their own."""
    people = People(chromium, service)
    yield people
    people.close()


def _hub(path: str) -> Callable[[BusyService], str]:
    return lambda service: service.hub.public_url + path


def _desk(path: str = "") -> Callable[[BusyService], str]:
    return lambda service: service.desk + path


def _review(which: str) -> Callable[[BusyService], str]:
    return lambda service: f"{service.desk}requests/{getattr(service, which)}/review"


def _coming_in(which: str) -> Callable[[BusyService], str]:
    return lambda service: f"{service.desk}ingress/{getattr(service, which)}/review"


# Name of the picture, who looks, where, and the page's heading.
PAGES: dict[str, tuple[str, Callable[[BusyService], str], str]] = {
    "sign-in": ("", _hub("/hub/login"), "Sign in"),
    "rooms": ("alice", _hub("/hub/home"), "Your rooms"),
    "rooms-output-checker": ("dan", _hub("/hub/home"), "Your rooms"),
    "rooms-nobody": ("nobody", _hub("/hub/home"), "Your rooms"),
    "room-closed": ("alice", _hub("/hub/user/alice/winter-roads/"), "The room is closed"),
    "room-refused": ("alice", _hub("/hub/spawn/alice/cycle-lanes"), "This is not open to you"),
    "hub-no-such-page": ("alice", _hub("/hub/nowhere"), "There is no such page"),
    "desk-researcher": ("alice", _desk(), "Your desk"),
    "desk-researcher-released": ("ben", _desk(), "Your desk"),
    "desk-output-checker": ("dan", _desk(), "Your desk"),
    "desk-checker-and-researcher": ("carol", _desk(), "Your desk"),
    "desk-administrator": ("grace", _desk(), "Your desk"),
    "desk-data-manager": ("henry", _desk(), "Your desk"),
    "desk-committee": ("iris", _desk(), "Your desk"),
    "desk-nobody": ("nobody", _desk(), "Your desk"),
    "review": ("carol", _review("waiting"), "Request"),
    "review-second-approval": ("carol", _review("waiting_with_approval"), "Request"),
    "review-approved-by-me": ("dan", _review("waiting_with_approval"), "Request"),
    "review-rejected": ("carol", _review("rejected"), "Request"),
    "review-released": ("carol", _review("released"), "Request"),
    "ingress-form": ("alice", _desk("ingress/new"), "Bring a file in"),
    "ingress-form-one-project": ("ben", _desk("ingress/new"), "Bring a file in"),
    "ingress-review": ("henry", _coming_in("code"), "age_bands.py"),
    "ingress-review-package": ("dan", _coming_in("package"), "helper-1.0"),
    "ingress-review-placed": ("dan", _coming_in("placed"), "codes.csv"),
    "desk-not-now": ("carol", _review("withdrawn"), "This cannot be done now"),
    "desk-no-such-page": ("carol", _desk("nothing"), "There is no such page"),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page(people: People, service: BusyService, name: str) -> None:
    person, address, heading = PAGES[name]
    page = people.page(person)
    page.goto(address(service))
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    look_at(page, name)
    page.close()


def test_a_refused_sign_in_says_so_above_the_form(people: People, service: BusyService) -> None:
    page = people.page("")
    page.goto(service.hub.public_url + "/hub/login")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    look_at(page, "sign-in-refused")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.close()


def test_a_missing_comment_leads_back_to_the_form(people: People, service: BusyService) -> None:
    page = people.page("carol")
    page.goto(f"{service.desk}requests/{service.waiting}/review")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Please say why")
    look_at(page, "review-comment-missing")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Comment")).to_be_focused()
    page.close()


def test_a_file_is_brought_in_by_the_form_and_what_is_missing_is_said_at_its_field(
    people: People, service: BusyService
) -> None:
    page = people.page("alice")
    page.goto(service.desk)
    page.get_by_role("link", name="Bring a file in").click()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    look_at(page, "ingress-form-nothing-chosen")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("The file")).to_be_focused()
    file = {"name": "look-up.csv", "mimeType": "text/csv", "buffer": b"code,name\n1,one\n"}
    page.get_by_label("The file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("What is it").fill("A list of codes.")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the project")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Who is hurt on the road?")).to_be_focused()
    assert page.get_by_label("What is it").input_value() == "A list of codes."
    page.get_by_label("Who is hurt on the road?").check()
    page.get_by_label("The file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("row", name=re.compile("look-up.csv"))).to_be_visible()
    look_at(page, "desk-researcher-after-an-upload")
    page.close()


def test_a_finding_leads_to_its_cell_and_back(people: People, service: BusyService) -> None:
    page = people.page("carol")
    page.goto(f"{service.desk}requests/{service.waiting}/review")
    finding = page.locator("#finding-1")
    place = finding.get_by_role("link").inner_text()
    finding.get_by_role("link").click()
    cell = page.locator(f"#cell-0-{place}")
    expect(cell).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').id") == f"cell-0-{place}"
    # Not by colour alone: the number can be seen, and is read with words.
    expect(cell.get_by_role("link", name="flagged by finding 1")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "review-cell.png")
    cell.get_by_role("link").click()
    expect(finding).to_be_in_viewport()
    page.close()


def test_the_page_is_read_and_decided_on_by_keyboard(people: People, service: BusyService) -> None:
    page = people.page("carol")
    page.goto(f"{service.desk}requests/{service.waiting}/review")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.innerText.trim() || document.activeElement.name")
        )
        outline = page.evaluate(
            "(({outlineStyle, boxShadow}) => [outlineStyle, boxShadow])(getComputedStyle(document.activeElement))"
        )
        assert outline != ["none", "none"], f"no focus to be seen at {reached[-1]!r}"
        if reached[-1] == "Reject":
            break
    # The table's region can be scrolled by keys, and flagged cells of a column are one stop, not one each.
    for name in ("Go to your decision", "comment", "Approve", "Reject"):
        assert name in reached
    assert any("Age band" in name for name in reached), "the table's region"
    numbers = [name for name in reached if re.search(r"^flagged by finding", name)]
    assert len(numbers) == len(set(numbers)) == 3
    page.close()


def test_a_room_that_opens_shows_itself_when_it_is_open(people: People, service: BusyService) -> None:
    page = people.page("ben")
    loaded: list[str] = []
    page.on("framenavigated", lambda frame: loaded.append(frame.url))
    page.goto(service.rooms)
    asked = time.monotonic()
    page.get_by_role("link", name=re.compile("Open the room")).click()
    page.wait_for_url("**/user/ben/road-safety/lab**")
    assert "wait=" not in page.url
    # Shown once, and never loaded again while it was read, but where a slow room outlasts the answer held back.
    again = (time.monotonic() - asked) // HELD_S
    assert len([url for url in loaded if "/spawn-pending/" in url]) <= 1 + again
    page.goto(service.rooms)
    expect(page.get_by_role("link", name=re.compile("Go to the room"))).to_be_visible()
    look_at(page, "rooms-one-open")
    page.goto(service.seat_origin("ben") + "/user/ben/road-safety/files/home/t.csv")
    expect(page.get_by_role("heading", level=1)).to_have_text("The door is closed")
    look_at(page, "door-closed")
    page.goto(service.rooms)
    page.get_by_role("button", name=re.compile("Close it")).click()
    expect(page.get_by_role("link", name=re.compile("Open the room"))).to_be_visible()
    page.close()


def test_the_page_of_an_opening_room(people: People, service: BusyService) -> None:
    page = people.page("ben")
    # The answer to its own question is the room: kept from it, the page stays.
    page.route("**/spawn-pending/**wait=1", lambda route: route.fulfill(status=204))
    page.goto(service.hub.public_url + "/hub/spawn/ben/road-safety")
    expect(page.get_by_role("heading", level=1)).to_have_text("The room is being opened")
    look_at(page, "room-opening")
    page.unroute("**/spawn-pending/**wait=1")
    page.get_by_role("link", name="Look again").click()
    page.wait_for_url("**/user/ben/road-safety/lab**")
    page.close()


def test_the_style_is_kept_by_browsers_and_served_on_the_two_hosts_alone(
    people: People, service: BusyService
) -> None:
    page = people.page("")
    page.goto(service.hub.public_url + "/hub/login")
    links = [link.get_attribute("href") or "" for link in page.locator("link").all()]
    assert len(links) == 2
    for address in [service.hub.public_url + link for link in links]:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        elsewhere = address.replace(service.hub.public_url, service.seat_origin("alice"))
        another = re.sub(r"-[0-9a-f]{16}\.", "-0123456789abcdef.", address)
        for nothing_there, status in ((elsewhere, 421), (another, 404)):
            answer = page.goto(nothing_there)
            assert answer is not None
            assert answer.status == status
    page.close()


def test_signing_out(people: People, service: BusyService) -> None:
    page = people.page("nobody")
    page.goto(service.rooms)
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    look_at(page, "signed-out")
    page.close()


def look_at(page: Page, name: str) -> None:
    """Take its pictures, measure it, and ask axe."""
    assert page.locator("script").count() == 0
    assert page.evaluate("getComputedStyle(document.querySelector('header')).backgroundColor") == HEADER
    for size, suffix in ((DESK_SIZE, ""), (PHONE, "-phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=SCREENSHOTS / f"{name}{suffix}.png", full_page=True)
        assert breaches(page) == []
    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROWEST["width"]
    page.set_viewport_size(DESK_SIZE)  # type: ignore[arg-type]
    order = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    # A summary of errors stands above the page's own heading, as the design system has it.
    assert sorted(order[:2])[0] == 1
    assert order.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(order[1:]))


def breaches(page: Page) -> list[Any]:
    """What axe finds, each with the elements."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        (v["id"], v["help"], [node["html"][:200] + " " + node["failureSummary"] for node in v["nodes"]])
        for v in found["violations"]
    ]
