"""The look before staging: what it says of each file, and that it says so when it could not look."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from output_checker.staging.precheck import lines_about, pre_check

UNSAFE = "severity,casualties\nslight,120\nserious,3\n"
SAFE = "severity,casualties\nslight,120\nserious,30\n"


def test_each_file_has_its_own_verdict(tmp_path: Path) -> None:
    (tmp_path / "unsafe.csv").write_text(UNSAFE)
    (tmp_path / "safe.csv").write_text(SAFE)
    said = pre_check([tmp_path / "safe.csv", tmp_path / "unsafe.csv"])
    assert [(f.name, f.verdict) for f in said.files] == [("safe.csv", "clear"), ("unsafe.csv", "block")]
    assert said.verdict == "block"
    assert [f.where for f in said.files[1].findings if f.severity == "block"] == ["B3"]


def test_a_file_named_like_an_option_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "--json").write_text(SAFE)
    monkeypatch.chdir(tmp_path)
    assert pre_check(["--json"]).files[0].name == "--json"


def test_the_policy_is_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text(SAFE)
    monkeypatch.setenv("LOCKEDROOM_POLICY", "no-such-policy")
    assert "could not be run here" in pre_check([tmp_path / "t.csv"]).sentence


def test_a_check_that_takes_too_long_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(SAFE)
    said = pre_check([tmp_path / "t.csv"], timeout_s=0.01)
    assert (said.verdict, said.files) == (None, [])
    assert "did not finish within 0.01 seconds" in said.sentence


def test_a_checker_that_dies_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text(SAFE)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert pre_check([tmp_path / "t.csv"]).verdict is None


def test_as_lines_a_long_list_is_cut_and_invisible_characters_go(tmp_path: Path) -> None:
    rows = "".join(f"group {i},3\n" for i in range(40))
    (tmp_path / "a\u202eb.csv").write_text("group,count\n" + rows)
    lines = lines_about([tmp_path / "a\u202eb.csv", tmp_path / "none.csv"])
    assert lines[0].startswith("[block] ab.csv, B2: ")
    assert lines[-2].startswith("… and ")
    assert lines[-1] == "Pre-check: the airlock will not let this be submitted as it is."
    assert lines_about([tmp_path / "none.csv"]) == []
