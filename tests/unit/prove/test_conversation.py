"""A room answers as it likes: only an answer of the right form says anything, and nothing holds the proof up."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.prove import conversation
from hub.prove.conversation import Conversation, converse, understood
from hub.prove.stage import CouldNotTry, KilledBy


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (b'{"seen": "EPERM"}\n', "EPERM"),
        (b'{"seen": []}\n', []),
        (b'{"seen": null}\n', None),
        (b'{"killed_by": 31}\n', KilledBy(31)),
    ],
)
def test_an_answer(line: bytes, seen: object) -> None:
    assert understood(line) == seen


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"held\n",
        b"[]\n",
        b"{}\n",
        b'{"late": 10}\n',
        b'{"failed": "ValueError"}\n',
        b'{"killed_by": true}\n',
        b'{"killed_by": "31"}\n',
        b'{"seen": 1, "seen": 2}\n',
        b'{"seen": 1, "failed": "x"}\n',
        b'{"seen": NaN}\n',
        b'{"seen": ' + b"[" * 7 + b"]" * 7 + b"}\n",
        b'{"held": true}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_not_an_answer_says_nothing(line: bytes) -> None:
    with pytest.raises(CouldNotTry):
        understood(line)


@pytest.fixture
def pair() -> Iterator[tuple[Conversation, socket.socket]]:
    """Both ends of a conversation."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    talk = Conversation(ours)
    yield talk, theirs
    talk.close()
    theirs.close()


def answering(theirs: socket.socket, answer: Callable[[socket.socket], None]) -> threading.Thread:
    """A room that reads one question and answers it in its own way."""

    def room() -> None:
        theirs.recv(65536)
        answer(theirs)

    thread = threading.Thread(target=room, daemon=True)
    thread.start()
    return thread


def test_a_room_that_ends_or_says_too_much_is_asked_nothing_more(
    pair: tuple[Conversation, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, theirs = pair
    monkeypatch.setattr(conversation, "_MOST_BYTES", 1000)
    answering(theirs, lambda room: room.sendall(b"x" * 1001))
    with pytest.raises(CouldNotTry, match="no end"):
        talk.ask("network.devices")
    # What it sends late is not taken for the answer to another question.
    theirs.sendall(b'\n{"seen": []}\n')
    with pytest.raises(CouldNotTry, match="no end"):
        talk.ask("network.routes")


def test_a_room_that_closes_its_socket_has_not_answered(pair: tuple[Conversation, socket.socket]) -> None:
    talk, theirs = pair
    answering(theirs, lambda room: room.close()).join(5)
    with pytest.raises(CouldNotTry, match="does not answer any more"):
        talk.ask("network.devices")


def test_a_question_and_its_answer(pair: tuple[Conversation, socket.socket]) -> None:
    talk, theirs = pair
    asked: list[object] = []

    def room() -> None:
        asked.append(json.loads(theirs.recv(65536)))
        theirs.sendall(b'{"seen": ')
        theirs.sendall(b'["lo"]}\n')

    thread = threading.Thread(target=room, daemon=True)
    thread.start()
    assert talk.ask("network.connect", ["a", 1], 2) == ["lo"]
    thread.join(5)
    assert asked == [{"probe": "network.connect", "arguments": [["a", 1], 2]}]


def test_a_room_that_has_ended_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTry, match="did not start: no bubblewrap"):
        converse(tmp_path, os.getuid(), ended=lambda: "no bubblewrap", within_s=60)


def test_a_room_that_never_answers_is_waited_for_so_long(tmp_path: Path) -> None:
    with pytest.raises(CouldNotTry, match="within 0 seconds"):
        converse(tmp_path, os.getuid(), ended=lambda: None, within_s=0)
