"""The policy's file: the one that comes along can be used, and a wrong one is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.airlock.ingress.policy import DEFAULT, PolicyFile, Type, WrongPolicy, load

GIVEN: dict[str, Any] = yaml.safe_load(DEFAULT.read_text())


def test_the_policy_that_comes_along() -> None:
    policy = load().policy
    assert {Type(name) for name in policy.types} == set(Type)
    assert [policy.types[t].approvals for t in ("code", "wheel")] == [1, 2]
    assert policy.type_of("A.CSV") is Type.TABLE
    assert policy.type_of("a.exe") is None
    assert ".whl" not in policy.text_suffixes
    assert policy.most_bytes == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.pop("unpacked"), "unpacked"),
        (lambda p: p.update(more=1), "more"),
        (lambda p: p.update(types={}), "types"),
        (lambda p: p["types"].update(program=p["types"]["code"]), "program"),
        (lambda p: p["types"]["code"].update(approvals=0), "types.code.approvals"),
        (lambda p: p["types"]["code"].update(approvals="1"), "types.code.approvals"),
        (lambda p: p["types"]["code"].update(approvers=["administrator"]), "approvers"),
        (lambda p: p["types"]["code"].update(approvers=[]), "approvers"),
        (lambda p: p["types"]["code"].update(suffixes=["py"]), "suffixes"),
        (lambda p: p["types"]["code"].update(suffixes=[".csv"]), "stands twice"),
        (
            lambda p: p["types"]["wheel"].update(suffixes=[".whl", ".egg"]),
            "the type wheel has the suffix .whl",
        ),
        (lambda p: p.update(malware_scan="never"), "malware_scan"),
        (lambda p: p["retention"].update(copy_days=-1), "copy_days"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_sentence(tmp_path: Path, change: Any, said: str) -> None:
    content = yaml.safe_load(DEFAULT.read_text())
    change(content)
    file = tmp_path / "ingress.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(WrongPolicy, match=said) as refusal:
        load(file)
    assert "\n" not in refusal.value.sentence


@pytest.mark.parametrize("raw", [b"", b"a: [", b"\xff", b"- 1"])
def test_what_is_no_policy(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "ingress.yaml"
    file.write_bytes(raw)
    with pytest.raises(WrongPolicy):
        load(file)
    with pytest.raises(WrongPolicy, match="cannot be read"):
        load(tmp_path / "none.yaml")


def test_a_change_holds_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ingress.yaml"
    file.write_bytes(DEFAULT.read_bytes())
    policy = PolicyFile(file)
    first = policy.now()
    assert policy.now() is first
    file.write_text(DEFAULT.read_text().replace("most_files: 10", "most_files: 11"))
    assert policy.now().policy.waiting.most_files == 11
    assert policy.now().digest != first.digest


def test_a_mistake_changes_nothing_while_the_hub_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "ingress.yaml"
    file.write_bytes(DEFAULT.read_bytes())
    policy = PolicyFile(file)
    first = policy.now()
    file.write_text("a mistake")
    assert [policy.now() for _ in range(3)] == [first] * 3
    assert len(caplog.records) == 1, "said once, not at every look"
    file.unlink()
    assert policy.now() is first
    file.write_text(DEFAULT.read_text().replace("most_files: 10", "most_files: 12"))
    assert policy.now().policy.waiting.most_files == 12
