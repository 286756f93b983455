"""The checker's answer is untrusted: it can make a verdict worse, never better."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.airlock import report
from hub.airlock.careful_json import BadJson, parse

PATH, SHA = "/airlock/0.csv", "a" * 64
EXPECTED = [(PATH, SHA)]


def answer(verdict: str = "clear", **other: Any) -> dict[str, Any]:
    """An answer as the checker gives it."""
    file = {"path": PATH, "sha256": SHA, "kind": "csv", "statistics": [], "findings": [], "verdict": verdict}
    return {"policy": "sacro", "files": [{**file, **other}], "verdict": verdict}


def judged(value: object, returncode: int | None = 0) -> str:
    """The verdict on an answer."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return report.judge(raw, returncode, "sacro", EXPECTED)[0]


def finding(severity: str, **other: object) -> dict[str, object]:
    """A finding of one severity."""
    return {"rule": "r", "severity": severity, "where": "B3", "message": "m", "fix": None, **other}


def test_a_clear_answer_is_clear() -> None:
    assert judged(answer()) == "clear"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Traceback",
        b"{}",
        b"[" * 100_000,
        b"\xff",
        {**answer(), "policy": "another"},
        {**answer(), "files": []},
        {**answer(), "files": answer()["files"] * 2},
        {**answer(), "verdict": "fine"},
        answer(path="/airlock/1.csv"),
        answer(sha256="b" * 64),
        answer(findings="none"),
        answer(findings=[{"rule": "r"}]),
        answer(findings=[finding("harmless")]),
    ],
)
def test_what_does_not_fit_blocks(value: object) -> None:
    assert judged(value) == "block"


@pytest.mark.parametrize("returncode", [None, 3, 4, -9, 137, 255])
def test_an_exit_code_that_is_no_verdict_blocks(returncode: int | None) -> None:
    assert judged(answer(), returncode) == "block"


@pytest.mark.parametrize(
    ("value", "returncode", "verdict"),
    [
        (answer(), 1, "review"),
        (answer(), 2, "block"),
        (answer("block"), 0, "block"),
        ({**answer(), "verdict": "block"}, 0, "block"),
        (answer(verdict="review"), 0, "review"),
        (answer(findings=[finding("block")]), 0, "block"),
        (answer(findings=[finding("review")]), 0, "review"),
        (answer(findings=[finding("info")]), 0, "clear"),
    ],
)
def test_the_worst_word_counts(value: object, returncode: int, verdict: str) -> None:
    assert judged(value, returncode) == verdict


@pytest.mark.parametrize(("count", "kept"), [(299, 299), (300, 300), (301, 301), (5000, 301)])
def test_many_findings_are_cut_and_the_worst_are_kept(count: int, kept: int) -> None:
    findings = [finding("info", where=f"A{i}") for i in range(count - 1)] + [finding("block", where="Z9")]
    verdict, checked = report.judge(json.dumps(answer(findings=findings)).encode(), 2, "sacro", EXPECTED)
    assert verdict == "block"
    assert len(checked.files[0].findings) == kept
    assert checked.files[0].findings[0].where == "Z9"


def test_long_and_invisible_text_in_findings_is_cut_and_shown_plainly() -> None:
    findings = [finding("block", where="\x1b[31mB3\u202e", message="m" * 100_000, fix="a\x00b")]
    _, checked = report.judge(json.dumps(answer(findings=findings)).encode(), 2, "sacro", EXPECTED)
    kept = checked.files[0].findings[0]
    assert kept.where == "[31mB3"
    assert len(kept.message) == 1000
    assert kept.fix == "ab"


@pytest.mark.parametrize(("depth", "fits"), [(3, True), (4, True), (5, False)])
def test_the_depth_of_json_at_its_limit(depth: int, fits: bool) -> None:
    raw = b"[" * depth + b"]" * depth
    if fits:
        assert parse(raw, max_depth=4) is not None
    else:
        with pytest.raises(BadJson):
            parse(raw, max_depth=4)


def test_brackets_inside_strings_are_not_depth() -> None:
    assert parse(b'["[[[[[[\\"[[[["]', max_depth=1) == ['[[[[[["[[[[']
