"""A seat's script can set cookies for the whole site. At worst a person is signed out; never somebody else is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import AlicesSession
from tests.browser.site import Site, eventually

DOMAIN = "lockedroom.localhost"
PATHS = ["/", "/hub/", "/hub/home", "/services/desk/", "/user/alice/two/", "/user/alice/"]


@pytest.fixture(scope="module")
def mallorys(chromium: Browser, site: Site) -> Iterator[list[dict[str, Any]]]:
    """The cookies of mallory's own sessions at the hub and the desk: real ones, which she knows."""
    context = chromium.new_context()
    page = context.new_page()
    site.sign_in(page, "mallory")
    page.goto(site.desk)
    yield [dict(cookie) for cookie in context.cookies()]
    context.close()


def toss(page: Page, name: str, value: str) -> None:
    """Set a cookie for the site, at every path and with and without ``Secure``."""
    page.evaluate(
        """([name, value, domain, paths]) => { for (const path of paths) for (const more of ['', '; Secure'])
            document.cookie = `${name}=${value}; Domain=${domain}; Path=${path}${more}; Max-Age=3600` }""",
        [name, value, DOMAIN, PATHS],
    )


def who(context: BrowserContext, site: Site) -> dict[str, str]:
    """Who the hub, the desk and seat two take this browser for."""
    found = {}
    page = context.new_page()
    for place, address in (("hub", site.public_url + "/hub/home"), ("desk", site.desk)):
        page.goto(address)
        words = page.inner_text("body")
        found[place] = next((name for name in ("mallory", "alice") if name in words.lower()), "nobody")
    answer = page.goto(site.seat("two") + "api/status")
    assert answer is not None
    found["seat"] = "alice" if answer.status == 200 and "/hub/" not in page.url else "nobody"
    page.close()
    return found


def test_somebody_elses_session_cannot_be_slipped_in(
    attack: Page, victim: BrowserContext, site: Site, mallorys: list[dict[str, Any]]
) -> None:
    sessions = [cookie for cookie in mallorys if "__Host-" in cookie["name"]]
    assert {cookie["name"] for cookie in sessions} == {"__Host-jupyterhub-hub-login", "__Host-service-desk"}
    for cookie in mallorys:
        toss(attack, cookie["name"], cookie["value"])
        toss(attack, cookie["name"].removeprefix("__Host-"), cookie["value"])
    assert who(victim, site) == {"hub": "alice", "desk": "alice", "seat": "alice"}


def test_nor_after_the_persons_own_cookies_were_pushed_out(
    attack: Page, victim: BrowserContext, site: Site, mallorys: list[dict[str, Any]]
) -> None:
    """Browsers keep a limited number of cookies for a site, and forget the oldest."""
    attack.evaluate(
        """domain => { for (let i = 0; i < 400; i++)
            document.cookie = `push${i}=1; Domain=${domain}; Path=/user/alice/one/${i}; Max-Age=3600; Secure` }""",
        DOMAIN,
    )
    left = [cookie for cookie in victim.cookies() if cookie["name"].startswith("__Host-")]
    for cookie in mallorys:
        toss(attack, cookie["name"], cookie["value"])
        toss(attack, cookie["name"].removeprefix("__Host-"), cookie["value"])
    found = who(victim, site)
    assert "mallory" not in found.values(), (found, [cookie["name"] for cookie in left])


def test_signing_out_ends_the_seats_sessions_though_the_sessions_id_was_replaced(
    chromium: Browser, site: Site, alices: AlicesSession
) -> None:
    alices.forget()
    context = chromium.new_context()
    page = context.new_page()
    site.sign_in(page, "alice")
    page.goto(site.seat("two") + "api/status")
    page.goto(site.seat("one") + "lab")
    toss(page, "jupyterhub-session-id", "0" * 32)
    kept = [cookie for cookie in context.cookies() if cookie["name"].startswith("__Host-")]
    page.goto(site.public_url + "/hub/home")
    page.get_by_role("link", name="Sign out").click()
    assert page.get_by_role("heading", name="You are signed out").is_visible()
    # Somebody who kept a copy of every cookie.
    context.clear_cookies()
    context.add_cookies(kept)  # type: ignore[arg-type]

    def everywhere_out() -> bool:
        return set(who(context, site).values()) == {"nobody"}

    assert eventually(everywhere_out, within_s=10)
    context.close()


def test_large_cookies_for_the_site_are_a_nuisance_and_no_more(
    attack: Page, victim: BrowserContext, site: Site
) -> None:
    """Not prevented: the hub's proxy refuses the request until the person clears the cookies."""
    attack.evaluate(
        """domain => { for (let i = 0; i < 8; i++)
            document.cookie = `big${i}=${'x'.repeat(4000)}; Domain=${domain}; Path=/hub/; Max-Age=3600` }""",
        DOMAIN,
    )
    page = victim.new_page()
    with pytest.raises(PlaywrightError, match="ERR_HTTP_RESPONSE_CODE_FAILURE"):
        page.goto(site.public_url + "/hub/home")
    page.close()
    victim.clear_cookies(domain=f".{DOMAIN}")
    page = victim.new_page()
    page.goto(site.public_url + "/hub/home")
    assert page.get_by_text("Signed in as alice").is_visible()
