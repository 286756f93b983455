"""The command line, run for real: exit codes, JSON form, sentences instead of tracebacks."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CLEAR = "severity,n\nFatal,12\nSerious,100\n"
REVIEW = "region,mean\nN,1.5\nS,2.5\n"
BLOCK = "severity,n\nFatal,3\nSerious,100\n"


def run(*arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None):
    command = [sys.executable, "-m", "output_checker.cli", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
    )


@pytest.fixture
def files(tmp_path):
    for name, text in (("clear", CLEAR), ("review", REVIEW), ("block", BLOCK)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


@pytest.mark.parametrize(("name", "code"), [("clear", 0), ("review", 1), ("block", 2)])
def test_the_exit_code_is_the_verdict(files, name, code):
    assert run("check", files / f"{name}.csv").returncode == code
    done = run("check", files / f"{name}.csv", "--json")
    assert done.returncode == code
    assert json.loads(done.stdout)["verdict"] == name


def test_the_worst_file_decides(files):
    done = run("check", files / "clear.csv", files / "block.csv", files / "review.csv", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 2 and report["verdict"] == "block"
    assert [file["verdict"] for file in report["files"]] == ["clear", "block", "review"]


def test_the_json_has_the_fixed_form(files):
    path = files / "block.csv"
    report = json.loads(run("check", path, "--policy", "sacro", "--json").stdout)
    assert set(report) == {"policy", "files", "verdict"} and report["policy"] == "sacro"
    (file,) = report["files"]
    assert set(file) == {"path", "sha256", "kind", "statistics", "findings", "verdict"}
    assert file["path"] == str(path) and file["kind"] == "csv"
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file["statistics"] == [{"statbarn": "Frequencies", "where": "B2:B3"}]
    (finding,) = file["findings"]
    assert set(finding) == {"rule", "severity", "where", "message", "fix"}
    assert (finding["rule"], finding["severity"], finding["where"]) == ("threshold", "block", "B2")


def test_the_report_for_people_says_verdict_place_and_fix(files):
    shown = run("check", files / "block.csv").stdout
    assert "BLOCK" in shown and "B2 (Fatal, n) is 3" in shown and "fix: " in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "nothing.csv"], "no file 'nothing.csv'"),
        (["check", "clear.csv/x.csv"], "no file"),
        (["check", "clear.csv", "--policy", "mine"], "choose one of: nhs-england, opensafely, sacro"),
        (["check"], "Missing argument"),
        (["check", "clear.csv", "--wrong"], "No such option"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_never_exit_code_one_or_two(files, arguments, says):
    done = run(*arguments, cwd=files)
    assert done.returncode == 3
    assert says in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout


def test_a_fault_of_its_own_is_told_from_a_verdict(files):
    """A broken policy directory stands for any fault: here the checker's own code is made to fail."""
    code = (
        "import sys, output_checker.cli as cli\n"
        "def broken(*a): raise RuntimeError('secret detail')\n"
        "cli.check_files = broken\n"
        "sys.argv = ['output-checker', 'check', 'clear.csv']\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=files, check=False
    )
    assert done.returncode == 4
    assert "fault of its own (RuntimeError)" in done.stderr and "Traceback" not in done.stderr


def test_the_policies_are_listed():
    done = run("policies")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("sacro", "nhs-england", "opensafely"))


def test_content_that_cannot_be_read_blocks_with_exit_code_two(tmp_path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    (tmp_path / "table.xlsx").write_bytes(b"PK\x03\x04")
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "directory.csv").mkdir()
    for name in ("empty.csv", "binary.csv", "table.xlsx", "fifo.csv", "directory.csv", "/dev/zero"):
        done = run("check", name, "--json", cwd=tmp_path)
        assert done.returncode == 2, name
        assert json.loads(done.stdout)["files"][0]["findings"][0]["severity"] == "block"


def test_names_and_labels_in_any_script_are_printed_on_a_plain_terminal(tmp_path):
    path = tmp_path / "région.csv"
    path.write_text("région,n\nÎle,3\nSud,20\n", encoding="utf-8")
    done = run("check", path, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert done.returncode == 2 and "Traceback" not in done.stderr
