"""A door that was told other things than hold now is told from one that may go on."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from hub.door import settings as door_settings
from hub.governance.tiers import Tier, load_tiers
from hub.seat_door import environment_of, mark_of
from hub.settings import Settings
from hub.store.names import Seat, parse_person, parse_project
from tests.unit.seat.open_seat import room_of

LOW = load_tiers().find("low")
SEAT = Seat(parse_person("alice"), parse_project("road-safety"))


def told(settings: Settings, tier: Tier = LOW) -> dict[str, str]:
    """What alice's door is told."""
    return environment_of(room_of(Path("/state")), SEAT, tier, settings, Path("/state/run/warden.sock"))


@pytest.mark.parametrize(
    "changed",
    [
        Settings(trusted_proxies="192.0.2.1"),
        Settings(recheck_seconds=4),
        Settings(freeze_seconds=9),
        Settings(public_url="https://rooms.example"),
    ],
)
def test_another_setting_is_another_mark(changed: Settings) -> None:
    assert mark_of(told(changed)) != mark_of(told(Settings()))


def test_other_networks_are_another_mark() -> None:
    tier = LOW.model_copy(update={"networks": (ip_network("10.20.0.0/16"),)})
    assert mark_of(told(Settings(), tier)) != mark_of(told(Settings()))


def test_what_is_no_doors_setting_and_its_secrets_are_not_in_it() -> None:
    more = {"PATH": "/bin", "JUPYTERHUB_API_TOKEN": "secret"} | dict.fromkeys(door_settings.SECRETS, "secret")
    assert mark_of(told(Settings(seat_memory_mb=512)) | more) == mark_of(told(Settings()))
