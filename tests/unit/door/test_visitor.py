"""Where a request comes from: the header is believed from its end, as far as trusted proxies speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.door.visitor import as_networks, as_text, refusal, visitor
from tests.unit.door.asking import status
from tests.unit.door.conftest import Place

PROXIES = as_networks("127.0.0.1, 10.0.0.0/28")
ALLOWED = as_networks("192.0.2.0/25,2001:db8::/32")


@pytest.mark.parametrize(
    ("forwarded", "trusted", "found"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("198.51.100.7,192.0.2.1", "", "192.0.2.1"),  # said by the visitor about themselves
        ("198.51.100.7, 127.0.0.1", "", "127.0.0.1"),
        ("198.51.100.7, 127.0.0.1", "127.0.0.1", "198.51.100.7"),
        ("192.0.2.9, 198.51.100.7, 10.0.0.3,127.0.0.1", "127.0.0.1,10.0.0.0/28", "198.51.100.7"),
        ("198.51.100.7, 10.0.0.16", "10.0.0.0/28", "10.0.0.16"),
        ("10.0.0.15,127.0.0.1", "127.0.0.1,10.0.0.0/28", "10.0.0.15"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("198.51.100.7,::ffff:127.0.0.1", "127.0.0.1", "198.51.100.7"),
        ("2001:db8::5", "", "2001:db8::5"),
    ],
)
def test_who_is_believed(forwarded: str, trusted: str, found: str) -> None:
    assert str(visitor(forwarded, as_networks(trusted))) == found


@pytest.mark.parametrize(
    "forwarded",
    [
        None,
        "",
        " ",
        "unknown",
        "192.0.2.1,",
        "192.0.2.1:443",
        "192.0.2.1, unknown, 127.0.0.1",
        "192.0.2.1/24",
        "a" * 9999,
    ],
)
def test_what_is_no_address_is_nowhere(forwarded: str | None) -> None:
    assert visitor(forwarded, PROXIES) is None
    assert "not known where you come from" in str(refusal(forwarded, allowed=ALLOWED, trusted=PROXIES))
    assert refusal(forwarded, allowed=None, trusted=PROXIES) is None


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("192.0.1.255", True),
        ("192.0.2.0", False),
        ("192.0.2.1", False),
        ("192.0.2.126", False),
        ("192.0.2.127", False),
        ("192.0.2.128", True),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", True),
        ("2001:db8::", False),
        ("2001:db9::", True),
    ],
)
def test_a_network_ends_where_it_says(address: str, refused: bool) -> None:
    said = refusal(f"192.0.2.5,{address}", allowed=ALLOWED, trusted=())
    assert (said is not None) == refused
    if said is not None:
        assert address in said and said.endswith(".")


def test_networks_are_written_as_they_are_read() -> None:
    assert as_networks(as_text(ALLOWED)) == ALLOWED
    assert as_networks("") == ()
    for wrong in ("10.0.0.1/8", "ten", "10.0.0.0/33"):
        with pytest.raises(ValueError, match=r"\S"):
            as_networks(wrong)


async def test_the_door_asks_every_request_where_it_comes_from(place: Place) -> None:
    place.sign_in()
    place.door.settings = replace(place.door.settings, networks=ALLOWED, trusted_proxies=PROXIES)
    assert await status(place, X_Forwarded_For="192.0.2.7, 127.0.0.1") == 200
    assert len(place.seen) == 1
    for forwarded in ("192.0.2.7, 198.51.100.7", "198.51.100.7, 127.0.0.1", "unknown"):
        assert await status(place, X_Forwarded_For=forwarded) == 403
        assert await status(place, X_Forwarded_For=forwarded, X_Real_Ip="192.0.2.7") == 403
        assert (
            await status(place, "api/kernels/1/channels", Upgrade="websocket", X_Forwarded_For=forwarded)
            == 403
        )
    assert await status(place) == 403
    assert len(place.seen) == 1
