"""The panel's three addresses on a real Jupyter server: what they answer, and what they refuse."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from output_checker.staging import stage
from output_checker.staging.reply import Reply, ReplyComment, ReplyFile, ReplyFinding

from hub.airlock.inbox import write_reply
from hub.store.names import SeatId
from tests.unit.airlock.world import NOW
from tests.unit.panel.conftest import Room

UNSAFE = "severity,casualties\nslight,120\nserious,3\nfatal,12\ntotal,135\n"
SAFE = "severity,casualties\nslight,120\nserious,30\nfatal,12\ntotal,162\n"
HOSTILE = "<img src=x onerror=alert(1)>.csv"


def answer_from_airlock(
    room: Room, number: int, minute: int = 0, bundle: str | None = None, said: str = "No."
) -> None:
    """A reply, written by the airlock's own function."""
    finding = ReplyFinding(rule="threshold", severity="block", where="B3", message="B3 is 3.", fix="Combine.")
    file = ReplyFile(index=0, name="t.csv", kind="table (CSV)", size=9, sha256="a" * 64, findings=[finding])
    reply = Reply(
        number=number,
        state="rejected",
        sentence="An output checker said no.",
        updated=NOW.replace(minute=minute),
        bundle=bundle,
        verdict="block",
        files=[file],
        comments=[ReplyComment(when=NOW, who="An output checker", text=said)],
    )
    place = room.inbox.parent
    # ``seats/<seat>/inbox``: the seat is the folder that the inbox lies in.
    write_reply(place.parent, SeatId(place.name), reply)


def test_a_check_names_place_reason_and_fix_for_each_file(room: Room) -> None:
    (room.workspace / "home").mkdir()
    (room.workspace / "home" / "unsafe.csv").write_text(UNSAFE)
    (room.workspace / "home" / HOSTILE).write_text(SAFE)
    said = room.ask("POST", "check", {"paths": ["home/unsafe.csv", f"/home/{HOSTILE}"]}).json
    assert said["verdict"] == "block"
    assert "will not let this be submitted" in said["sentence"]
    unsafe, safe = said["files"]
    assert (unsafe["name"], unsafe["verdict"]) == ("unsafe.csv", "block")
    (found,) = [f for f in unsafe["findings"] if f["rule"] == "threshold"]
    assert found["where"] == "B3"
    assert "below the minimum count of 10" in found["message"]
    assert found["fix"]
    assert (safe["name"], safe["verdict"], safe["findings"]) == (HOSTILE, "clear", [])
    assert room.bundles() == []


def test_staging_writes_a_bundle_of_these_bytes(room: Room) -> None:
    (room.workspace / "t.csv").write_text(UNSAFE)
    (room.workspace / "u.csv").write_text(SAFE)
    said = room.ask("POST", "stage", {"paths": ["t.csv", "u.csv"], "context": " All casualties. "}).json
    (bundle,) = room.bundles()
    assert said["bundle"] == bundle.name
    manifest = json.loads((bundle / "bundle.json").read_bytes())
    assert manifest["context"] == "All casualties."
    assert [f["name"] for f in manifest["files"]] == ["t.csv", "u.csv"]
    assert [f["sha256"] for f in manifest["files"]] == [
        hashlib.sha256(text.encode()).hexdigest() for text in (UNSAFE, SAFE)
    ]
    (waiting,) = room.overview()["waiting"]
    assert waiting["bundle"] == bundle.name
    assert waiting["files"] == [{"name": "t.csv", "size": len(UNSAFE)}, {"name": "u.csv", "size": len(SAFE)}]


def test_no_context_is_no_context(room: Room) -> None:
    (room.workspace / "t.csv").write_text(SAFE)
    for body in ({"paths": ["t.csv"]}, {"paths": ["t.csv"], "context": " \n "}):
        assert room.ask("POST", "stage", body).status == 200
    assert [json.loads((b / "bundle.json").read_bytes())["context"] for b in room.bundles()] == [None, None]


@pytest.mark.parametrize("question", ["check", "stage"])
@pytest.mark.parametrize(
    ("path", "because"),
    [
        ("../secret.csv", "not a file of the workspace"),
        ("home/../../secret.csv", "not a file of the workspace"),
        ("/", "not a file of the workspace"),
        ("", "not a file of the workspace"),
        ("a\0b.csv", "not a file of the workspace"),
        ("link.csv", "is a link"),
        ("folder-link/secret.csv", "is a link"),
        ("inside-link.csv", "is a link"),
        ("none.csv", "no file none.csv any more"),
        ("home", "is a folder"),
        ("fifo", "not an ordinary file"),
        ("t.csv/x", "cannot be reached"),
    ],
)
def test_what_is_no_file_of_the_workspace_is_one_sentence(
    room: Room, question: str, path: str, because: str
) -> None:
    secret = room.workspace.parent / "secret.csv"
    secret.write_text(SAFE)
    (room.workspace / "home").mkdir()
    (room.workspace / "t.csv").write_text(SAFE)
    (room.workspace / "link.csv").symlink_to(secret)
    (room.workspace / "folder-link").symlink_to(room.workspace.parent)
    (room.workspace / "inside-link.csv").symlink_to("t.csv")
    os.mkfifo(room.workspace / "fifo")
    assert because in room.ask("POST", question, {"paths": ["t.csv", path]}).sentence
    assert room.bundles() == []


def test_staging_says_what_the_airlock_would_refuse(room: Room) -> None:
    (room.workspace / "t.csv").write_text(SAFE)
    for count in range(51):
        (room.workspace / f"{count}.csv").write_text(SAFE)
    many = [f"{count}.csv" for count in range(51)]
    assert "at most 50 files" in room.ask("POST", "stage", {"paths": many}).sentence
    assert "at least one file" in room.ask("POST", "stage", {"paths": []}).sentence
    assert (
        "longer than 4000" in room.ask("POST", "stage", {"paths": ["t.csv"], "context": "x" * 4001}).sentence
    )
    assert "Two of the files" in room.ask("POST", "stage", {"paths": ["t.csv", "t.csv"]}).sentence
    assert room.bundles() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"paths": "t.csv"}',
        b'{"paths": ["t.csv"], "outbox": "/"}',
        b'{"paths": ["\\ud800"]}',
    ],
)
def test_a_question_that_the_panel_does_not_ask(room: Room, body: bytes) -> None:
    assert "load the page again" in room.ask("POST", "stage", body).sentence
    assert "too much at once" in room.ask("POST", "check", b" " * 300_000).sentence


def test_replies_come_newest_first_and_replace_what_waits(room: Room) -> None:
    assert room.overview() == {"requests": [], "waiting": [], "older": 0}
    (room.workspace / "t.csv").write_text(SAFE)
    bundle = room.ask("POST", "stage", {"paths": ["t.csv"]}).json["bundle"]
    answer_from_airlock(room, 100001, minute=1)
    answer_from_airlock(room, 100002, minute=5)
    seen = room.overview()
    assert [r["number"] for r in seen["requests"]] == [100002, 100001]
    assert [w["bundle"] for w in seen["waiting"]] == [bundle]
    answer_from_airlock(room, 100003, minute=9, bundle=bundle)
    seen = room.overview()
    assert [r["number"] for r in seen["requests"]] == [100003, 100002, 100001]
    assert seen["waiting"] == []
    file = seen["requests"][0]["files"][0]
    assert (file["name"], file["findings"][0]["where"]) == ("t.csv", "B3")


def test_an_unchanged_overview_is_a_short_answer(room: Room) -> None:
    answer_from_airlock(room, 100001)
    first = room.ask("GET", "requests")
    again = room.ask("GET", "requests", **{"If-None-Match": first.headers["Etag"]})
    assert (again.status, again.body) == (304, b"")
    answer_from_airlock(room, 100001, minute=1)
    changed = room.ask("GET", "requests", **{"If-None-Match": first.headers["Etag"]})
    assert changed.status == 200
    (room.workspace / "t.csv").write_text(SAFE)
    room.ask("POST", "stage", {"paths": ["t.csv"]})
    after = room.ask("GET", "requests", **{"If-None-Match": changed.headers["Etag"]})
    assert after.status == 200
    assert len(after.json["waiting"]) == 1


def test_what_others_put_into_the_outbox_does_not_hinder(room: Room, tmp_path: Path) -> None:
    (room.workspace / "t.csv").write_text(SAFE)
    bundle = room.ask("POST", "stage", {"paths": ["t.csv"]}).json["bundle"]
    manifest = (room.outbox / bundle / "bundle.json").read_bytes()
    for name in ("fifo", "link", "huge", "broken", "folder"):
        (room.outbox / name).mkdir()
    os.mkfifo(room.outbox / "fifo" / "bundle.json")
    (tmp_path / "elsewhere.json").write_bytes(manifest)
    (room.outbox / "link" / "bundle.json").symlink_to(tmp_path / "elsewhere.json")
    (room.outbox / "huge" / "bundle.json").write_bytes(manifest + b" " * 100_000)
    (room.outbox / "broken" / "bundle.json").write_bytes(b'{"format": 1, "files": []}')
    (room.outbox / "folder" / "bundle.json").mkdir()
    (room.outbox / "a-file").write_text("x")
    (room.outbox / "whole-link").symlink_to(room.outbox / bundle)
    os.mkdir(os.fsencode(room.outbox) + b"/\xff")
    Path(os.fsdecode(os.fsencode(room.outbox) + b"/\xff/bundle.json")).write_bytes(manifest)
    assert [w["bundle"] for w in room.overview()["waiting"]] == [bundle]


def test_markup_stays_text_and_invisible_characters_go(room: Room) -> None:
    answer_from_airlock(room, 100001, said="<b>Row\u202e 3</b>\n\x1b[2Jnext")
    (room.workspace / HOSTILE).write_text(SAFE)
    stage([room.workspace / HOSTILE], outbox=room.outbox)
    seen = room.overview()
    assert seen["requests"][0]["comments"][0]["text"] == "<b>Row 3</b>\n[2Jnext"
    assert seen["waiting"][0]["files"][0]["name"] == HOSTILE
    answer = room.ask("GET", "requests")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_outside_a_room_there_is_a_sentence(room: Room) -> None:
    (room.inbox / ".airlock").rmdir()
    room.inbox.rmdir()
    try:
        assert "inside a locked room only" in room.ask("GET", "requests").sentence
    finally:
        room.inbox.mkdir()


@pytest.mark.parametrize(("method", "path"), [("GET", "requests"), ("POST", "check"), ("POST", "stage")])
def test_whoever_is_not_signed_in_to_the_server_gets_nothing(room: Room, method: str, path: str) -> None:
    (room.workspace / "t.csv").write_text(SAFE)
    # With a proper pair against forged requests, so that nothing but the missing sign-in refuses.
    pair = {"Cookie": "_xsrf=" + "ab" * 16, "X-XSRFToken": "ab" * 16}
    answer = room.ask(method, path, {"paths": ["t.csv"]}, Authorization="token wrong", **pair)
    assert answer.status == 403
    assert b"xsrf" not in answer.body.lower()
    assert room.bundles() == []
