"""The reference pages say what the code says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from docs import generate
from tests.docs.pages import ROOT


@pytest.mark.parametrize("name", generate.PAGES)
def test_page_is_up_to_date(name: str) -> None:
    file = generate.REFERENCE / name
    assert file.exists(), f"docs/reference/{name} is missing: run make docs"
    assert file.read_text("utf-8") == generate.PAGES[name](), (
        f"docs/reference/{name} is out of date: run make docs"
    )


@pytest.mark.parametrize("name", generate.PAGES)
def test_page_says_that_it_is_generated(name: str) -> None:
    assert generate.PAGES[name]().startswith("<!-- Generated from the code by docs/generate.py")


def test_check_names_a_page_that_is_out_of_date(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    generate.write()
    assert generate.out_of_date() == []
    (tmp_path / "settings.md").write_text("another")
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    assert "settings.md is out of date" in capsys.readouterr().out
    assert (tmp_path / "settings.md").read_text() == "another", "--check writes nothing"


def test_another_process_writes_the_same() -> None:
    """Nothing depends on the order of sets or on the machine's clock."""
    program = "import json; from docs import generate; print(json.dumps({n: p() for n, p in generate.PAGES.items()}))"
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert json.loads(said) == {name: page() for name, page in generate.PAGES.items()}
