"""Names: what may be one, and that nothing else gets through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.names import WrongName, parse_actor, parse_person, parse_project, parse_seat

GOOD = ["a", "alice", "alice-b", "a1", "1", "x-1-y", "0-0"]
BAD = [
    "",
    "-",
    "-a",
    "a-",
    "a--b",
    "Alice",
    "a b",
    "a.b",
    "a/b",
    "..",
    "a\n",
    "\na",
    "é",
    "ａ",
    "٣",
    "a\0",
    "a_b",
    None,
    7,
]


@pytest.mark.parametrize("name", GOOD)
def test_good_names_pass_unchanged(name: str) -> None:
    assert parse_person(name) == parse_project(name) == name


@pytest.mark.parametrize("name", BAD)
def test_other_names_are_refused(name: object) -> None:
    for parse in (parse_person, parse_project):
        with pytest.raises(WrongName):
            parse(name)


def test_a_person_has_at_most_30_characters() -> None:
    assert parse_person("a" * 29) and parse_person("a" * 30)
    with pytest.raises(WrongName):
        parse_person("a" * 31)


def test_no_person_gets_a_host_name_that_begins_like_one_in_another_alphabet() -> None:
    with pytest.raises(WrongName):
        parse_person("xn")
    assert parse_person("xn-1") and parse_project("xn")


def test_a_project_has_at_most_30_characters() -> None:
    assert parse_project("a" * 29) and parse_project("a" * 30)
    with pytest.raises(WrongName):
        parse_project("a" * 31)


def test_a_seat_is_person_dot_project() -> None:
    seat = parse_seat("alice.road-safety")
    assert (seat.person, seat.project, seat.id) == ("alice", "road-safety", "alice.road-safety")


@pytest.mark.parametrize("text", ["alice", "a.b.c", ".b", "a.", ".", "a/../b.c", "alice.Road", None])
def test_other_seats_are_refused(text: object) -> None:
    with pytest.raises(WrongName):
        parse_seat(text)


@pytest.mark.parametrize("text", ["alice", "console:root", "console:_apt", "system:hub", "system:door-1"])
def test_actors(text: str) -> None:
    assert parse_actor(text) == text


@pytest.mark.parametrize(
    "text", ["console:", "system:a b", "root:x", "console:a\n", "system:" + "a" * 33, "", None]
)
def test_other_actors_are_refused(text: object) -> None:
    with pytest.raises(WrongName):
        parse_actor(text)


@given(st.text(max_size=40))
def test_whatever_passes_is_safe_in_a_path_and_a_host_name(text: str) -> None:
    try:
        name = parse_person(text)
    except WrongName:
        return
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name, re.ASCII)
    assert "--" not in name
