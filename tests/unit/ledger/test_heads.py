"""Signed heads: one key, made once; lines appended whole; every changed byte of an anchor is noticed."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.ledger import SignedHead, publish_head, read_anchors, sign_head
from hub.ledger.heads import WrongAnchor
from hub.ledger.keys import (
    PRIVATE_NAME,
    PUBLIC_NAME,
    WrongKey,
    fingerprint,
    load_public_key,
    load_signing_key,
    make_signing_key,
)
from hub.store import Store
from tests.unit.builders import NOW

KEY = Ed25519PrivateKey.generate()
MAKE = (
    "import sys; from pathlib import Path; from hub.ledger.keys import *; "
    "print(fingerprint(make_signing_key(Path(sys.argv[1])).public_key()))"
)


@pytest.fixture
def head(sqlite_store: Store) -> SignedHead:
    """A head of a real ledger."""
    with sqlite_store.write() as session:
        return sign_head(session, KEY, now=NOW)


def test_the_key_is_private_and_its_public_half_lies_beside_it(tmp_path: Path) -> None:
    key = make_signing_key(tmp_path / "keys")
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert files == {PRIVATE_NAME: 0o600, PUBLIC_NAME: 0o644}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    public = load_public_key(tmp_path / "keys" / PUBLIC_NAME)
    assert fingerprint(public) == fingerprint(key.public_key())


@pytest.mark.slow
def test_five_processes_make_one_key(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(5)
    ]
    made = {process.communicate(timeout=60)[0] for process in running}
    assert len(made) == 1
    assert {path.name for path in tmp_path.iterdir()} == {PRIVATE_NAME, PUBLIC_NAME}


def test_many_who_ask_at_the_same_moment_get_the_same_key(tmp_path: Path) -> None:
    for attempt in range(15):
        gate = threading.Barrier(8)

        def ask(_: int, gate: threading.Barrier = gate, directory: Path = tmp_path / str(attempt)) -> str:
            gate.wait()
            return fingerprint(make_signing_key(directory).public_key())

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(ask, range(8)))) == 1


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_signing_key(tmp_path)
    (tmp_path / PRIVATE_NAME).chmod(0o640)
    with pytest.raises(WrongKey, match="chmod 600"):
        load_signing_key(tmp_path / PRIVATE_NAME)


def test_a_public_key_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    make_signing_key(tmp_path / "a")
    make_signing_key(tmp_path / "b")
    (tmp_path / "a" / PUBLIC_NAME).write_bytes((tmp_path / "b" / PUBLIC_NAME).read_bytes())
    with pytest.raises(WrongKey, match="does not belong"):
        make_signing_key(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nxx\n", b"\xff" * 100])
def test_a_file_that_is_no_key_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    for load in (load_signing_key, load_public_key):
        with pytest.raises(WrongKey):
            load(file)


def test_what_is_published_can_be_read_again(head: SignedHead, tmp_path: Path) -> None:
    file = tmp_path / "anchors" / "heads.jsonl"
    publish_head(head, file)
    publish_head(head, file)
    assert list(read_anchors(file, KEY.public_key())) == [head, head]


def test_many_may_publish_at_once(head: SignedHead, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: publish_head(head, tmp_path / "heads"), range(100)))
    assert list(read_anchors(tmp_path / "heads", KEY.public_key())) == [head] * 100


def test_every_bit_of_every_byte_of_a_line_counts(head: SignedHead, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    publish_head(head, file)
    good = file.read_bytes()
    unnoticed = []
    for position in range(len(good) - 1):  # the last is the line's end
        changed = bytearray(good)
        changed[position] ^= 1
        file.write_bytes(bytes(changed))
        try:
            read = list(read_anchors(file, KEY.public_key()))
        except WrongAnchor:
            continue
        if read != [head]:
            unnoticed.append(position)
    assert unnoticed == []


CHANGES: list[Callable[[dict[str, object]], object]] = [
    lambda line: line.update(seq=7),
    lambda line: line.update(seq=str(line["seq"])),
    lambda line: line.update(hash="0" * 64),
    lambda line: line.update(at="2026-03-02T12:00:00.000001Z"),
    lambda line: line.update(key="0" * 64),
    lambda line: line.update(signature=""),
    lambda line: line.update(format="lockedroom-head-2"),
    lambda line: line.update(more=1),
    lambda line: line.pop("at"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_field_is_refused(
    head: SignedHead, tmp_path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    file = tmp_path / "heads"
    publish_head(head, file)
    line = json.loads(file.read_text())
    change(line)
    file.write_text(json.dumps(line) + "\n")
    with pytest.raises(WrongAnchor, match="Line 1"):
        list(read_anchors(file, KEY.public_key()))


@pytest.mark.parametrize(
    "content", [b"\n", b"[]\n", b"null", b"\xff\xfe\n", b"{" * 3000, b"a" * 10_000, b"1e999"]
)
def test_a_strange_line_is_refused_in_a_sentence(tmp_path: Path, head: SignedHead, content: bytes) -> None:
    file = tmp_path / "heads"
    publish_head(head, file)
    with file.open("ab") as lines:
        lines.write(content)
    with pytest.raises(WrongAnchor, match="Line 2"):
        list(read_anchors(file, KEY.public_key()))


def test_another_key_is_refused(head: SignedHead, tmp_path: Path) -> None:
    publish_head(head, tmp_path / "heads")
    with pytest.raises(WrongAnchor, match="another key"):
        list(read_anchors(tmp_path / "heads", Ed25519PrivateKey.generate().public_key()))


def test_an_empty_or_absent_file_is_not_a_comparison(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name in ("empty", "absent", "."):
        with pytest.raises(WrongAnchor):
            list(read_anchors(tmp_path / name, KEY.public_key()))


def test_a_line_that_does_not_fit_on_the_disk_is_taken_back(head: SignedHead, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    publish_head(head, file)
    good = file.read_bytes()
    child = os.fork()
    if child == 0:  # a file-size limit cuts the write short, as a full disk does
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) + 20, len(good) + 20))
        try:
            publish_head(head, file)
        except WrongAnchor:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert file.read_bytes() == good


def test_a_link_in_the_anchors_place_is_not_followed(head: SignedHead, tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "heads").symlink_to(tmp_path / "target")
    with pytest.raises(WrongAnchor):
        publish_head(head, tmp_path / "heads")
    assert (tmp_path / "target").read_bytes() == b""
