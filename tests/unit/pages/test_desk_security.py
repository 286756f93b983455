"""What the desk tells browsers, and what it does not take."""

from __future__ import annotations

import pytest

from hub.airlock.states import State
from hub.pages.desk import views
from hub.pages.look import load_look
from tests.unit.airlock.world import World
from tests.unit.pages.desk_server import HOST, ORIGIN, PREFIX, ROOMS, Running, WhoIsThis, user

pytestmark = pytest.mark.slow

LOOK = load_look()
PAGES = ["", f"static/{LOOK.style.name}", f"static/{LOOK.mark.name}", "static/no.css"]
PAGES += ["requests/100000/review", "no-such-page", "oauth_callback"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_carries_the_headers(desk: Running, path: str) -> None:
    answer = await desk.as_("bob").get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers


async def test_pages_hold_no_script_and_nothing_from_elsewhere(world: World, desk: Running) -> None:
    number = world.submitted()
    for person, path in (
        ("alice", ""),
        ("bob", ""),
        ("bob", f"requests/{number}/review"),
        ("bob", "nothing"),
    ):
        page = (await desk.as_(person).get(path)).text
        assert "<script" not in page
        assert "style=" not in page
        # The page of one's rooms is the only other place that the desk names.
        elsewhere = page.replace(f'href="{ROOMS}"', "")
        assert "http:" not in elsewhere
        assert "//" not in elsewhere
        assert 'lang="en-GB"' in page
        assert 'class="nhsuk-skip-link"' in page


async def test_whoever_is_not_signed_in_goes_to_the_hub_and_sees_nothing(desk: Running) -> None:
    nobody = desk.as_(None)
    answer = await nobody.get()
    assert answer.status == 302
    assert answer.headers["Location"].startswith("http://lockedroom.localhost:8000/hub/api/oauth2/authorize?")
    assert "code_challenge=" in answer.headers["Location"]
    assert "samesite=lax" in answer.headers["Set-Cookie"].lower()
    assert "httponly" in answer.headers["Set-Cookie"].lower()
    assert (await nobody.post("requests/100000/submit", {})).status == 403


@pytest.mark.parametrize("who", [None, "alice"])
async def test_a_request_in_the_background_leaves_no_sign_in_cookie_behind(
    desk: Running, who: str | None
) -> None:
    """Each would: after some eighty a browser's headers are too large for any server."""
    for mode in ("cors", "no-cors", "same-origin"):
        answer = await desk.as_(who).get(Sec_Fetch_Mode=mode, Sec_Fetch_Site="same-origin")
        assert answer.status in ({403, 200} if who else {403})
        assert "state" not in str(answer.headers.getall("Set-Cookie", []))
        assert "Location" not in answer.headers


async def test_a_forged_or_foreign_session_is_none(desk: Running) -> None:
    person = desk.as_("alice")
    person.http.cookie_jar.update_cookies({"service-desk": "2|1:0|10:1|12:service-desk|8:dG9rZW4=|abc"})
    assert (await person.get()).status == 302
    assert (await desk.as_("unknown-token").get()).status == 302


@pytest.mark.parametrize("header", ["token token-alice", "Bearer token-alice"])
async def test_a_hub_token_is_not_a_session(world: World, desk: Running, header: str) -> None:
    number = world.staged()
    nobody = desk.as_(None)
    assert (await nobody.get(Authorization=header)).status == 302
    assert (await nobody.get("?token=token-alice")).status == 302
    sent = await nobody.post(f"requests/{number}/submit?token=token-alice", {}, Authorization=header)
    assert sent.status == 403
    assert world.state_of(number) is State.STAGED


async def test_a_form_without_its_token_does_nothing(world: World, desk: Running) -> None:
    number = world.staged()
    alice = desk.as_("alice")
    page = await alice.get()
    for fields in ({}, {"_xsrf": ""}, {"_xsrf": "x" * 60}, {"_xsrf": page.field("_xsrf") + "x"}):
        answer = await alice.post(f"requests/{number}/submit", fields)
        assert answer.status == 403
    assert world.state_of(number) is State.STAGED
    assert (await alice.post(f"requests/{number}/submit", {"_xsrf": page.field("_xsrf")})).status == 303


async def test_one_persons_form_token_is_not_anothers(world: World, desk: Running) -> None:
    number = world.staged()
    dave = desk.as_("dave")
    world.staged(person="dave")
    theirs = (await dave.get()).field("_xsrf")
    assert (await desk.as_("alice").post(f"requests/{number}/submit", {"_xsrf": theirs})).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://alice--heart.lockedroom.localhost:8000"},
        {"Origin": "http://lockedroom.localhost:8000"},
        {"Origin": "null"},
        {"Origin": "https://desk.lockedroom.localhost:8000"},
        {"Origin": "http://desk.lockedroom.localhost:8001"},
        {"Origin": ""},
        {"Origin": "", "Referer": "http://alice--heart.lockedroom.localhost:8000/x"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
async def test_a_form_from_another_origin_does_nothing(
    world: World, desk: Running, headers: dict[str, str]
) -> None:
    number = world.staged()
    alice = desk.as_("alice")
    page = await alice.get()
    answer = await alice.post(f"requests/{number}/submit", {"_xsrf": page.field("_xsrf")}, **headers)
    assert answer.status == 403
    assert "not done" in answer.words
    assert world.state_of(number) is State.STAGED


async def test_a_form_without_origin_but_from_our_own_page_is_taken(world: World, desk: Running) -> None:
    number = world.staged()
    alice = desk.as_("alice")
    page = await alice.get()
    sent = {"_xsrf": page.field("_xsrf")}
    answer = await alice.post(f"requests/{number}/submit", sent, Origin="", Referer=f"{ORIGIN}{PREFIX}")
    assert answer.status == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "lockedroom.localhost:8000", "127.0.0.1", HOST.replace("8000", "80")]
)
async def test_another_host_name_is_refused(desk: Running, host: str) -> None:
    for path in PAGES:
        answer = await desk.as_("alice").get(path, Host=host)
        assert answer.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}, 200),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}, 403),
        ({"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}, 200),
    ],
)
async def test_the_desk_can_be_linked_to_and_not_built_in(
    desk: Running, headers: dict[str, str], status: int
) -> None:
    assert (await desk.as_("bob").get(**headers)).status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
async def test_other_methods_do_nothing(world: World, desk: Running, method: str) -> None:
    number = world.staged()
    alice = desk.as_("alice")
    url = f"{desk.base}requests/{number}/submit"
    async with alice.http.request(method, url, headers={"Host": HOST, "Origin": ORIGIN}) as answer:
        assert answer.status in {403, 404, 405}
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert world.state_of(number) is State.STAGED


async def test_getting_a_form_address_does_nothing(world: World, desk: Running) -> None:
    number = world.staged()
    assert (await desk.as_("alice").get(f"requests/{number}/submit")).status == 405
    assert world.state_of(number) is State.STAGED


async def test_the_hub_is_asked_at_every_request_and_a_session_that_ended_is_over(desk: Running) -> None:
    bob = desk.as_("bob")
    assert (await bob.get()).status == 200
    asked = WhoIsThis.asked
    assert (await bob.get()).status == 200
    assert WhoIsThis.asked == asked + 1
    del WhoIsThis.answers["token-bob"]
    assert (await bob.get()).status == 302


async def test_a_service_or_somebody_without_the_scope_is_refused(desk: Running) -> None:
    WhoIsThis.answers["token-bob"] = user("bob", kind="service")
    assert (await desk.as_("bob").get()).status == 403
    WhoIsThis.answers["token-bob"] = user("bob", scopes=["read:users"])
    answer = await desk.as_("bob").get()
    assert answer.status == 403
    assert "does not let this account" in answer.words


@pytest.mark.parametrize(
    "path",
    [
        "requests/0/review",
        "requests/-1/review",
        "requests/99999999999999/review",
        "../hub",
        "requests/1e5/review",
        "%2e%2e/",
        "requests//review",
        "static/../app.py",
    ],
)
async def test_strange_addresses_are_a_plain_page(desk: Running, path: str) -> None:
    answer = await desk.as_("bob").get(path)
    assert answer.status == 404
    assert "Traceback" not in answer.text


async def test_a_fault_of_ours_is_a_plain_page_that_tells_nothing(
    desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "home", broken)
    answer = await desk.as_("bob").get()
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "Something went wrong on our side" in answer.words


async def test_a_form_that_is_too_large_is_not_read(world: World, desk: Running) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    answer = await bob.review(number, "reject", comment="x" * 5000)
    assert answer.status == 400
    assert "longer than 4000" in answer.words
    assert world.state_of(number) is State.SUBMITTED


async def test_the_log_holds_addresses_without_their_queries(
    desk: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await desk.as_(None).get("oauth_callback?code=zqsecretcode&state=zqsecretstate")
    await desk.as_("bob").get("no-such-page?code=zqsecretcode")
    # The hub's own part reports a state that does not fit: no secret, since it is good for nothing.
    said = "\n".join(r.getMessage() for r in caplog.records if r.name != "tornado.application")
    assert f"GET {PREFIX}oauth_callback" in said
    assert f"404 GET {PREFIX}no-such-page" in said
    assert "zqsecret" not in said
    assert "zqsecretcode" not in caplog.text
