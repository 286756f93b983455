"""Samples in pages are what they are called: Python compiles, YAML and JSON parse, approvals can be approved."""

from __future__ import annotations

import json

import pytest
import yaml

from hub.governance.approvals import parse_approval
from tests.docs.pages import DOCS, PAGES, Page, named

NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_compiles(page: Page) -> None:
    for fence in page.fences:
        if fence.language in {"python", "py"}:
            compile(fence.text, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_json_and_yaml_parse(page: Page) -> None:
    for fence in page.fences:
        if fence.language == "json":
            json.loads(fence.text)
        elif fence.language == "yaml":
            sample = yaml.safe_load(fence.text)
            if {"source", "tables"} <= sample.keys():
                parse_approval(sample)


def test_the_tutorials_approval_can_be_approved() -> None:
    parse_approval(yaml.safe_load((DOCS / "tutorial" / "approval.yaml").read_text("utf-8")))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_cells_compile(notebook) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code
    for source in code:
        lines = [line for line in source.splitlines() if not line.startswith("%")]
        compile("\n".join(lines), notebook.name, "exec")


def test_there_are_samples_of_each_kind() -> None:
    assert {"python", "json", "yaml", "sh"} <= {fence.language for page in PAGES for fence in page.fences}
    assert NOTEBOOKS
