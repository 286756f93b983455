"""``lockedroom data`` as people run it: sentences, exit codes, and what the ledger says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from datasets.zone import DataZone
from hub.governance import record_approval
from hub.governance.held_records import held_sources
from hub.governance.projects import create_project
from hub.store import prepare_store
from hub.store.clock import utc_now
from hub.store.models import LedgerEntry
from tests.unit.datasets.files import table_file
from tests.unit.datasets.linked_zone import SYNTHETIC, put_linked_records

pytestmark = pytest.mark.slow

LOCKEDROOM = Path(sys.executable).with_name("lockedroom")
APPROVED: dict[str, Any] = {
    "source": "stats19",
    "tables": {
        "collisions": {
            "columns": ["collision_index", "collision_severity"],
            "rows": [{"column": "collision_year", "op": ">=", "value": 2020}],
        },
        "casualties": {
            "columns": ["collision_index", "casualty_type"],
            "rows": [{"column": "casualty_severity", "op": "not in", "value": ["Slight"]}],
        },
    },
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "var"


def lockedroom(state: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return command(state, "data", *arguments)


def command(state: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKEDROOM_")}
    return subprocess.run(
        [LOCKEDROOM, *map(str, arguments)],
        env=environment | {"LOCKEDROOM_STATE": str(state)},
        cwd=state.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )


def refused(run: subprocess.CompletedProcess[str]) -> str:
    """What a refused command said: one line on standard error, an exit code, no traceback."""
    assert run.returncode not in (0, 1, 2), run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    (line,) = run.stderr.splitlines()
    return line


def install(state: Path) -> None:
    """A store with nothing in it."""
    state.mkdir(exist_ok=True)
    prepare_store(f"sqlite:///{state / 'hub.sqlite'}").close()


def approve(
    state: Path, *, tier: str = "synthetic", approved: dict[str, Any] = APPROVED, ends_in: int = 30
) -> str:
    """A project with an approval; returns the approval's hash. ``ends_in`` days from now."""
    state.mkdir(exist_ok=True)
    opened = prepare_store(f"sqlite:///{state / 'hub.sqlite'}")
    end = utc_now() + timedelta(days=ends_in)
    with opened.write() as session:
        create_project(
            session,
            slug="road-safety",
            title="Road safety",
            tier=tier,
            policy_name="sacro",
            starts_at=end - timedelta(days=100),
            ends_at=end,
            actor="console:test",
            now=end - timedelta(days=50),
        )
        sha256 = record_approval(
            session, "road-safety", approved, actor="console:test", now=end - timedelta(days=50)
        )
    opened.close()
    return sha256


def approve_again(state: Path, approved: dict[str, Any]) -> None:
    """Another approval for the same project."""
    opened = prepare_store(f"sqlite:///{state / 'hub.sqlite'}")
    with opened.write() as session:
        record_approval(session, "road-safety", approved, actor="console:test", now=utc_now())
    opened.close()


def ledger(state: Path, kind: str) -> list[dict[str, Any]]:
    opened = prepare_store(f"sqlite:///{state / 'hub.sqlite'}")
    with opened.read() as session:
        found = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
        entries = [{"project": e.project, "actor": e.actor, **json.loads(e.payload)} for e in found]
    opened.close()
    return entries


def test_from_nothing_to_an_extract(state: Path) -> None:
    approval = approve(state)
    made = lockedroom(state, "synthesise", "--seed", 7, "--out", state.parent / "set", "--collisions", 200)
    assert made.returncode == 0, made.stderr
    assert "200 collisions" in made.stdout
    imported = lockedroom(state, "import", "stats19", state.parent / "set")
    assert imported.returncode == 0, imported.stderr
    assert "synthetic" in imported.stdout
    extracted = lockedroom(state, "extract", "road-safety")
    assert extracted.returncode == 0, extracted.stderr

    zone = DataZone(state / "data")
    folder = zone.current_extract("road-safety")
    assert folder is not None
    assert folder.name in extracted.stdout
    manifest = json.loads((folder / "manifest.json").read_text())
    (entry,) = ledger(state, "extract.made")
    assert entry["snapshot"] == folder.name
    assert entry["project"] == "road-safety"
    assert entry["actor"].startswith("console:")
    assert entry["approval"] == approval == manifest["approved"]["approval"]["sha256"]
    assert entry["rows"] == {name: table["rows"] for name, table in manifest["tables"].items()}
    assert entry["source"] == f"stats19/{manifest['provenance']['source_sha256']}"
    assert lockedroom(state, "extract", "road-safety").stdout.startswith("Already there")


def test_an_import_is_in_the_ledger(state: Path, synthetic_set: Path) -> None:
    install(state)
    assert lockedroom(state, "import", "stats19", synthetic_set).returncode == 0
    assert lockedroom(state, "import", "stats19", synthetic_set).stdout.startswith("Already there")
    first, again = ledger(state, "data.imported")
    assert first == again, "each time that a snapshot comes into use is written down"
    assert first["source"] == "stats19"
    assert first["snapshot"] == (state / "data" / "sources" / "stats19" / "current").read_text().strip()
    assert first["rows"]["collisions"] == 400
    assert first["synthetic"] is True
    assert "opted_out" not in first


def test_without_an_installation_nothing_is_imported(state: Path, synthetic_set: Path) -> None:
    refused(lockedroom(state, "import", "stats19", synthetic_set))
    assert not (state / "data").exists()


def test_bad_files_get_a_sentence_and_leave_nothing(state: Path, files: Path) -> None:
    install(state)
    path = table_file(files, "casualties")
    good = path.read_bytes()
    damages: list[tuple[bytes, str]] = [
        (b"", "is empty"),
        (good.replace(b"casualty_type", b"type_of_casualty", 1), "no column 'casualty_type'"),
        (good.replace(b"Cyclist", b"V\xe9lo", 1), "Latin-1"),
        (good[:-30], "cut off"),
    ]
    for content, words in damages:
        path.write_bytes(content)
        assert words in refused(lockedroom(state, "import", "stats19", files))
        assert not (state / "data" / "sources" / "stats19").exists()
    assert "is not a folder" in refused(lockedroom(state, "import", "stats19", files / "nowhere"))


def test_an_unknown_project_gets_a_sentence(state: Path) -> None:
    approve(state)
    assert "no project of that name" in refused(lockedroom(state, "extract", "other"))
    assert "is not the name of a project" in refused(lockedroom(state, "extract", "../road-safety"))
    assert not (state / "data").exists()


def test_a_project_that_is_over_gets_no_data(state: Path, synthetic_set: Path) -> None:
    approve(state, ends_in=-1)
    assert lockedroom(state, "import", "stats19", synthetic_set).returncode == 0
    assert "has ended" in refused(lockedroom(state, "extract", "road-safety"))
    assert ledger(state, "extract.made") == []


def test_an_approval_that_does_not_fit_the_source_gets_a_sentence(state: Path, synthetic_set: Path) -> None:
    approve(state, approved={"source": "stats19", "tables": {"casualties": {"columns": ["shoe_size"]}}})
    assert lockedroom(state, "import", "stats19", synthetic_set).returncode == 0
    assert "no column 'shoe_size'" in refused(lockedroom(state, "extract", "road-safety"))
    assert not (state / "data" / "extracts" / "road-safety").exists()


def test_real_records_do_not_go_to_a_synthetic_project(state: Path, files: Path) -> None:
    approve(state, tier="synthetic")
    assert lockedroom(state, "import", "stats19", files).returncode == 0
    assert "may not hold real records of stats19" in refused(lockedroom(state, "extract", "road-safety"))


def test_a_project_of_the_tier_low_gets_real_police_records_and_no_real_patients(
    state: Path, files: Path, tmp_path: Path
) -> None:
    approve(state, tier="low")
    assert lockedroom(state, "import", "stats19", files).returncode == 0
    made = lockedroom(state, "extract", "road-safety")
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("; real\n")
    columns = {"casualties": {"columns": ["casualty_type"]}}
    approve_again(state, {"source": "linked", "tables": columns})
    zone = DataZone(state / "data")
    put_linked_records(zone, tmp_path, SYNTHETIC | {"stats19": False})
    made = lockedroom(state, "extract", "road-safety")
    assert "; partly synthetic: population, gp, hospital, ambulance\n" in made.stdout
    put_linked_records(zone, tmp_path, SYNTHETIC | {"hospital": False})
    assert "may not hold real records of hospital" in refused(lockedroom(state, "extract", "road-safety"))


def test_real_records_of_patients_go_to_a_patient_level_project(state: Path, tmp_path: Path) -> None:
    columns = {"casualties": {"columns": ["casualty_type"]}}
    approve(state, tier="patient-level", approved={"source": "linked", "tables": columns})
    put_linked_records(DataZone(state / "data"), tmp_path, dict.fromkeys(SYNTHETIC, False))
    made = lockedroom(state, "extract", "road-safety")
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("; real\n")


def test_the_approval_raises_the_tier_to_what_the_data_need(state: Path, files: Path, tmp_path: Path) -> None:
    approve(state, tier="synthetic")
    approval = tmp_path / "approval.json"
    approval.write_text(json.dumps(APPROVED))
    said = command(state, "project", "approve", "road-safety", approval).stdout
    assert "tier is synthetic" in said and "no such snapshot of stats19 yet" in said
    assert lockedroom(state, "import", "stats19", files).returncode == 0

    approval.write_text(json.dumps(APPROVED | {"tier": "synthetic"}))
    wrong = refused(command(state, "project", "approve", "road-safety", approval))
    assert "need at least the tier low, and the approval says synthetic" in wrong
    approval.write_text(json.dumps(APPROVED))
    assert command(state, "project", "approve", "road-safety", approval).stdout.endswith(
        "tier is low, and its outputs are checked by sacro.\n"
    )
    assert lockedroom(state, "extract", "road-safety").returncode == 0
    (entry,) = ledger(state, "extract.made")
    assert (entry["tier"], entry["real"]) == ("low", ["stats19"])
    opened = prepare_store(f"sqlite:///{state / 'hub.sqlite'}")
    with opened.read() as session:
        assert held_sources(session, 1) == {"stats19"}
    opened.close()


def test_a_full_output_folder_is_left_alone(state: Path, files: Path) -> None:
    before = sorted(files.iterdir())
    assert "is not empty" in refused(lockedroom(state, "synthesise", "--seed", 7, "--out", files))
    assert sorted(files.iterdir()) == before


def test_no_installation_is_a_sentence(state: Path) -> None:
    assert refused(lockedroom(state, "extract", "road-safety"))
