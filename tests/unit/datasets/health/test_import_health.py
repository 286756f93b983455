"""A health source comes in: without who has opted out, identifiers apart, persons under keyed pseudonyms."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from output_checker.errors import PlainError

from datasets import optout
from datasets.inventory import source_states
from datasets.manifest import HealthManifest
from datasets.optout import take_list
from datasets.pseudonymise.keys import fingerprint, linkage_key
from datasets.pseudonymise.pseudonym import pseudonymiser
from datasets.snapshot import verify_snapshot
from datasets.sources.health import current, identifiers
from datasets.sources.health.importer import import_health
from datasets.sources.health.schema import SOURCES
from datasets.sources.health.snapshots import verify_identifiers
from datasets.zone import DataZone
from tests.unit.datasets.health.conftest import OPTED_OUT
from tests.unit.datasets.health.keepers import (
    BIRTHS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    KEEPERS,
    NOW,
    NUMBERS,
    PERSONS,
    POSTCODES,
    frame,
    opt_out_file,
    send,
)

pytestmark = pytest.mark.usefixtures("read_here")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> DataZone:
    """A zone with all four sources, not to be changed."""
    place = tmp_path_factory.mktemp("filled")
    zone = DataZone(place / "data")
    take_list(zone, opt_out_file(place / "list", *OPTED_OUT), now=NOW)
    for source in KEEPERS:
        import_health(zone, source, send(place / source, source), now=NOW)
    return zone


def attributes(zone: DataZone, source: str) -> Iterator[tuple[str, pl.DataFrame]]:
    folder, manifest = current(zone, source)
    for name, table in manifest.tables.items():
        yield name, pl.read_parquet(folder / table.file)


def files_below(place: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(place):
        for name in names:
            yield Path(folder) / name


def test_attributes_are_the_columns_of_the_schema_with_the_person_in_place_of_the_number(
    filled: DataZone,
) -> None:
    for source in SOURCES:
        folder, manifest = current(filled, source)
        for name, table in attributes(filled, source):
            described = SOURCES[source].table(name)
            assert table.columns == [
                "person" if column.person else column.name
                for column in described.columns
                if column.person or not column.identifier
            ]
            assert [column.name for column in manifest.tables[name].columns] == table.columns
        verify_snapshot(folder)


def test_identifiers_and_attributes_come_together_again_by_the_key_and_by_nothing_else(
    filled: DataZone,
) -> None:
    for source, tables in ((name, make()) for name, make in KEEPERS.items()):
        folder, manifest = current(filled, source)
        place, split = identifiers(filled, manifest)
        assert place == filled.identifiers(source) / folder.name
        verify_identifiers(filled, manifest)
        for name, rows in tables.items():
            table = SOURCES[source].table(name)
            if not table.identifiers:
                assert name not in split.tables
                continue
            private = pl.read_parquet(place / f"{name}.parquet")
            assert private.columns == [c.name for c in table.columns if c.name in table.key or c.identifier]
            together = pl.read_parquet(folder / f"{name}.parquet").join(private, on=table.key)
            sent = frame(table, [row for row in rows if row[table.person.name] not in OPTED_OUT])
            assert together.select(sent.columns).equals(sent)


def test_no_identifier_is_in_any_byte_of_the_sources(filled: DataZone) -> None:
    """Neither in a value, nor in a column's statistics, nor in a manifest; texts stay readable in Parquet."""
    planted = [*NUMBERS, *GIVEN_NAMES, *FAMILY_NAMES, *POSTCODES, "HOUSEHOLD-"]
    days = set(BIRTHS)
    seen = 0
    for path in files_below(filled.root / "sources"):
        content = path.read_bytes()
        for word in planted:
            assert word.encode() not in content, f"{word} is in {path}"
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            for column in table:
                values = column.cast(pl.String).drop_nulls().to_list()
                seen += len(values)
                assert not [word for word in planted for value in values if word in value]
                assert not (column.dtype == pl.Date and days & set(column.to_list()))
            # Written again without compression, nothing can hide in a compressed page.
            plain = path.name + ".plain"
            target = filled.root.parent / plain
            table.write_parquet(target, compression="uncompressed", statistics="full")
            assert not [word for word in planted if word.encode() in target.read_bytes()]
    assert seen > 1000


def test_a_person_has_one_pseudonym_everywhere_and_only_with_the_key(filled: DataZone) -> None:
    pseudonym = pseudonymiser(linkage_key(filled), "nhs number")
    expected = {pseudonym(number) for number in NUMBERS if number not in OPTED_OUT}
    found = {
        source: {
            person
            for _, table in attributes(filled, source)
            if "person" in table.columns
            for person in table["person"].drop_nulls()
        }
        for source in SOURCES
    }
    assert found["population"] == found["gp"] == expected
    assert found["hospital"] < expected
    assert found["ambulance"] < expected
    assert all(re.fullmatch("[a-z2-7]{26}", person) for person in expected)


def test_two_zones_share_no_pseudonym(filled: DataZone, zone: DataZone, tmp_path: Path) -> None:
    import_health(zone, "population", send(tmp_path / "population", "population"), now=NOW)
    ours, theirs = (set(next(attributes(one, "population"))[1]["person"]) for one in (filled, zone))
    assert len(ours) == len(theirs) == PERSONS - len(OPTED_OUT)
    assert not ours & theirs
    mine, other = current(zone, "population")[1], current(filled, "population")[1]
    assert mine.linkage_key != other.linkage_key
    assert mine.sha256 != other.sha256


def test_manifests_tell_with_which_key_and_never_the_key(filled: DataZone) -> None:
    key = linkage_key(filled)
    for source in SOURCES:
        assert (
            current(filled, source)[1].linkage_key == fingerprint(key) == optout.current(filled).linkage_key
        )
    for path in files_below(filled.root):
        if path != filled.linkage_key_file:
            content = path.read_bytes()
            assert key not in content
            assert key.hex().encode() not in content


def test_who_has_opted_out_is_nowhere(filled: DataZone) -> None:
    pseudonym = pseudonymiser(linkage_key(filled), "nhs number")
    out = {*OPTED_OUT, *(pseudonym(number) for number in OPTED_OUT)}
    for place in ("sources", "identifiers"):
        for path in files_below(filled.root / place):
            assert not [word for word in out if word.encode() in path.read_bytes()]
            if path.suffix == ".parquet":
                for column in pl.read_parquet(path).select(pl.col(pl.String)):
                    assert not out & set(column)


def test_an_incident_goes_with_its_patients_when_all_have_opted_out(filled: DataZone) -> None:
    """NUMBERS[6] and [7] were alone in the fourth incident; NUMBERS[1] had company; the last had no patient."""
    tables = dict(attributes(filled, "ambulance"))
    left = {f"SYNTHETIC-I{n:04}" for n in range(PERSONS // 2 + 1)} - {"SYNTHETIC-I0003"}
    assert set(tables["incidents"]["incident_id"]) == left
    assert "SYNTHETIC-I0000" in set(tables["patient_records"]["incident_id"])
    rows = current(filled, "ambulance")[1].rows
    assert (rows["incidents"].read, rows["incidents"].opted_out, rows["incidents"].without_nhs_number) == (
        13,
        1,
        None,
    )


def test_the_manifest_counts(filled: DataZone) -> None:
    _, manifest = current(filled, "hospital")
    rows = manifest.rows["admissions"]
    kept = [row for row in KEEPERS["hospital"]()["admissions"] if row["newnhsno"] not in OPTED_OUT]
    assert (rows.read, rows.kept, rows.opted_out) == (PERSONS, len(kept), PERSONS - len(kept))
    assert rows.without_nhs_number == sum(row["newnhsno"] is None for row in kept) > 0
    assert manifest.tables["admissions"].rows == len(kept)
    assert manifest.optout_sha256 == optout.current(filled).sha256
    (file,) = manifest.provenance.files
    assert (file.name, file.role, file.rows) == ("admissions.csv", "admissions", PERSONS)
    assert manifest.synthetic
    assert "Synthetic" in manifest.licence
    assert manifest.provenance.keeper == SOURCES["hospital"].keeper


def test_what_holds_identifiers_is_the_owners_alone(filled: DataZone) -> None:
    """Rooms run as other users: they can pass through the root and ``extracts`` and through nothing else."""
    assert stat.S_IMODE(filled.root.stat().st_mode) == 0o711
    for place in filled.root.iterdir():
        mode = stat.S_IMODE(place.stat().st_mode)
        assert mode == (0o711 if place.name == "extracts" else 0o700), place
    for place in (filled.optout, filled.root / "identifiers"):
        for folder, _, names in os.walk(place):
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
            for name in names:
                assert stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o400, name
    assert list((filled.root / "extracts").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_sees_no_identifier(filled: DataZone) -> None:
    with (
        tempfile.TemporaryDirectory() as place
    ):  # Not below pytest's own folder, which nobody else may enter.
        Path(place).chmod(0o711)
        copy = shutil.copytree(filled.root, Path(place) / "data")
        looked_at = [path for path in files_below(copy) if "extracts" not in path.parts]
        assert len(looked_at) > 20
        script = (
            "import os, sys\n"
            "extracts, *others = sys.argv[1:]\n"
            "sys.exit(not os.access(extracts, os.X_OK) or any(os.access(one, os.R_OK) for one in others))"
        )
        command = ["/usr/bin/python3", "-c", script, copy / "extracts", *looked_at]
        assert subprocess.run(command, user=65_534, group=65_534, extra_groups=[]).returncode == 0
        copy.joinpath("sources").chmod(0o755)
        copy.joinpath("sources", "gp").chmod(0o755)
        assert subprocess.run(command, user=65_534, group=65_534, extra_groups=[]).returncode == 1


@pytest.mark.parametrize("source", ["gp", "ambulance"])
def test_csv_and_parquet_give_the_same_and_again_changes_nothing(
    source: str, zone: DataZone, tmp_path: Path
) -> None:
    first = import_health(zone, source, send(tmp_path / "csv", source), now=NOW)
    files = {path: path.stat().st_mtime_ns for path in files_below(first.folder)}
    later = NOW + timedelta(days=1)
    again = import_health(zone, source, send(tmp_path / "parquet", source, form="parquet"), now=later)
    assert again.existed
    assert again.manifest == first.manifest
    assert {path: path.stat().st_mtime_ns for path in files_below(first.folder)} == files
    assert len(list(zone.sources(source).iterdir())) == 2
    assert [entry.name for entry in zone.identifiers(source).iterdir()] == [first.folder.name]


def test_times_in_any_zone_and_numbers_in_any_print_mean_the_same(zone: DataZone, tmp_path: Path) -> None:
    tables = KEEPERS["ambulance"]()
    first = import_health(zone, "ambulance", send(tmp_path / "one", "ambulance", tables), now=NOW)
    for incident in tables["incidents"]:
        call: datetime = incident["call_datetime"]
        incident["call_datetime"] = f"{call + timedelta(hours=1):%Y-%m-%d %H:%M}+01:00"
        if incident["on_scene_datetime"]:
            incident["on_scene_datetime"] = f"{incident['on_scene_datetime']:%Y-%m-%dT%H:%M:%S}.000-0000"
    for record in tables["patient_records"]:
        number = record["nhs_number"]
        record["nhs_number"] = number and f" {number[:3]} {number[3:6]}-{number[6:]} "
        record["age"] = f" {record['age']}.0"
    again = import_health(zone, "ambulance", send(tmp_path / "two", "ambulance", tables), now=NOW)
    assert again.manifest.sha256 == first.manifest.sha256


def test_parquet_as_other_programs_write_it(zone: DataZone, tmp_path: Path) -> None:
    """Categories as dictionaries, whole numbers with gaps as floating, nanoseconds in London's time."""
    first = import_health(zone, "ambulance", send(tmp_path / "one", "ambulance"), now=NOW)
    folder = send(tmp_path / "two", "ambulance", form="parquet")
    records = pl.read_parquet(folder / "patient_records.parquet")
    records = records.with_columns(
        pl.col("sex", "conveyed").cast(pl.Categorical),
        pl.col("age").cast(pl.Float32),
        pl.col("news2_score").cast(pl.UInt8),
    )
    records.write_parquet(folder / "patient_records.parquet")
    incidents = pl.read_parquet(folder / "incidents.parquet")
    incidents = incidents.with_columns(
        pl.col("call_datetime").dt.convert_time_zone("Europe/London").cast(pl.Datetime("ns", "Europe/London"))
    ).select(reversed(incidents.columns))
    incidents.write_parquet(folder / "incidents.parquet")
    assert import_health(zone, "ambulance", folder, now=NOW).manifest.sha256 == first.manifest.sha256


def test_without_a_list_nothing_is_imported(tmp_path: Path) -> None:
    zone = DataZone(tmp_path / "data")
    with pytest.raises(PlainError, match="No national data opt-out list has been given"):
        import_health(zone, "gp", send(tmp_path / "gp", "gp"), now=NOW)
    assert not zone.root.exists()
    with pytest.raises(PlainError, match="No gp data have been imported"):
        current(zone, "gp")


def test_a_new_list_makes_what_was_imported_out_of_date(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "gp", "gp")
    first = import_health(zone, "gp", folder, now=NOW).manifest
    assert [state.out_of_date for state in source_states(zone)] == [False]
    take_list(zone, opt_out_file(tmp_path / "new", *OPTED_OUT, NUMBERS[10]), now=NOW)
    assert [state.out_of_date for state in source_states(zone)] == [True]
    assert current(zone, "gp")[1] == first, "a new list rewrites nothing"
    second = import_health(zone, "gp", folder, now=NOW).manifest
    assert second.rows["registrations"].opted_out == first.rows["registrations"].opted_out + 1
    assert second.optout_sha256 == optout.current(zone).sha256
    assert [state.out_of_date for state in source_states(zone)] == [False]


def test_the_same_rows_with_a_list_that_names_others_are_another_snapshot(
    zone: DataZone, tmp_path: Path
) -> None:
    """Otherwise its manifest would say for ever that it was made with the earlier list."""
    folder = send(tmp_path / "gp", "gp")
    first = import_health(zone, "gp", folder, now=NOW).manifest
    take_list(zone, opt_out_file(tmp_path / "new", *OPTED_OUT, "9434765919"), now=NOW)
    second = import_health(zone, "gp", folder, now=NOW).manifest
    assert second.sha256 != first.sha256
    assert second.tables == first.tables


def test_a_list_of_another_key_is_not_used(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "gp", "gp")
    key = zone.linkage_key_file
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(PlainError, match="The linkage key is gone"):
        import_health(zone, "gp", folder, now=NOW)
    key.write_bytes(bytes(reversed(kept)))
    key.chmod(0o600)
    with pytest.raises(PlainError, match="taken with another linkage key"):
        import_health(zone, "gp", folder, now=NOW)
    assert list(zone.create_sources("gp").iterdir()) == []
    key.write_bytes(kept)
    assert not import_health(zone, "gp", folder, now=NOW).existed


def test_when_everybody_has_opted_out_there_is_nothing(zone: DataZone, tmp_path: Path) -> None:
    take_list(zone, opt_out_file(tmp_path / "all", *NUMBERS), now=NOW)
    with pytest.raises(PlainError, match="every person in it has opted out"):
        import_health(zone, "population", send(tmp_path / "population", "population"), now=NOW)


def test_nothing_is_in_use_that_was_not_recorded(zone: DataZone, tmp_path: Path) -> None:
    first = import_health(zone, "gp", send(tmp_path / "one", "gp"), now=NOW)
    tables = KEEPERS["gp"]()
    tables["events"].pop()

    def fails(manifest: HealthManifest) -> None:
        assert (zone.sources("gp") / manifest.sha256).is_dir()
        assert (zone.identifiers("gp") / manifest.sha256).is_dir()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        import_health(zone, "gp", send(tmp_path / "two", "gp", tables), now=NOW, record=fails)
    assert current(zone, "gp") == (first.folder, first.manifest)


def test_identifiers_that_belong_to_nothing_are_removed(zone: DataZone, tmp_path: Path) -> None:
    """They are what an import leaves that is killed between the one part and the other."""
    folder = send(tmp_path / "gp", "gp")
    name = import_health(zone, "gp", folder, now=NOW).folder.name
    lost = zone.identifiers("gp") / ("ab" * 32)
    shutil.copytree(zone.identifiers("gp") / name, lost)
    assert import_health(zone, "gp", folder, now=NOW).existed
    assert [entry.name for entry in zone.identifiers("gp").iterdir()] == [name]
    # The same once more, and what it left is not taken for the new one's, whatever became of it meanwhile.
    shutil.rmtree(zone.sources("gp") / name)
    (zone.identifiers("gp") / name / "events.parquet").unlink()
    again = import_health(zone, "gp", folder, now=NOW)
    assert (again.folder.name, again.existed) == (name, False)
    verify_identifiers(zone, again.manifest)


@pytest.mark.parametrize("part", ["sources", "identifiers"])
def test_a_changed_part_is_not_taken_for_whole(part: str, zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "population", "population")
    made = import_health(zone, "population", folder, now=NOW)
    changed = zone.root / part / "population" / made.folder.name / "people.parquet"
    changed.parent.chmod(0o700)
    changed.chmod(0o600)
    table = pl.read_parquet(changed)
    table.reverse().write_parquet(changed)
    with pytest.raises(PlainError, match="is not what its manifest says"):
        import_health(zone, "population", folder, now=NOW)
    if part == "identifiers":
        with pytest.raises(PlainError, match="is not what its manifest says"):
            identifiers(zone, made.manifest)


def test_identifiers_of_another_snapshot_are_not_taken_for_its_own(zone: DataZone, tmp_path: Path) -> None:
    first = import_health(zone, "population", send(tmp_path / "one", "population"), now=NOW)
    tables = KEEPERS["population"]()
    tables["people"][0]["given_name"] = "Another"
    second = import_health(zone, "population", send(tmp_path / "two", "population", tables), now=NOW)
    assert second.manifest.tables == first.manifest.tables
    assert second.manifest.sha256 != first.manifest.sha256
    own = zone.identifiers("population") / first.folder.name
    shutil.rmtree(own)
    shutil.copytree(zone.identifiers("population") / second.folder.name, own)
    with pytest.raises(PlainError, match="was not split off from its source"):
        identifiers(zone, first.manifest)
    with pytest.raises(PlainError, match="was not split off from its source"):
        import_health(zone, "population", tmp_path / "one", now=NOW)


def test_identifiers_that_were_lost_are_put_back(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "population", "population")
    first = import_health(zone, "population", folder, now=NOW)
    shutil.rmtree(zone.identifiers("population") / first.folder.name)
    with pytest.raises(PlainError, match="cannot be read: the snapshot is not whole"):
        identifiers(zone, first.manifest)
    assert import_health(zone, "population", folder, now=NOW).existed
    verify_identifiers(zone, first.manifest)


def test_names_of_folders_and_marks_at_the_beginning_of_files_do_not_matter(
    zone: DataZone, tmp_path: Path
) -> None:
    first = import_health(zone, "population", send(tmp_path / "one", "population"), now=NOW)
    patterns = send(tmp_path / "a[b]*{c}?%41 é", "population", form="parquet")
    assert import_health(zone, "population", patterns, now=NOW).manifest == first.manifest
    marked = send(tmp_path / "marked", "population") / "people.csv"
    marked.write_bytes("\ufeff".encode() + marked.read_bytes().replace(b"\r\n", b"\n") + b"\n")
    assert import_health(zone, "population", marked.parent, now=NOW).manifest == first.manifest


def test_a_file_that_is_changed_meanwhile_is_refused(zone: DataZone, tmp_path: Path) -> None:
    folder = send(tmp_path / "population", "population")

    def grows(step: str, done: int, total: int) -> None:
        if step == "reading" and done == 0:
            with (folder / "people.csv").open("a") as stream:
                stream.write("\n")

    with pytest.raises(PlainError, match=r"people\.csv was changed while it was read"):
        import_health(zone, "population", folder, now=NOW, progress=grows)
    assert list(zone.sources("population").iterdir()) == []
    assert list(zone.identifiers("population").iterdir()) == []


def test_times_are_kept_in_utc(filled: DataZone) -> None:
    incidents = dict(attributes(filled, "ambulance"))["incidents"]
    assert incidents.schema["call_datetime"] == pl.Datetime("us", "UTC")
    assert incidents["call_datetime"][0] == datetime(2016, 7, 8, 23, 10, tzinfo=UTC)
