"""A request is answered only at the seat's own host, and only for the seat's own pages."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders

from hub.door.origin import refusal

ORIGIN = "http://alice--one.lockedroom.localhost:8000"
HOST = "alice--one.lockedroom.localhost:8000"
OTHERS = [
    "http://alice--two.lockedroom.localhost:8000",
    "http://lockedroom.localhost:8000",
    "http://desk.lockedroom.localhost:8000",
    "https://alice--one.lockedroom.localhost:8000",
    "http://alice--one.lockedroom.localhost",
    "http://alice--one.lockedroom.localhost:8001",
    "http://evil.example",
    "null",
    "",
]


def asked(method: str = "GET", *, websocket: bool = False, **headers: str) -> str | None:
    sent = HTTPHeaders({"Host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()})
    return refusal(method, sent, own_origin=ORIGIN, own_host=HOST, websocket=websocket)


def test_the_seats_own_page_may_do_everything() -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert asked(method, Origin=ORIGIN, Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors") is None
    assert asked(websocket=True, Origin=ORIGIN) is None


def test_an_address_that_was_typed_is_answered() -> None:
    assert asked(Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document") is None
    assert asked() is None


@pytest.mark.parametrize(
    "host",
    ["", "lockedroom.localhost:8000", "alice--two.lockedroom.localhost:8000", HOST + ".", "127.0.0.1:8000"],
)
def test_another_host_is_refused(host: str) -> None:
    assert asked(Host=host) is not None


def test_the_hosts_case_does_not_matter() -> None:
    assert asked(Host=HOST.upper()) is None


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_origin_is_refused_whatever_it_asks(origin: str, method: str) -> None:
    assert asked(method, Origin=origin) is not None
    assert asked(websocket=True, Origin=origin) is not None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_without_an_origin_is_refused(method: str) -> None:
    assert asked(method) is not None
    assert asked(method, Sec_Fetch_Site="same-origin") is not None


def test_a_websocket_without_an_origin_is_refused() -> None:
    assert asked(websocket=True) is not None


@pytest.mark.parametrize("site", ["same-site", "cross-site", "something-new"])
@pytest.mark.parametrize(
    ("mode", "dest", "passes"),
    [
        ("navigate", "document", True),
        ("navigate", "iframe", False),
        ("navigate", "embed", False),
        ("navigate", "object", False),
        ("no-cors", "script", False),
        ("no-cors", "image", False),
        ("cors", "empty", False),
        ("websocket", "websocket", False),
        ("", "", False),
    ],
)
def test_elsewhere_may_lead_here_and_load_nothing(site: str, mode: str, dest: str, passes: bool) -> None:
    decision = asked(Sec_Fetch_Site=site, Sec_Fetch_Mode=mode, Sec_Fetch_Dest=dest)
    assert (decision is None) is passes


def test_elsewhere_may_not_lead_here_with_a_form() -> None:
    sent = {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert asked("POST", **sent, Origin=OTHERS[0]) is not None
    assert asked("POST", **sent) is not None


def test_no_script_becomes_a_service_worker_not_even_the_seats_own() -> None:
    assert asked(Service_Worker="script", Sec_Fetch_Site="same-origin") is not None
