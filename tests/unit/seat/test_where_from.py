"""A room opens only for a request that comes from a network of its tier."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest

from hub.governance import Terms
from hub.governance.tiers import load_tiers
from hub.settings import Settings
from hub.spawner import SeatMixin
from hub.store.names import PersonName, ProjectSlug, Seat

SEAT = Seat(PersonName("alice"), ProjectSlug("road-safety"))


def _refusal(
    forwarded: str | None, *, proxies: str | None = None, networks: tuple[str, ...] | None
) -> str | None:
    allowed = None if networks is None else tuple(ip_network(network) for network in networks)
    tier = load_tiers().find("low").model_copy(update={"networks": allowed})
    terms = Terms(*SEAT, SEAT.id, 1, 1, tier, "sacro", datetime(2027, 1, 1, tzinfo=UTC))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    seat: Any = SimpleNamespace(handler=SimpleNamespace(request=SimpleNamespace(headers=headers)))
    return SeatMixin._comes_from_elsewhere(seat, terms, Settings(trusted_proxies=proxies))


@pytest.mark.parametrize(
    ("forwarded", "proxies", "refused"),
    [
        ("10.20.1.1", None, False),
        ("10.21.0.0", None, True),
        ("10.20.1.1, 127.0.0.1", None, True),
        ("10.20.1.1, 127.0.0.1", "127.0.0.1", False),
        ("10.20.1.1, 192.0.2.1, 127.0.0.1", "127.0.0.1", True),
        (None, "127.0.0.1", True),
    ],
)
def test_only_from_the_tiers_networks(forwarded: str | None, proxies: str | None, refused: bool) -> None:
    said = _refusal(forwarded, proxies=proxies, networks=("10.20.0.0/16",))
    assert (said is not None) == refused


def test_from_anywhere_where_the_tier_names_none() -> None:
    assert _refusal(None, networks=None) is None


def test_a_start_without_a_request_comes_from_nowhere() -> None:
    tier = load_tiers().find("low").model_copy(update={"networks": (ip_network("10.20.0.0/16"),)})
    terms = Terms(*SEAT, SEAT.id, 1, 1, tier, "sacro", datetime(2027, 1, 1, tzinfo=UTC))
    seat: Any = SimpleNamespace(handler=None)
    assert SeatMixin._comes_from_elsewhere(seat, terms, Settings()) is not None
