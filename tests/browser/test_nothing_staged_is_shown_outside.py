"""Before release the author's browser gets nothing outside the room that was chosen in it.

Random words stand in every field of bundles that a hostile room staged, and in the start-up files of a room that
cannot start. All bytes that reach the author's Chromium are searched for them, those of the open room's own door
excepted: there is the room.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.browser.outside.planted import Found, Search
from tests.browser.outside.story import CHECKER, CLIENT, Story
from tests.browser.outside.tap import Answer, Connection, answers
from tests.browser.outside.tour import METHODS

WORD = "bcdfghjklmnpqrstvwxzbcdf"


@pytest.fixture(scope="module")
def story(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Walked from staging to download."""
    story = Story(tmp_path_factory.mktemp("outside") / "state", chromium)
    try:
        story.start()
        story.walk()
        yield story
    finally:
        story.close()


def of_the_author(story: Story, connections: Iterable[Connection]) -> list[Connection]:
    """What the author's Chromium received from anywhere but the open room's door."""
    return [
        c for c in connections if not c.is_of(CHECKER) and not c.is_of(CLIENT) and c.hosts != {story.inside}
    ]


def seen(search: Search, connections: Iterable[Connection]) -> list[str]:
    """Which words were received: a line for each field, form and place."""
    lines: set[str] = set()
    known: dict[bytes, set[Found]] = {}

    def look(received: bytes, where: str) -> None:
        if received not in known:
            known[received] = search(received)
        lines.update(f"{found.field} ({found.form}) in {where}" for found in known[received])

    for connection in connections:
        look(bytes(connection.received), f"the bytes of {', '.join(connection.hosts)}")
        for answer in answers(connection):
            look(answer.body, f"{answer.status} to {answer.method} {answer.host}{answer.path}")
    return sorted(lines)


def all_answers(connections: Iterable[Connection]) -> list[Answer]:
    return [answer for connection in connections for answer in answers(connection)]


@pytest.mark.timeout(1200)
def test_every_bundle_came_to_its_end(story: Story) -> None:
    assert story.reached == story.expected
    assert len(story.words) > 100


def test_the_room_that_cannot_start_was_seen_to_fail(story: Story) -> None:
    outside = all_answers(of_the_author(story, story.before_release))
    said = [a.body.decode() for a in outside if a.path.endswith("/servers/broken/progress")]
    assert any('"failed": true' in events and "could not start" in events for events in said), said


def test_nothing_planted_reached_the_authors_browser_before_release(story: Story) -> None:
    search = Search(story.words | story.hashes)
    outside = of_the_author(story, story.before_release)
    assert len(all_answers(outside)) > 1000
    assert not (found := seen(search, outside)), "\n".join(found)


def test_nor_afterwards_but_for_the_file_that_was_released(story: Story) -> None:
    released = ("released: header", "released: cell", "released: second cell")
    search = Search({k: v for k, v in (story.words | story.hashes).items() if k not in released})
    assert not (found := seen(search, of_the_author(story, story.tap.connections))), "\n".join(found)


def test_every_address_of_hub_and_desk_was_asked_with_every_method(story: Story) -> None:
    """An address that is new is asked as well: the lists come from the applications themselves."""
    answered = {(a.method, a.path) for a in all_answers(of_the_author(story, story.before_release))}
    for paths in (story.asked_of_desk, story.hub_paths()):
        for rule, of_rule in paths.items():
            for method in METHODS:
                assert any((method, path) in answered for path in of_rule), f"{method} {rule}"
    numbers = {path.split("/")[4] for _, path in answered if path.startswith("/services/desk/requests/")}
    assert len(numbers) == story.expected.total() + 2


def test_the_same_search_finds_the_words_where_an_output_checker_reads_them(story: Story) -> None:
    checkers = [c for c in story.before_release if c.is_of(CHECKER)]
    found = seen(Search(story.words), checkers)
    for which in ("released", "rejected"):
        for part in ("file name", "header", "cell", "second cell", "context"):
            assert any(line.startswith(f"{which}: {part} (plain) in 200 to GET") for line in found)


def test_the_words_are_shown_in_the_room(story: Story) -> None:
    search = Search(story.words)
    in_panel = {found.field for found in search(story.panel.encode())}
    assert {"blocked: file name", "blocked: cell"} <= in_panel
    by_magic = {found.field for found in search(story.room_replies.encode())}
    assert in_panel <= by_magic
    assert {"notebook: file name", "carol: comment of reject"} <= by_magic


def test_the_release_is_the_file_itself(story: Story) -> None:
    assert hashlib.sha256(story.downloaded).hexdigest() in story.hashes.values()
    assert {f.field for f in Search(story.words)(story.downloaded)} == {
        "released: header",
        "released: cell",
        "released: second cell",
    }
    afterwards = of_the_author(story, story.tap.connections)
    address = f"/requests/{story.number('released')}/files/0/download"
    assert any(
        line.startswith("released: cell (plain) in 200 to POST") and line.endswith(address)
        for line in seen(Search(story.words), afterwards)
    )


@pytest.mark.parametrize(
    "written",
    [
        WORD.encode(),
        WORD.upper().encode(),
        WORD[:13].encode() + b"...",
        WORD[::-1].encode(),
        "\u00ad".join(WORD).encode(),
        "&shy;".join(WORD).encode(),
        "".join(f"&#x{ord(c):x};" for c in WORD).encode(),
        html.escape("".join(f"&#{ord(c)};" for c in WORD)).encode(),
        "".join(f"%{ord(c):02X}" for c in WORD).encode(),
        "".join(f"\\u{ord(c):04x}" for c in WORD).encode(),
        json.dumps(list(WORD.encode())).encode(),
        f"<td>{WORD[:5]}</td><wbr><b class='x'>{WORD[5:]}</b>".encode(),
        WORD.encode("utf-16-le"),
        WORD.encode("utf-16-be"),
        WORD.encode().hex().encode(),
        WORD.encode().hex(":").upper().encode(),
        *(base64.b64encode(b"x" * before + WORD.encode() + b"yz") for before in range(4)),
        base64.urlsafe_b64encode(b"?" + WORD.upper().encode()),
        quote(base64.b64encode(WORD.encode())).encode(),
    ],
    ids=lambda written: written[:40].decode("latin-1"),
)
def test_the_search_finds_a_word_in_any_of_these_forms(written: bytes) -> None:
    assert Search({"field": WORD})(b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\nbefore " + written + b" after")


def test_the_search_finds_nothing_in_other_words() -> None:
    assert Search({"a": WORD})(WORD[:11].encode() + b"-" + WORD[12:20].encode()) == set()
