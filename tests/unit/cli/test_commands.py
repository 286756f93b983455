"""The command line: what a person types, what they read, and that every mistake is a sentence."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from output_checker.errors import PlainError
from sqlalchemy import select

import hub.cli
from hub.cli.context import console_actor, first_moment, last_moment, shown
from hub.door.cell_store import CellStore
from hub.governance.passwords import verify_password
from hub.store import open_store
from hub.store.models import Person

pytestmark = pytest.mark.slow


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory that is not there yet."""
    monkeypatch.setenv("LOCKEDROOM_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "var"


@pytest.fixture
def run(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``lockedroom …`` and gives code and output."""

    def run_command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lockedroom", *arguments])
        with pytest.raises(SystemExit) as left:
            hub.cli.main()
        code = left.value.code
        out, err = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return run_command


@pytest.fixture
def ready(run: Run) -> Run:
    """The same after ``lockedroom init``, with a project and a member."""
    for arguments in (
        ["init"],
        ["people", "add", "alice", "--full-name", "Alice Brown"],
        ["project", "create", "road-safety", "--title", "Road safety", "--ends", "2099-12-31"],
        ["member", "add", "road-safety", "alice"],
    ):
        assert run(*arguments).code == 0
    return run


def _sentence(ran: Ran, said: str) -> None:
    assert ran.code != 0
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert said in ran.err


def test_init_makes_directories_keys_and_a_database_and_may_be_repeated(run: Run, state: Path) -> None:
    for _ in range(2):
        assert run("init") == Ran(0, f"Ready: {state}\n", "")
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in state.iterdir() if path.is_dir()}
    assert {name for name, mode in modes.items() if mode != "0o700"} == {"anchors"}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "hub.sqlite").stat().st_mode) == 0o600
    assert run("ledger", "verify").code == 0


@pytest.mark.parametrize(
    "command", [["people", "list"], ["ledger", "verify"], ["ledger", "head"], ["project", "list"]]
)
def test_before_init_commands_say_what_to_do_and_make_nothing(
    run: Run, state: Path, command: list[str]
) -> None:
    _sentence(run(*command), "run lockedroom init")
    assert not state.exists()


def test_a_made_password_is_printed_once_and_works(run: Run, state: Path) -> None:
    run("init")
    out = run("people", "add", "alice", "--full-name", "Alice Brown", "--role", "committee").out
    made = re.search(r"Password \(shown once\): (\S+)", out)
    assert made is not None
    store = open_store(f"sqlite:///{state / 'hub.sqlite'}")
    with store.read() as session:
        hashed = session.scalars(select(Person.password_hash)).one()
    store.close()
    assert verify_password(made[1], hashed)
    listed = run("people", "list").out
    assert made[1] not in listed
    assert "committee" in listed
    assert made[1].encode() not in b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_an_account_with_a_role_that_cannot_be_is_not_made_at_all(run: Run) -> None:
    run("init")
    _sentence(
        run("people", "add", "x", "--full-name", "X", "--role", "administrator", "--role", "output_checker"),
        "administrator and output checker at once",
    )
    assert " x " not in run("people", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["people", "add", "Alice", "--full-name", "A"], "lower-case"),
        (["people", "add", "alice", "--full-name", "A"], "already"),
        (["people", "grant", "bob", "committee"], "no person"),
        (["people", "grant", "alice", "king"], "choose one of"),
        (["people", "disable", "bob", "--reason", "x"], "no person"),
        (["project", "create", "x", "--title", "X", "--ends", "2001-01-01"], "past"),
        (["project", "create", "x", "--title", "X", "--ends", "soon"], "2026-01-31"),
        (["project", "create", "x", "--title", "X", "--ends", "2099-01-01T00:00:00"], "zone"),
        (["project", "create", "x", "--title", "X", "--ends", "9999-12-31"], "2026-01-31"),
        (
            ["project", "create", "x", "--title", "X", "--ends", "2099-01-01", "--tier", "identifiable"],
            "choose synthetic, low or patient-level",
        ),
        (["project", "close", "nowhere", "--reason", "x"], "no project"),
        (["member", "add", "nowhere", "alice"], "no project"),
        (["member", "add", "road-safety", "alice"], "already"),
        (["member", "end", "road-safety", "bob", "--reason", "x"], "no person"),
        (["member", "list", "nowhere"], "no project"),
        (["ledger", "show", "--project", "../x"], "lower-case"),
        (["ledger", "verify", "--anchor", "/nowhere"], "cannot be read"),
        (["ledger", "verify", "--anchor", "/dev/null"], "is empty"),
        (
            ["ledger", "verify", "--anchor", "/etc/passwd", "--public-key", "/etc/passwd"],
            "not an Ed25519 public key",
        ),
        (["ledger", "head", "--out", "/proc/nowhere"], "cannot be published"),
    ],
)
def test_mistakes_are_sentences(ready: Run, arguments: list[str], said: str) -> None:
    _sentence(ready(*arguments), said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"# nothing but a comment\n", "is empty"),
        (b"- stats19\n", "has to name source and tables"),
        (b"\xff\xfe\x00", "neither YAML nor JSON"),
        (b"a: [", "neither YAML nor JSON"),
        (b"!!python/object/apply:os.system ['true']", "neither YAML nor JSON"),
        (b"[" * 100_000, "neither YAML nor JSON"),
        (b"# " + b"a" * 1024 * 1024, "larger than a megabyte"),
        (b"source: stats19\ntables: {}\nextra: 1\n", "not right at"),
    ],
)
def test_a_wrong_approval_is_a_sentence(ready: Run, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "approval.yaml"
    file.write_bytes(content)
    _sentence(ready("project", "approve", "road-safety", str(file)), said)


def test_an_approval_may_be_yaml_or_json(ready: Run, tmp_path: Path) -> None:
    yaml_file, json_file = tmp_path / "a.yaml", tmp_path / "a.json"
    yaml_file.write_text("source: stats19\ntables:\n  collisions:\n    columns: [severity]\n")
    json_file.write_text(
        '{"source": "stats19", "snapshot": null, "tables": {"collisions": {"columns": ["severity"]}}}'
    )
    outputs = {ready("project", "approve", "road-safety", str(file)).out for file in (yaml_file, json_file)}
    assert len(outputs) == 1
    assert "collisions (1 columns)" in outputs.pop()


def test_a_day_given_as_the_end_is_included(ready: Run) -> None:
    assert first_moment("2026-01-31").isoformat() == "2026-01-31T00:00:00+00:00"
    assert last_moment("2026-01-31").isoformat() == "2026-02-01T00:00:00+00:00"
    assert last_moment("2026-01-31T09:00:00+01:00").isoformat() == "2026-01-31T08:00:00+00:00"
    with pytest.raises(PlainError):
        first_moment("2026-02-30")


def test_changing_one_byte_or_cutting_the_end_makes_verify_fail_and_name_the_place(
    ready: Run, state: Path
) -> None:
    assert ready("ledger", "head").code == 0
    anchor = state / "anchors" / "ledger-heads.jsonl"
    intact = ready("ledger", "verify", "--anchor", str(anchor))
    assert re.fullmatch(r"6 entries, head [0-9a-f]{64}, intact; compared with 1 signed head\n", intact.out)
    database = sqlite3.connect(state / "hub.sqlite")
    guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()

    def tamper(statement: str) -> None:
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)
        for _, sql in guards:
            database.execute(sql)
        database.commit()

    tamper("UPDATE ledger_entries SET payload = replace(payload, 'Road', 'Read') WHERE seq = 4")
    broken = ready("ledger", "verify", "--anchor", str(anchor))
    assert (broken.code, broken.out) == (1, "")
    assert "Entry 4: its content does not match its hash" in broken.err
    tamper("UPDATE ledger_entries SET payload = replace(payload, 'Read', 'Road') WHERE seq = 4")
    assert ready("ledger", "verify").code == 0
    tamper("DELETE FROM ledger_entries WHERE seq >= 5")
    database.close()
    cut = ready("ledger", "verify", "--anchor", str(anchor))
    assert cut.code == 1
    assert "Entry 5: the end was cut off here" in cut.err
    anchor.unlink()
    assert "not compared with any signed head" in ready("ledger", "verify").out


def test_a_locked_or_damaged_database_is_a_sentence(
    ready: Run, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.engine.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(state / "hub.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _sentence(ready("people", "grant", "alice", "committee"), "locked by another program")
    other.close()
    (state / "hub.sqlite").write_bytes(b"garbage" * 4096)
    _sentence(ready("people", "list"), "not a SQLite database")


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_a_sentence_and_changes_nothing(run: Run, state: Path) -> None:
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(state)], check=True)
    try:
        assert run("init").code == 0
        before = run("ledger", "verify").out
        _fill(state / "ballast")
        _sentence(
            run("people", "add", "alice", "--full-name", "Alice"), "The disk that holds the database is full"
        )
        (state / "ballast").unlink()
        assert run("ledger", "verify").out == before
        assert run("people", "add", "alice", "--full-name", "Alice").code == 0
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)


def test_a_wrong_setting_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKEDROOM_SEAT_CPUS", "many")
    _sentence(run("people", "list"), "LOCKEDROOM_SEAT_CPUS")


def test_a_second_hub_is_kept_away_from_the_state_of_one_that_runs(run: Run, state: Path) -> None:
    assert run("init").code == 0
    with (state / "run" / "serve.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ran = run("serve")
    assert (ran.code, ran.err) == (3, f"A hub already runs on {state}: stop it first.\n")


def test_rooms_on_docker_without_an_engine_are_a_sentence_and_nothing_is_made(
    run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKEDROOM_ROOMS", "docker")
    monkeypatch.setenv("LOCKEDROOM_DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    _sentence(run("serve"), "No Docker engine answers at")
    assert not state.exists()


def test_the_console_is_an_actor_whoever_runs_it() -> None:
    assert re.fullmatch(r"console:[a-z0-9_][a-z0-9_.-]*", console_actor())


def test_what_a_table_shows_cannot_drive_the_terminal() -> None:
    assert shown("a\x1b[31mb\nc\u202ed") == "a\ufffd[31mb\ufffdc\ufffdd"


def test_every_command_explains_itself(run: Run) -> None:
    group = typer.main.get_command(hub.cli.app)
    silent = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for sub, each in getattr(command, "commands", {"": command}).items():
            if not each.help:
                silent.append(f"{name} {sub}")
    assert silent == []


def test_the_installed_command_prints_a_sentence_too(state: Path) -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lockedroom")), "ledger", "verify"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 3
    assert ran.stderr == "There is no database here yet: run lockedroom init.\n"


def test_what_passed_the_doors_is_printed_after_the_ledger_says_who_reads_it(ready: Run, state: Path) -> None:
    kept = CellStore(state, "road-safety")
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    kept.append(seat="alice.road-safety", number=1, now=at, code="a = 1\nb = \x1b[31m2")
    kept.append(seat="bob.road-safety", number=1, now=at, code="/home/x.csv", kind="file read")
    ran = ready("passed", "road-safety", "--reason", "audit", "--person", "alice")
    assert ran.code == 0
    assert (
        "alice.road-safety  execute_request  #1\n    a = 1\n    b = \N{REPLACEMENT CHARACTER}[31m2" in ran.out
    )
    assert "bob" not in ran.out
    said = ready("ledger", "show", "--last", "1").out
    assert "texts.read" in said and '"persons":["alice"]' in said and '"texts":1' in said

    assert "file read" in ready("passed", "road-safety", "--reason", "audit", "--day", "2026-03-02").out
    assert "Nothing" in ready("passed", "road-safety", "--reason", "audit", "--day", "2026-03-03").out
    _sentence(ready("passed", "road-safety", "--reason", " "), "reason")
    _sentence(ready("passed", "road-safety", "--reason", "x", "--day", "2026-13-01"), "Give a day")
    _sentence(ready("passed", "other", "--reason", "x"), "no project")

    (state / "keys" / "cells" / "road-safety.key").unlink()
    _sentence(ready("passed", "road-safety", "--reason", "x"), "damaged")
