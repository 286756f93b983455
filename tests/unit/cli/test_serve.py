"""``lockedroom serve`` keeps the hub up: with small programs in the hub's place."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli import serve
from hub.settings import Settings

NOTE = (
    "import os, pathlib, sys, time; p = pathlib.Path('starts'); n = len(p.read_text()) if p.exists() else 0; "
)
NOTE += "p.write_text('x' * (n + 1)); "


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def hub(state: Path, program: str) -> serve._Hub:
    return serve._Hub([sys.executable, "-c", NOTE + program], Settings(state=state))


def starts(state: Path) -> int:
    return len((state / "starts").read_text())


def test_a_hub_that_cannot_start_is_given_up_at_once(tmp_path: Path) -> None:
    assert hub(tmp_path, "sys.exit(3)").keep_up() == 3
    assert starts(tmp_path) == 1


def test_a_hub_that_is_killed_starts_again_and_again_until_it_is_too_often(tmp_path: Path) -> None:
    assert hub(tmp_path, "os.kill(os.getpid(), 9)").keep_up() == -signal.SIGKILL
    assert starts(tmp_path) == serve._MOST_STARTS


def test_a_hub_that_ran_is_tried_again_where_it_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "_PAUSE_S", 0)
    assert hub(tmp_path, "os.kill(os.getpid(), 9) if n == 0 else sys.exit(3)").keep_up() == 3
    assert starts(tmp_path) == serve._MOST_STARTS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_it_is_told_to_also_where_the_signal_was_ignored(
    tmp_path: Path, number: signal.Signals
) -> None:
    signal.signal(number, signal.SIG_IGN)

    def tell() -> None:
        while not (tmp_path / "starts").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=tell, daemon=True).start()
    assert hub(tmp_path, "time.sleep(60)").keep_up() == -signal.SIGTERM
    assert starts(tmp_path) == 1


def test_told_to_start_again_it_passes_that_on(tmp_path: Path) -> None:
    def tell() -> None:
        for count in (1, 2):
            while not (tmp_path / "starts").exists() or starts(tmp_path) < count:
                time.sleep(0.02)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGHUP if count == 1 else signal.SIGTERM)

    threading.Thread(target=tell, daemon=True).start()
    assert hub(tmp_path, "time.sleep(60)").keep_up() == -signal.SIGTERM
    assert starts(tmp_path) == 2
