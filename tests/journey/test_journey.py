"""The whole journey on a real hub: what the demo shows is asserted here, on a synthetic region."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.ledger import EventKind
from hub.rooms.extracts import current_extract
from tests.journey.journey import PROJECT, Journey, Walker, ledger_payloads
from tests.journey.running_hub import ROOT, RunningHub

pytestmark = pytest.mark.slow

STATS19 = ROOT.parent / "shared" / "data" / "stats19"


@pytest.fixture(scope="module", params=["synthetic", pytest.param("police files", marks=pytest.mark.shared)])
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningHub, Journey]]:
    """A journey walked to its end; the hub is stopped, its state is still there."""
    source = STATS19 if request.param == "police files" else None
    if source is not None and not source.is_dir():
        pytest.skip("the real police files are not beside this checkout")
    hub = RunningHub(tmp_path_factory.mktemp("journey"))
    try:
        journey = asyncio.run(Walker(hub, lambda step: None).walk(source))
        yield hub, journey
    finally:
        hub.stop()


def test_the_refused_output_names_the_cell_and_why(walked: tuple[RunningHub, Journey]) -> None:
    _, journey = walked
    assert re.match(r"[B-E]\d+ \(.+\) is \d, ", journey.refusal)
    assert "below the minimum count of 10 of policy sacro" in journey.refusal


def test_the_bytes_downloaded_are_the_bytes_that_intake_hashed(walked: tuple[RunningHub, Journey]) -> None:
    hub, journey = walked
    taken = {entry["bundle"]: entry["sha256"] for entry in ledger_payloads(hub, EventKind.BUNDLE_TAKEN)}
    (released,) = ledger_payloads(hub, EventKind.OUTPUT_RELEASED)
    assert taken[journey.released_number] == released["sha256"] == [journey.released_sha256]


def test_the_links_are_measured_against_the_truth(walked: tuple[RunningHub, Journey]) -> None:
    _, journey = walked
    (police, hospital) = (line for line in journey.linkage if line.startswith("measured on synthetic truth"))
    for line, least in ((police, (0.97, 0.93)), (hospital, (0.99, 0.75))):
        precision, recall = map(float, re.findall(r"(?:precision|recall) ([\d.]+)", line))
        assert precision >= least[0]
        assert recall >= least[1]


def test_what_is_released_joins_three_services_and_holds_no_small_group(
    walked: tuple[RunningHub, Journey],
) -> None:
    _, journey = walked
    heading, *rows = [line.split(",") for line in journey.released.decode().splitlines()]
    assert heading == ["road_user", "Admitted", "Not admitted"]
    assert [row[0] for row in rows] == ["In a vehicle", "On foot or on two wheels"]
    assert all(int(count) >= 10 for row in rows for count in row[1:])


def test_what_lies_in_the_room_says_which_parts_are_synthetic(
    walked: tuple[RunningHub, Journey], request: pytest.FixtureRequest
) -> None:
    hub, _ = walked
    folder = current_extract(hub.state, PROJECT)
    assert folder is not None
    manifest = json.loads((folder / "manifest.json").read_text())
    real = [part for part, synthetic in manifest["parts"].items() if not synthetic]
    assert real == (["stats19"] if "police files" in request.node.name else [])
    assert manifest["linkage"]["police_ambulance"]["measured"]["on"].startswith("Synthetic truth")


def test_a_download_can_be_taken_once(walked: tuple[RunningHub, Journey]) -> None:
    _, journey = walked
    assert journey.second_download == 410


def test_the_refused_request_was_never_released(walked: tuple[RunningHub, Journey]) -> None:
    hub, journey = walked
    assert journey.refused_number not in {
        entry["request"] for entry in ledger_payloads(hub, EventKind.OUTPUT_RELEASED)
    }


def test_every_cell_is_in_the_ledger_by_a_keyed_hash_and_its_text_is_not(
    walked: tuple[RunningHub, Journey],
) -> None:
    hub, _ = walked
    cells = ledger_payloads(hub, EventKind.CELL_PASSED)
    assert len(cells) >= 5
    assert [cell["number"] for cell in cells] == sorted({cell["number"] for cell in cells})
    everything = (hub.state / "hub.sqlite").read_bytes()
    assert b"read_parquet" not in everything
    kept = b"".join(path.read_bytes() for path in (hub.state / "cells" / PROJECT).iterdir())
    assert kept
    assert b"read_parquet" not in kept


def test_changing_one_byte_of_the_ledger_is_found_and_named(
    walked: tuple[RunningHub, Journey], tmp_path: Path
) -> None:
    hub, _ = walked
    copy = _copy_of(hub, tmp_path)
    with _unguarded(copy) as database:
        changed = database.execute(
            "UPDATE ledger_entries SET payload = replace(payload, 'alice', 'alicf') WHERE seq = 3"
        )
        assert changed.rowcount == 1
    done = _verify(hub, copy)
    assert done.returncode != 0
    assert re.search(r"\b3\b", done.stdout + done.stderr)


def test_cutting_off_the_ledgers_end_is_found_and_named(
    walked: tuple[RunningHub, Journey], tmp_path: Path
) -> None:
    hub, _ = walked
    copy = _copy_of(hub, tmp_path)
    with _unguarded(copy) as database:
        (last,) = database.execute("SELECT max(seq) FROM ledger_entries").fetchone()
        database.execute("DELETE FROM ledger_entries WHERE seq > ?", (last - 2,))
    done = _verify(hub, copy)
    assert done.returncode != 0
    assert re.search(rf"\b({last}|{last - 1}|{last - 2})\b", done.stdout + done.stderr)


def test_a_copy_of_the_ledger_with_nothing_changed_verifies(
    walked: tuple[RunningHub, Journey], tmp_path: Path
) -> None:
    hub, _ = walked
    copy = _copy_of(hub, tmp_path)
    with _unguarded(copy):
        pass
    assert _verify(hub, copy).returncode == 0


def _copy_of(hub: RunningHub, folder: Path) -> Path:
    copy = folder / "copy.sqlite"
    with sqlite3.connect(hub.state / "hub.sqlite") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return copy


@contextmanager
def _unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without the ledger's triggers, which are put back: whoever can write the file can do that."""
    with sqlite3.connect(path) as database:
        found = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_entries'"
        ).fetchall()
        for name, _ in found:
            database.execute(f'DROP TRIGGER "{name}"')
        yield database
        for _, sql in found:
            database.execute(sql)


def _verify(hub: RunningHub, database: Path) -> subprocess.CompletedProcess[str]:
    other = RunningHub(hub.state, environment={"LOCKEDROOM_DATABASE_URL": f"sqlite:///{database}"})
    return other.command("ledger", "verify", "--anchor", str(hub.settings.anchors), check=False)
