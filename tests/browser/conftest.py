"""One hub and one Chromium for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.browser.listener import Listener
from tests.browser.site import CHROMIUM, FLAGS, Site
from tests.slow_folder import mark_folder

HERE = Path(__file__).parent
_LONGEST = "test_nothing_staged_is_shown_outside.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow; the longest file comes first, so that two workers end at about the same time."""
    mark_folder(items, HERE)
    items.sort(key=lambda item: item.path.name != _LONGEST)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running hub, two open seats of alice, the first of them hostile."""
    if os.geteuid() != 0:
        pytest.skip("rooms with a user of their own need a hub that runs as root")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here: apt-get install chromium")
    site = Site(tmp_path_factory.mktemp("browser") / "state")
    try:
        site.start()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class AlicesSession:
    """The cookies of alice, signed in by the page, with both seats and the desk visited."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self._chromium = chromium
        self._site = site
        self._state: StorageState | None = None

    def forget(self) -> None:
        """Signing out ends all of a person's sessions: the next test signs in again."""
        self._state = None

    def context(self, *, bypass_csp: bool = False) -> BrowserContext:
        """A browser of its own with these cookies."""
        state = self._state = self._state or self._sign_in()
        context = self._chromium.new_context(storage_state=state, bypass_csp=bypass_csp)
        context.set_default_timeout(15_000)
        return context

    def _sign_in(self) -> StorageState:
        context = self._chromium.new_context()
        page = context.new_page()
        self._site.sign_in(page, "alice")
        for address in (
            self._site.seat("one") + "lab",
            self._site.seat("two") + "api/status",
            self._site.desk,
        ):
            page.goto(address)
            assert "/hub/" not in page.url, page.url
        state = context.storage_state()
        context.close()
        return state


@pytest.fixture(scope="session")
def alices(chromium: Browser, site: Site) -> AlicesSession:
    """Alice's session, kept between tests."""
    return AlicesSession(chromium, site)


@pytest.fixture(params=["policy", "no policy"])
def victim(request: pytest.FixtureRequest, alices: AlicesSession) -> Iterator[BrowserContext]:
    """Alice's browser; once as it is, once with every Content-Security-Policy ignored.

    The second shows that host names, cookies and checks of origin hold without the policy.
    """
    context = alices.context(bypass_csp=request.param == "no policy")
    yield context
    context.close()


@pytest.fixture
def attack(victim: BrowserContext, site: Site) -> Page:
    """A page that the hostile room of seat one made, in alice's browser."""
    page = victim.new_page()
    page.goto(site.seat("one") + "lab")
    assert page.title() == "hostile"
    return page


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody else's server, which should hear nothing."""
    with Listener() as heard:
        yield heard
