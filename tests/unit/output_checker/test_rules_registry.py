"""Every rule that can appear in a finding is in the registry with what it proves and its source."""

from __future__ import annotations

import ast
from pathlib import Path

import output_checker
from output_checker.rules import READER_RULES, RULES

ROOT = Path(output_checker.__file__).parent


def test_every_rule_is_documented():
    for rule in (*RULES, *READER_RULES):
        assert rule.proves.endswith(".") and len(rule.source) > 5
        check = rule.on_table or rule.on_sheet
        assert check is None or (check.__doc__ or "").strip(), rule.name


def test_every_rule_name_used_in_a_finding_is_registered():
    known = {rule.name for rule in (*RULES, *READER_RULES)}
    used = set()
    for path in [*(ROOT / "rules").glob("*.py"), *(ROOT / "readers").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Finding", "_refused"):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    used.add(first.value)
    assert used == known, used ^ known
