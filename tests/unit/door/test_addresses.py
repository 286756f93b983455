"""Every seat has a host name of its own, and no two places share one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.door.addresses import origin_of, seat_host, seat_label, service_host, subdomain_hook
from hub.store.names import PERSON_MAX, PROJECT_MAX, parse_person, parse_project

NAMES = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,3}", fullmatch=True)
URL = "http://lockedroom.localhost:8000"


def test_a_seat_the_desk_and_the_hub_have_three_hosts() -> None:
    assert seat_host(URL, "alice", "road-safety") == "alice--road-safety.lockedroom.localhost"
    assert service_host(URL, "desk") == "desk.lockedroom.localhost"
    assert origin_of(URL, seat_host(URL, "alice", "one")) == "http://alice--one.lockedroom.localhost:8000"
    assert origin_of("https://tre.example", "desk.tre.example") == "https://desk.tre.example"


def test_jupyterhub_gives_services_a_host_and_people_none_beside_their_seats() -> None:
    assert subdomain_hook("desk", "lockedroom.localhost", "service") == "desk.lockedroom.localhost"
    assert subdomain_hook("alice", "lockedroom.localhost", "user") == "lockedroom.localhost"


@given(NAMES, NAMES, NAMES, NAMES)
def test_two_seats_share_a_host_only_if_they_are_one_seat(a: str, b: str, c: str, d: str) -> None:
    for name in (a, c):
        parse_person(name)
    for name in (b, d):
        parse_project(name)
    assert (seat_label(a, b) == seat_label(c, d)) == ((a, b) == (c, d))


@given(NAMES, NAMES)
def test_no_seat_has_the_host_of_a_service(person: str, project: str) -> None:
    assert seat_host(URL, person, project) not in {service_host(URL, "desk"), service_host(URL, project)}


def test_the_longest_names_make_a_label_that_dns_allows() -> None:
    assert len(seat_label(parse_person("a" * PERSON_MAX), parse_project("b" * PROJECT_MAX))) <= 63
