"""A hostile room's script, in its owner's browser, against the hub, the desk and the person's other seats.

Every attack runs twice: as the browser stands, and with every Content-Security-Policy ignored.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.site import Site

# What came of a request: its status and text if the script could read it, else why not.
FETCH = """async ([url, options]) => {
    try { const answer = await fetch(url, {credentials: 'include', ...options});
          return {type: answer.type, status: answer.status, text: await answer.text()} }
    catch (error) { return {type: 'failed', status: 0, text: ''} }
}"""
OPEN = """async url => {
    const opened = window.open(url);
    if (!opened) return 'blocked';
    for (let i = 0; i < 50 && !opened.closed; i++) await new Promise(done => setTimeout(done, 100));
    try { return opened.closed ? 'closed' : 'text: ' + opened.document.body.innerText } catch { return 'cross-origin' }
}"""


def fetched(page: Page, url: str, **options: Any) -> dict[str, Any]:
    """Ask from the page's script."""
    result: dict[str, Any] = page.evaluate(FETCH, [url, options])
    return result


def test_the_attackers_page_is_really_the_rooms_and_its_headers_did_not_pass(
    attack: Page, site: Site
) -> None:
    own = fetched(attack, site.seat("one") + "static/headers")
    assert own["status"] == 200
    for name in ("cookie", "authorization", "x-forwarded", "origin"):
        assert name not in own["text"].lower()
    assert "planted" not in attack.evaluate("document.cookie")
    assert not [cookie for cookie in attack.context.cookies() if cookie["name"] == "planted"]


def test_no_session_cookie_can_be_read(attack: Page, victim: BrowserContext) -> None:
    readable = attack.evaluate("document.cookie")
    for cookie in victim.cookies():
        if "__Host-" in cookie["name"] or cookie["name"] == "jupyterhub-session-id":
            assert cookie["httpOnly"]
            assert cookie["value"] not in readable
    assert len([cookie for cookie in victim.cookies() if "__Host-" in cookie["name"]]) >= 4


def test_no_hub_token_can_be_minted(attack: Page, site: Site) -> None:
    before = site.tokens()
    address = site.public_url + "/hub/api/users/alice/tokens"
    body = '{"note": "mine"}'
    xsrf = attack.evaluate("(document.cookie.match(/_xsrf=([^;]+)/) || ['', ''])[1]")
    for tried in (address, f"{address}?_xsrf={xsrf}", site.origin("one") + "/hub/api/users/alice/tokens"):
        answers = [
            fetched(attack, tried, method="POST", body=body),
            fetched(attack, tried, method="POST", body=body, mode="no-cors"),
            fetched(attack, tried, method="POST", body=body, headers={"Content-Type": "application/json"}),
            fetched(attack, tried, method="POST", body=body, headers={"X-XSRFToken": xsrf}),
        ]
        assert all(answer["status"] in {0, 403, 421} for answer in answers), answers
    assert site.tokens() == before


def test_no_page_of_the_hub_can_be_read(attack: Page, site: Site) -> None:
    for path in ("/hub/token", "/hub/home", "/hub/api/user", "/hub/api/", "/hub/login", "/"):
        for mode in ("cors", "no-cors"):
            assert fetched(attack, site.public_url + path, mode=mode)["text"] == ""


def test_the_hub_and_the_desk_are_not_there_on_the_seats_own_host(attack: Page, site: Site) -> None:
    for path in ("/hub/login", "/hub/api/user", "/hub/home", "/services/desk/", "/hub/static/js/home.js"):
        assert fetched(attack, site.origin("one") + path)["status"] == 421


def test_the_other_seat_cannot_be_read(attack: Page, site: Site) -> None:
    for path in ("api/contents/home", "api/status", "lab", "static/lab/main.js"):
        for mode in ("cors", "no-cors"):
            assert fetched(attack, site.seat("two") + path, mode=mode)["text"] == ""
    assert fetched(attack, f"{site.origin('one')}/user/alice/two/api/status")["status"] in {0, 404, 421}


def test_the_other_seat_cannot_be_written(attack: Page, site: Site) -> None:
    before = [entry["name"] for entry in site.contents_of_two()["content"]]
    put = {"method": "PUT", "body": '{"type": "file", "format": "text", "content": "x"}'}
    fetched(attack, site.seat("two") + "api/contents/home/evil.txt", **put)
    post = {"method": "POST", "body": '{"type": "file", "ext": ".evil"}', "mode": "no-cors"}
    fetched(attack, site.seat("two") + "api/contents/home", **post)
    attack.evaluate(
        """url => { const form = document.createElement('form'); form.method = 'POST'; form.enctype = 'text/plain';
            form.action = url; form.target = '_blank'; document.body.append(form); form.submit() }""",
        site.seat("two") + "api/contents/home",
    )
    attack.wait_for_timeout(1000)
    assert [entry["name"] for entry in site.contents_of_two()["content"]] == before


def test_no_websocket_to_the_other_seat_opens(attack: Page, site: Site) -> None:
    kernel = site.in_two(lambda b: b.room_api("two", "POST", "api/kernels", {"name": "python3"}))
    opens = """url => new Promise(done => {
        try { const socket = new WebSocket(url);
              socket.onopen = () => done('open'); socket.onerror = () => done('error') }
        catch (error) { done('refused') } })"""
    for path in (f"api/kernels/{kernel['id']}/channels", "api/events/subscribe", "terminals/websocket/1"):
        address = (site.seat("two") + path).replace("http", "ws", 1)
        assert attack.evaluate(opens, address) != "open"


@pytest.mark.parametrize("target", ["two", "hub", "desk"])
def test_neither_frame_nor_window_shows_the_script_anything(attack: Page, site: Site, target: str) -> None:
    address = {"two": site.seat("two") + "lab", "hub": site.public_url + "/hub/home", "desk": site.desk}[
        target
    ]
    framed = attack.evaluate(
        """url => new Promise(done => { const frame = document.createElement('iframe'); frame.src = url;
            frame.onload = () => { try { done('text: ' + frame.contentDocument.body.innerText) }
                                   catch { done('closed') } };
            document.body.append(frame); setTimeout(() => done('closed'), 3000) })""",
        address,
    )
    assert framed in {"closed", "text: "}
    shown = [frame for frame in attack.frames if frame.url.startswith(address)]
    assert not any("Alice" in frame.content() or "jupyter" in frame.content() for frame in shown)
    assert attack.evaluate(OPEN, address) in {"closed", "blocked"}  # cut off by the opener policy


@pytest.mark.parametrize("target", ["two", "hub", "desk"])
def test_a_window_that_was_opened_has_no_opener_and_hears_no_message(
    attack: Page, victim: BrowserContext, site: Site, target: str
) -> None:
    address = {
        "two": site.seat("two") + "api/status",
        "hub": site.public_url + "/hub/home",
        "desk": site.desk,
    }[target]
    with victim.expect_page() as opening:
        attack.evaluate("url => { window.victim = window.open(url, 'named') }", address)
    opened = opening.value
    opened.wait_for_load_state()
    opened.evaluate(
        "() => { window.heard = []; addEventListener('message', event => heard.push(event.data)) }"
    )
    attack.evaluate("() => { for (let i = 0; i < 20; i++) window.victim.postMessage('from the room', '*') }")
    opened.wait_for_timeout(300)
    assert opened.evaluate("window.opener") is None
    assert opened.evaluate("window.heard") == []
    assert opened.evaluate("window.name") == ""


def test_no_service_worker_can_be_registered(attack: Page, site: Site) -> None:
    tries = [
        site.seat("one") + "static/worker.js",
        site.seat("one") + "lab/tree/worker.js",
        site.public_url + "/hub/static/js/home.js",
        site.desk + "static/worker.js",
        site.seat("two") + "static/worker.js",
        site.origin("one") + "/hub/static/components/jquery/dist/jquery.min.js",
    ]
    said = attack.evaluate(
        """async scripts => { const said = [];
            for (const script of scripts)
                for (const scope of [null, '/', '/user/alice/one/', '/user/alice/', '/hub/', '/services/desk/'])
                    said.push(await navigator.serviceWorker.register(script, scope ? {scope} : {})
                        .then(() => `registered ${script} ${scope}`, error => error.name));
            return said }""",
        tries,
    )
    assert set(said) <= {"SecurityError", "TypeError"}, said
    assert attack.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0


def test_no_room_is_opened_or_closed_and_nobody_is_signed_out(
    attack: Page, victim: BrowserContext, site: Site
) -> None:
    hub = site.public_url + "/hub/"
    for path in ("spawn/alice/three", "logout"):
        fetched(attack, hub + path, mode="no-cors")
        with victim.expect_page() as opening:
            attack.evaluate("url => void window.open(url)", hub + path)
        opening.value.wait_for_load_state()
        assert "This is not open to you" in opening.value.content()
        opening.value.close()
    for method, path in (
        ("POST", "spawn/alice/three"),
        ("POST", "api/users/alice/servers/three"),
        ("DELETE", "api/users/alice/servers/two"),
        ("POST", "close/two"),
        ("POST", "logout"),
        ("DELETE", "api/users/alice/tokens/a1"),
    ):
        for mode in ("cors", "no-cors"):
            assert fetched(attack, hub + path, method=method, mode=mode)["text"] == ""
        attack.evaluate(
            """url => { const form = document.createElement('form'); form.method = 'POST'; form.action = url;
                form.target = '_blank'; document.body.append(form); form.submit() }""",
            hub + path,
        )
    attack.wait_for_timeout(1500)
    assert {"one", "two"} <= site.open_rooms()
    assert "three" not in site.open_rooms()
    home = victim.new_page()
    home.goto(hub + "home")
    assert home.get_by_text("Signed in as alice").is_visible()


def test_the_desk_takes_nothing_from_a_room(attack: Page, victim: BrowserContext, site: Site) -> None:
    number = site.staged_request()
    desk = victim.new_page()
    for way in ("submit", "withdraw", "approve", "reject"):
        address = f"{site.desk}requests/{number}/{way}"
        for mode in ("cors", "no-cors"):
            answer = fetched(attack, address, method="POST", mode=mode, body="purpose=x&_xsrf=x")
            assert answer["text"] == ""
        attack.evaluate(
            """url => { document.cookie = '_xsrf=x; Domain=lockedroom.localhost; Path=/';
                const form = document.createElement('form'); form.method = 'POST'; form.action = url;
                form.innerHTML = '<input name=_xsrf value=x><input name=purpose value=x>';
                form.target = '_blank'; document.body.append(form); form.submit() }""",
            address,
        )
    download = f"{site.desk}requests/{number}/files/0/download"
    assert fetched(attack, download, method="POST", mode="no-cors")["text"] == ""
    attack.wait_for_timeout(1500)
    assert site.state_of(number) == "staged"
    desk.goto(site.desk)
    assert desk.get_by_text("Alice Example").first.is_visible()


def test_leading_the_browser_to_another_host_carries_the_session_nowhere_else(
    attack: Page, site: Site
) -> None:
    """A link may lead to the other seat, and what opens there is that seat's own page."""
    try:
        attack.goto(site.seat("two") + "api/status")
    except PlaywrightError as error:  # pragma: no cover - says more than a timeout
        raise AssertionError(error) from error
    assert attack.evaluate("location.origin") == site.origin("two")
