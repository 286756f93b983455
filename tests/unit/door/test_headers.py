"""Headers pass by list in both directions, and nothing of the room's making outlives its page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.door.headers import caching, security_headers, to_browser, to_room

PREFIX = "/user/alice/one/"
MARK = "0123456789abcdef"


def browser(*headers: tuple[str, str], mark: str = MARK) -> list[tuple[str, str]]:
    return list(to_browser(headers, prefix=PREFIX, mark=mark))


def room(*headers: tuple[str, str], mark: str = MARK) -> list[tuple[str, str]]:
    return list(to_room(headers, mark=mark))


@pytest.mark.parametrize(
    "name",
    [
        "Set-Cookie",
        "Service-Worker-Allowed",
        "Clear-Site-Data",
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Content-Security-Policy",
        "Content-Security-Policy-Report-Only",
        "Cross-Origin-Opener-Policy",
        "X-Frame-Options",
        "Permissions-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "Report-To",
        "Reporting-Endpoints",
        "NEL",
        "Link",
        "Refresh",
        "Origin-Agent-Cluster",
        "Cache-Control",
        "Expires",
        "Last-Modified",
        "Vary",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "Alt-Svc",
        "Accept-Ranges",
        "Content-Range",
        "X-JupyterHub-Version",
        "X-Anything-New",
    ],
)
@pytest.mark.parametrize("spelt", [str, str.lower, str.upper])
def test_the_room_cannot_set_a_header_that_is_not_listed(name: str, spelt: type[str]) -> None:
    assert browser((spelt(name), "x"), ("Content-Type", "text/html")) == [("Content-Type", "text/html")]


@pytest.mark.parametrize(
    "name",
    [
        "Cookie",
        "Authorization",
        "Proxy-Authorization",
        "X-XSRFToken",
        "Referer",
        "Origin",
        "Host",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Real-Ip",
        "Range",
        "If-Modified-Since",
        "Connection",
        "Upgrade",
        "Accept-Encoding",
        "Expect",
        "Transfer-Encoding",
    ],
)
def test_nothing_that_names_the_person_or_the_hub_reaches_the_room(name: str) -> None:
    assert room((name, "x"), ("Accept", "*/*")) == [("Accept", "*/*")]


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nb", "a\x00b", "a\x7f", "é", "\x1b[2J"])
def test_a_value_with_a_control_or_foreign_character_is_dropped_both_ways(value: str) -> None:
    assert browser(("Content-Type", value)) == []
    assert room(("Accept", value)) == []


@pytest.mark.parametrize(
    ("location", "becomes"),
    [
        ("/user/alice/one/lab?x=1", "/user/alice/one/lab?x=1"),
        ("/user/alice/one", "/user/alice/one"),
        ("http://localhost/user/alice/one/lab", "/user/alice/one/lab"),
        ("//evil.example/user/alice/one/", "/user/alice/one/"),
        ("https://evil.example/user/alice/one/lab", "/user/alice/one/lab"),
        ("/user/alice/one/lab#part", "/user/alice/one/lab"),
    ],
)
def test_a_redirect_within_the_seat_loses_its_host(location: str, becomes: str) -> None:
    assert browser(("Location", location)) == [("Location", becomes)]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "/hub/logout",
        "/user/alice/two/",
        "/user/alice/oneself/",
        "/user/alice/one/../two/",
        "/user/alice/one/..",
        "/user/alice/one/%2e%2e/two/",
        "/user/alice/one/.%2E/two/",
        "/user/alice/one/.\t./two/",
        "/user/alice/one/\\evil",
        "/user/alice/one//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "lab",
        "",
    ],
)
def test_a_redirect_that_leaves_the_seat_is_dropped(location: str) -> None:
    assert browser(("Location", location)) == []


@given(st.text(alphabet=st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=60))
def test_any_redirect_that_passes_stays_below_the_prefix(location: str) -> None:
    for _, target in browser(("Location", "/user/alice/one/" + location), ("Location", location)):
        assert target == "/user/alice/one" or target.startswith(PREFIX)
        assert "/.." not in target.partition("?")[0]


def test_an_entity_tag_comes_back_to_the_room_only_through_the_same_door() -> None:
    [(_, tag)] = browser(("ETag", '"abc"'))
    assert tag != '"abc"'
    assert room(("If-None-Match", tag)) == [("If-None-Match", '"abc"')]
    assert room(("If-None-Match", tag), mark="fedcba9876543210") == []
    assert room(("If-None-Match", '"abc"')) == []


@pytest.mark.parametrize("tag", ['"a" , "b"', "abc", '"' + "a" * 129 + '"', '"a"b"', '"\\"', "*", ""])
def test_an_entity_tag_of_another_form_is_dropped_both_ways(tag: str) -> None:
    assert browser(("ETag", tag)) == []
    assert room(("If-None-Match", tag)) == []


def test_only_programs_are_kept_by_the_browser_and_only_with_asking() -> None:
    assert caching("/static/lab/main.js") == "private, no-cache"
    for path in ("/lab", "/api/contents/home/table.csv", "/lab/api/workspaces/default", "/statics/x", "/"):
        assert caching(path) == "no-store"


def test_the_doors_policy_names_no_origin_but_the_seats_own() -> None:
    own = "http://alice--one.lockedroom.localhost:8000"
    policy = security_headers(own)["Content-Security-Policy"]
    addresses = [word for word in policy.replace(";", " ").split() if "://" in word]
    assert addresses == [own.replace("http", "ws")]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "*" not in policy
