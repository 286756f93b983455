"""Which proxy runs, and the key to its routes: found again, and never another process of the same number."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub.proxy import TakenOver, routes_key, running_proxy
from hub.rooms.process import Process


def test_the_key_is_made_once_and_only_the_hub_may_read_it(tmp_path: Path) -> None:
    assert routes_key(tmp_path / "keys") == routes_key(tmp_path / "keys")
    assert (tmp_path / "keys" / "proxy-token").stat().st_mode & 0o077 == 0


def test_a_proxy_that_runs_is_found_with_what_it_serves(tmp_path: Path) -> None:
    this = Process.of(os.getpid())
    assert this is not None
    note = tmp_path / "proxy.json"
    note.write_text(json.dumps({"pid": this.pid, "started": this.started, "serves": "here"}))
    assert running_proxy(note) == (this, "here")
    assert TakenOver(this).poll() is None


@pytest.mark.parametrize(
    "said", ["", "12", "{}", "[]", '{"pid": 1, "started": "x", "serves": ""}', '{"pid": 1, "started": 0}']
)
def test_a_note_that_says_nothing_is_no_proxy(tmp_path: Path, said: str) -> None:
    (tmp_path / "proxy.json").write_text(said)
    assert running_proxy(tmp_path / "proxy.json") is None


def test_another_process_of_its_number_is_no_proxy(tmp_path: Path) -> None:
    note = tmp_path / "proxy.json"
    note.write_text(json.dumps({"pid": os.getpid(), "started": 1, "serves": "here"}))
    assert running_proxy(note) is None
    assert running_proxy(tmp_path / "none") is None
    assert TakenOver(Process(os.getpid(), 1)).poll() == -1
