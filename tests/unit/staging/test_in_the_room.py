"""``%stage`` and ``%replies``, and the same from a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from output_checker.staging import load_ipython_extension, replies, unload_ipython_extension
from output_checker.staging.magic import WHAT_NEXT
from output_checker.staging.reply import Reply, ReplyComment, ReplyFile, ReplyFinding

from hub.airlock.inbox import write_reply
from hub.store.names import SeatId
from tests.unit.airlock.world import NOW

UNSAFE = "severity,casualties\nslight,120\nserious,3\nfatal,12\ntotal,135\n"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder that looks like a room's root."""
    for folder in ("outbox", "inbox/.airlock", "work"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "work" / "my table.csv").write_text(UNSAFE)
    return tmp_path


class Shell:
    """The two things of IPython that the extension uses, with their real names and arguments."""

    def __init__(self) -> None:
        self.magics_manager = self
        self.magics: dict[str, dict[str, Any]] = {"line": {}}

    def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
        """As in IPython."""
        self.magics[magic_kind][magic_name] = function


def test_the_magic_prints_findings_and_what_happens_next(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell()
    load_ipython_extension(shell)
    shell.magics["line"]["stage"](f'--outbox {room}/outbox --context "Table 1" "{room}/work/my table.csv"')
    said = capsys.readouterr().out
    assert "[block] my table.csv, B3:" in said
    assert said.rstrip().endswith(WHAT_NEXT)
    assert len(list((room / "outbox").iterdir())) == 1
    unload_ipython_extension(shell)
    assert shell.magics["line"] == {}


@pytest.mark.parametrize("line", ["", "--context", 'a "b', "/no/such/file.csv", "--wrong x"])
def test_a_mistake_is_a_sentence_and_not_a_traceback(
    room: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell()
    load_ipython_extension(shell)
    shell.magics["line"]["stage"](f"{line} --outbox {room}/outbox" if line.startswith("/") else line)
    said = capsys.readouterr().out.strip()
    assert said.endswith(".")
    assert "Traceback" not in said
    assert list((room / "outbox").iterdir()) == []


def test_in_a_real_ipython(room: Path) -> None:
    pytest.importorskip("IPython", reason="IPython is installed in rooms; here only with development tools")
    script = (
        "from IPython.core.interactiveshell import InteractiveShell as S\n"
        "s = S.instance(); s.run_line_magic('load_ext', 'output_checker.staging')\n"
        f"s.run_line_magic('stage', '--outbox {room}/outbox \"{room}/work/my table.csv\"')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert WHAT_NEXT in done.stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``output-checker …`` as in a terminal."""
    command = [sys.executable, "-m", "output_checker.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"}
    )


def test_the_same_from_a_terminal(room: Path) -> None:
    done = run("stage", str(room / "work" / "my table.csv"), "--outbox", str(room / "outbox"))
    assert done.returncode == 0, done.stderr
    assert "B3" in done.stdout
    assert WHAT_NEXT in done.stdout
    assert len(list((room / "outbox").iterdir())) == 1


def test_a_mistake_in_a_terminal_is_one_sentence_and_an_exit_code(room: Path) -> None:
    done = run("stage", str(room / "none.csv"), "--outbox", str(room / "outbox"))
    assert done.returncode == 3
    assert done.stderr.strip() == f"There is no file {room}/none.csv: check the name, then stage it again."
    assert list((room / "outbox").iterdir()) == []


def reply(number: int, minutes: int = 0) -> Reply:
    """A reply as the airlock writes it."""
    finding = ReplyFinding(
        rule="threshold", severity="block", where="B3", message="3 is small", fix="Round it."
    )
    file = ReplyFile(index=0, name="t.csv", kind="table (CSV)", size=9, sha256="a" * 64, findings=[finding])
    comment = ReplyComment(when=NOW, who="An output checker", text="Row 3\x1b[2J")
    return Reply(
        number=number,
        state="rejected",
        sentence="No.",
        updated=NOW.replace(minute=minutes),
        files=[file],
        comments=[comment],
    )


def test_replies_are_read_newest_first_and_printed_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seat = SeatId("alice.heart")
    (tmp_path / seat / "inbox").mkdir(parents=True)
    for number, minutes in ((100001, 1), (100002, 5), (100003, 3)):
        write_reply(tmp_path, seat, reply(number, minutes))
    inbox = tmp_path / seat / "inbox"
    (inbox / ".airlock" / "broken.json").write_text("{")
    assert [r.number for r in replies(inbox)] == [100002, 100003, 100001]
    shell = Shell()
    load_ipython_extension(shell)
    shell.magics["line"]["replies"](str(inbox))
    said = capsys.readouterr().out
    assert "Request 100002: rejected. No." in said
    assert "[block] B3: 3 is small Round it." in said
    assert "\x1b" not in said
    assert run("replies", "--inbox", str(inbox)).stdout == said


def test_no_reply_yet_and_no_inbox(room: Path) -> None:
    assert "not answered anything yet" in run("replies", "--inbox", str(room / "inbox")).stdout
    done = run("replies", "--inbox", str(room / "nowhere"))
    assert done.returncode == 3
    assert "inside a locked room only" in done.stderr
