"""The hub beside the doors: its own host only, its own pages only, and settings that keep the seats apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from output_checker.errors import PlainError

from hub.hub_config import check, page_headers
from hub.jupyterhub_app import hub_address
from hub.own_pages import Seldom, refusal
from hub.settings import Settings

HUB = "http://lockedroom.localhost:8000"
HOST = "lockedroom.localhost:8000"
SEAT = "http://alice--one.lockedroom.localhost:8000"


@pytest.mark.parametrize(
    ("method", "headers", "passes"),
    [
        ("GET", {}, True),
        ("GET", {"Sec-Fetch-Site": "none"}, True),
        ("GET", {"Sec-Fetch-Site": "same-origin"}, True),
        ("GET", {"Sec-Fetch-Site": "same-site"}, False),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, False),
        ("POST", {"Origin": HUB, "Sec-Fetch-Site": "same-origin"}, True),
        ("POST", {"Origin": SEAT, "Sec-Fetch-Site": "same-site"}, False),
        ("POST", {"Origin": "null"}, False),
        ("POST", {}, False),
        ("DELETE", {"Sec-Fetch-Site": "same-origin"}, False),
        ("GET", {"Host": "alice--one.lockedroom.localhost:8000"}, False),
        ("GET", {"Host": "127.0.0.1:8000"}, False),
    ],
)
def test_a_page_that_does_something_is_taken_from_the_hubs_own_pages(
    method: str, headers: dict[str, str], passes: bool
) -> None:
    assert (refusal(method, {"Host": HOST} | headers, HUB) is None) is passes


@pytest.mark.parametrize(
    ("method", "path", "leads"),
    [
        ("GET", "/", "/hub/home"),
        ("GET", "/user/alice/one/lab/tree/a%20b.ipynb", "/hub/user/alice/one/lab/tree/a%20b.ipynb"),
        ("HEAD", "/user/alice/one", "/hub/user/alice/one"),
        ("POST", "/user/alice/one/api/contents", None),
        ("GET", "/hub/login", None),
        ("GET", "/hub/api/user", None),
        ("GET", "/services/desk/", None),
        ("GET", "//evil.example/user/alice/one/", None),
        ("GET", "/user/alice/one/\\evil", None),
        ("GET", "/user/alice/one/x\r\nSet-Cookie: a=b", None),
        ("GET", "/user/..", None),
    ],
)
def test_on_another_host_only_a_closed_rooms_address_leads_to_the_hub(
    method: str, path: str, leads: str | None
) -> None:
    assert hub_address(method, path, HUB) == (None if leads is None else HUB + leads)


@pytest.mark.parametrize(
    ("public_url", "word"),
    [
        ("http://127.0.0.1:8000", "host name"),
        ("http://[::1]:8000", "host name"),
        ("http://tre.example", "TLS"),
        ("http://notlocalhost:8000", "TLS"),
        ("http://localhost.example", "TLS"),
    ],
)
def test_an_address_that_cannot_keep_seats_apart_is_refused_with_a_sentence(
    public_url: str, word: str
) -> None:
    with pytest.raises(PlainError, match=word):
        check(Settings(public_url=public_url))


def test_the_hubs_pages_run_no_script_and_send_forms_only_to_its_own_hosts() -> None:
    policy = page_headers(HUB)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "form-action 'self' http://*.lockedroom.localhost:8000;" in policy


@pytest.mark.parametrize(("later", "again"), [(59, False), (60, True), (61, True)])
def test_one_refusal_of_a_person_is_written_down_once_a_minute(later: int, again: bool) -> None:
    seldom, now = Seldom(timedelta(minutes=1)), datetime(2026, 3, 2, tzinfo=UTC)
    assert seldom.first(("alice", "ended"), now)
    assert seldom.first(("alice", "closed"), now + timedelta(seconds=1))
    assert seldom.first(("bob", "ended"), now + timedelta(seconds=1))
    assert seldom.first(("alice", "ended"), now + timedelta(seconds=later)) is again
