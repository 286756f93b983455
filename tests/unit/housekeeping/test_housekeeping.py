"""The hub's clockwork: heads that are published by themselves, cell texts that expire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.door.cell_store import CellStore
from hub.housekeeping import one_round
from hub.ledger import open_ledger
from hub.settings import Settings
from hub.store import Store
from hub.store.models import LedgerEntry

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_round_publishes_the_head_of_a_ledger_that_grew(sqlite_store: Store, tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    with sqlite_store.write() as session:
        open_ledger(session, now=NOW)
    assert one_round(sqlite_store, settings, NOW) == (True, 0)
    (line,) = settings.anchors.read_text().splitlines()
    assert json.loads(line)["seq"] == 2


def test_a_round_does_not_publish_the_same_head_twice(sqlite_store: Store, tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    with sqlite_store.write() as session:
        open_ledger(session, now=NOW)
    one_round(sqlite_store, settings, NOW)
    assert one_round(sqlite_store, settings, NOW) == (False, 0)
    assert len(settings.anchors.read_text().splitlines()) == 1


def test_texts_go_on_the_day_after_their_last_and_the_ledger_says_so_once(
    sqlite_store: Store, tmp_path: Path
) -> None:
    settings = Settings(state=tmp_path, cell_days=30)
    store = CellStore(tmp_path, "one")
    for age in (29, 30, 31):
        store.append(seat="alice.one", number=age, now=NOW - timedelta(days=age), code="1")
    assert one_round(sqlite_store, settings, NOW)[1] == 1
    assert one_round(sqlite_store, settings, NOW)[1] == 0
    assert [record["number"] for record in store.read()] == [30, 29]
    assert expiries(sqlite_store) == [{"days": ["2026-05-01"], "keep_days": 30}]


def test_texts_that_a_round_could_not_delete_go_in_the_next(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state=tmp_path, cell_days=30)
    CellStore(tmp_path, "one").append(seat="alice.one", number=1, now=NOW - timedelta(days=31), code="1")
    with monkeypatch.context() as killed:
        killed.setattr(CellStore, "delete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            one_round(sqlite_store, settings, NOW)
    assert one_round(sqlite_store, settings, NOW)[1] == 1
    assert list(CellStore(tmp_path, "one").read()) == []
    assert len(expiries(sqlite_store)) == 2, "said before it is done: a deletion is never without its entry"


def expiries(store: Store) -> list[dict[str, object]]:
    """What the ledger says of texts that expired."""
    with store.read() as session:
        rows = session.scalars(select(LedgerEntry.payload).where(LedgerEntry.kind == "texts.expired"))
        return [json.loads(row) for row in rows]
