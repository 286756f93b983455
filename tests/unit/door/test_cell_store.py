"""The source texts of cells: encrypted per project, kept as long as agreed, gone with the key."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from hub.door.cell_store import CellStore

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "patients[patients.nhs_number == '9990000018']"


def write(store: CellStore, *codes: str, now: datetime = NOW) -> None:
    for number, code in enumerate(codes, start=1):
        store.append(seat="alice.one", number=number, now=now, code=code)


def codes(store: CellStore) -> list[str]:
    return [record["code"] for record in store.read()]


def test_what_was_written_is_read_again_by_another_process(tmp_path: Path) -> None:
    write(CellStore(tmp_path, "one"), "1+1", "ä\n\x00\U0001f600")
    assert codes(CellStore(tmp_path, "one")) == ["1+1", "ä\n\x00\U0001f600"]


def test_the_text_lies_nowhere_in_the_clear_and_only_the_hub_may_read(tmp_path: Path) -> None:
    write(CellStore(tmp_path, "one"), SECRET)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2  # the day's file and the key
    for path in files:
        assert b"nhs_number" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    for folder in (tmp_path / "cells" / "one", tmp_path / "keys" / "cells"):
        assert folder.stat().st_mode & 0o077 == 0


def test_two_projects_have_two_keys(tmp_path: Path) -> None:
    one, two = CellStore(tmp_path, "one"), CellStore(tmp_path, "two")
    assert one.digest(SECRET) == CellStore(tmp_path, "one").digest(SECRET)
    assert one.digest(SECRET) != two.digest(SECRET)
    write(one, SECRET)
    name = f"{NOW.date()}.cells"
    (tmp_path / "cells" / "two" / name).write_bytes((tmp_path / "cells" / "one" / name).read_bytes())
    with pytest.raises(PlainError, match=r"2026-03-02\.cells, line 2"):
        codes(two)


def test_with_the_key_destroyed_nothing_can_be_read(tmp_path: Path) -> None:
    write(CellStore(tmp_path, "one"), SECRET, "2")
    (tmp_path / "keys" / "cells" / "one.key").unlink()
    with pytest.raises(PlainError, match="and 1 others"):
        codes(CellStore(tmp_path, "one"))


@pytest.mark.parametrize("kept", [1, 10, 60, -1])
def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path, kept: int) -> None:
    store = CellStore(tmp_path, "one")
    write(store, "before")
    file = tmp_path / "cells" / "one" / f"{NOW.date()}.cells"
    whole = file.read_bytes()
    write(store, "torn")
    torn = file.read_bytes()[len(whole) :].rstrip(b"\n")
    file.write_bytes(whole + torn[: kept + 1 if kept > 0 else kept])
    write(store, "after")
    reading = store.read()
    assert [next(reading)["code"], next(reading)["code"]] == ["before", "after"]
    with pytest.raises(PlainError, match="damaged"):
        next(reading)


def test_a_disk_that_takes_half_a_line_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CellStore(tmp_path, "one")
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: real(fd, line[: len(line) // 2]))
    with pytest.raises(OSError, match="No space left"):
        write(store, "half")


@pytest.mark.parametrize(("age", "kept"), [(29, True), (30, True), (31, False)])
def test_a_day_is_kept_to_the_end_of_its_retention(tmp_path: Path, age: int, kept: bool) -> None:
    store = CellStore(tmp_path, "one")
    write(store, "old", now=NOW - timedelta(days=age))
    write(store, "new")
    expired = store.expired(today=date(2026, 3, 2), keep_days=30)
    assert len(expired) == (0 if kept else 1)
    for _ in range(2):
        store.delete(expired)
    assert store.expired(today=date(2026, 3, 2), keep_days=30) == []
    assert codes(store) == (["old", "new"] if kept else ["new"])


def test_two_stores_that_begin_at_once_share_one_key(tmp_path: Path) -> None:
    first, second = CellStore(tmp_path, "one"), CellStore(tmp_path, "one")
    write(first, "a")
    write(second, "b")
    assert codes(first) == codes(second) == ["a", "b"]
    assert [path.name for path in (tmp_path / "keys" / "cells").iterdir()] == ["one.key"]


def test_a_text_takes_little_more_room_than_it_says(tmp_path: Path) -> None:
    write(CellStore(tmp_path, "one"), "\x01\u4e2d" * 100_000)
    [file] = (tmp_path / "cells" / "one").iterdir()
    assert file.stat().st_size < 10_000
