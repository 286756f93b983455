"""Every bench runs to its end, once; how fast anything was is nobody's business here."""

from __future__ import annotations

import os

import pytest

from tests.bench.__main__ import BENCHES, main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a bench of rooms needs a hub that runs as root"),
]


@pytest.mark.parametrize("name", BENCHES)
def test_it_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--repeat", "1"]) == 0
    out = capsys.readouterr().out
    assert "ratio" in out and "Processors" in out
    assert " 1.00 " in out, "the first row is measured against itself"
