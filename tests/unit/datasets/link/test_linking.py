"""A region linked: against its truth, without identifiers or opted-out persons, the same however rows come."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from datasets import optout
from datasets.link.assignment import chosen, with_probabilities
from datasets.link.comparable import CASUALTY_KEY, casualties_to_compare, patients_to_compare
from datasets.link.make import LinkResult, link_sources
from datasets.link.model import declared
from datasets.link.scoring import score
from datasets.manifest import LinkedManifest, read_manifest
from datasets.optout import take_list
from datasets.pseudonymise.keys import linkage_key
from datasets.pseudonymise.pseudonym import pseudonymiser
from datasets.snapshot import verify_snapshot
from datasets.sources.health import current
from datasets.sources.health.schema import NHS_NUMBER, SOURCES
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW

pytestmark = pytest.mark.slow


def table(result: LinkResult, name: str) -> pl.DataFrame:
    return pl.read_parquet(result.folder / f"{name}.parquet")


def texts(folder: Path) -> set[str]:
    """Every text in every table."""
    found: set[str] = set()
    for path in folder.glob("*.parquet"):
        for column in pl.read_parquet(path).iter_columns():
            if column.dtype == pl.String:
                found |= set(column.drop_nulls().unique())
    return found


def test_the_links_are_nearly_all_right_and_nearly_all_found(linked: LinkResult) -> None:
    measured = linked.manifest.linkage.police_ambulance.measured
    assert measured is not None
    assert measured.true_pairs > 100
    assert measured.precision is not None
    assert measured.precision > 0.96
    assert measured.recall is not None
    assert measured.recall > 0.92


def test_what_the_manifest_measures_is_what_one_counts(linked: LinkResult, region: Path) -> None:
    about = linked.manifest.linkage
    truth = pl.read_parquet(region / "truth" / "police_ambulance.parquet")
    links = table(linked, "links_police_ambulance")
    there = truth.join(table(linked, "ambulance_records"), on="record_id", how="semi")
    right = links.join(truth, on=[*CASUALTY_KEY, "record_id"]).height
    measured = about.police_ambulance.measured
    assert measured is not None
    assert (measured.links, measured.true_pairs, measured.right) == (links.height, there.height, right)
    assert measured.precision == round(right / links.height, 4)
    hospital = pl.read_parquet(region / "truth" / "ambulance_hospital.parquet")
    followed = table(linked, "links_ambulance_hospital")
    assert about.ambulance_hospital is not None
    assert about.ambulance_hospital.measured is not None
    assert (
        about.ambulance_hospital.measured.right == followed.join(hospital, on=["record_id", "epikey"]).height
    )
    assert about.ambulance_hospital.measured.precision > 0.99  # type: ignore[operator]


def test_the_model_is_no_surer_of_itself_than_it_may_be(linked: LinkResult) -> None:
    """Expected precision and recall come from the model alone, and are near what the truth says."""
    about = linked.manifest.linkage.police_ambulance
    assert about.measured is not None
    assert about.expected_precision == pytest.approx(about.measured.precision, abs=0.03)
    assert about.expected_recall == pytest.approx(about.measured.recall, abs=0.06)


def test_links_are_one_to_one_and_say_how_sure_they_are(linked: LinkResult) -> None:
    links = table(linked, "links_police_ambulance")
    assert links.select(CASUALTY_KEY).is_unique().all()
    assert links["record_id"].is_unique().all()
    assert links["probability"].is_between(0.5, 1).all()
    assert links["model_version"].unique().to_list() == [
        linked.manifest.linkage.police_ambulance.model.version
    ]
    followed = table(linked, "links_ambulance_hospital")
    assert followed["record_id"].is_unique().all()
    assert followed["epikey"].is_unique().all()
    assert "probability" not in followed.columns


def test_a_link_names_records_that_are_there(linked: LinkResult) -> None:
    police, followed = (table(linked, f"links_{name}") for name in ("police_ambulance", "ambulance_hospital"))
    assert police.join(table(linked, "casualties"), on=CASUALTY_KEY, how="anti").is_empty()
    for links, name, key in (
        (police, "ambulance_records", "record_id"),
        (followed, "ambulance_records", "record_id"),
        (followed, "admissions", "epikey"),
    ):
        assert links.join(table(linked, name), on=key, how="anti").is_empty()


def test_columns_that_say_yes_agree_with_the_links(linked: LinkResult) -> None:
    police, followed = (table(linked, f"links_{name}") for name in ("police_ambulance", "ambulance_hospital"))
    records = table(linked, "ambulance_records")
    hurt = records.join(police, on="record_id", how="semi")
    expected = {
        ("casualties", "linked_to_ambulance"): police.height,
        ("ambulance_records", "linked_to_casualty"): police.height,
        ("ambulance_records", "linked_to_admission"): followed.height,
        ("admissions", "linked_to_ambulance"): followed.height,
        ("admissions", "linked_to_casualty"): followed.join(police, on="record_id", how="semi").height,
        ("ambulance_incidents", "linked_to_casualty"): hurt["incident_id"].n_unique(),
        ("people", "linked_to_casualty"): hurt["person"].drop_nulls().n_unique(),
    }
    for (name, column), number in expected.items():
        counts = dict(table(linked, name)[column].value_counts().iter_rows())
        assert counts["yes"] == number > 0, (name, column)
        assert counts.keys() == {"yes", "no"}


def test_the_snapshot_is_whole_and_says_what_it_was_made_of(linked: LinkResult, region: Path) -> None:
    verify_snapshot(linked.folder)
    manifest = read_manifest(linked.folder)
    assert isinstance(manifest, LinkedManifest)
    assert manifest == linked.manifest
    assert manifest.synthetic
    assert manifest.parts == dict.fromkeys(("stats19", *SOURCES), True)
    assert manifest.provenance.inputs["gp"].files[0].sha256
    for name, one in manifest.tables.items():
        found = table(linked, name)
        assert [column.name for column in one.columns] == found.columns
        assert one.rows == found.height
    assert (linked.folder.parent / "current").read_text().strip() == linked.folder.name


def test_no_identifier_is_anywhere_in_linked_records(linked: LinkResult, region: Path) -> None:
    identifying = {
        column.name for source in SOURCES.values() for table in source.tables for column in table.identifiers
    }
    for one in linked.manifest.tables.values():
        assert not identifying & {column.name for column in one.columns}
    people = pl.read_parquet(region / "population" / "people.parquet")
    secrets = {value for name in ("nhs_number", "postcode", "household_id") for value in people[name]}
    assert len(secrets) > 15_000
    assert not secrets & texts(linked.folder)


def test_nobody_on_the_list_in_force_is_linked_although_they_were_imported(
    zone: DataZone, region: Path
) -> None:
    """The list grows after the imports: linking leaves out whoever is new in it, and no police record."""
    before = link_sources(zone, now=NOW)
    records = table(before, "ambulance_records")
    hurt = records.filter(pl.col("linked_to_casualty") == "yes", pl.col("person").is_not_null())
    gone = hurt["person"][:5].to_list()
    pseudonym = pseudonymiser(linkage_key(zone), NHS_NUMBER)
    people = pl.read_parquet(region / "population" / "people.parquet")["nhs_number"]
    numbers = [number for number in people if pseudonym(number) in gone]
    assert len(numbers) == len(set(gone)) > 0
    old = (region / "opt-outs.txt").read_text()
    listed = zone.root.parent / "more.txt"
    listed.write_text(old + "".join(f"{number}\n" for number in numbers))
    take_list(zone, listed, now=NOW)

    after = link_sources(zone, now=NOW, truth=region / "truth")
    assert after.manifest.optout_sha256 == optout.current(zone).sha256 != before.manifest.optout_sha256
    for name in ("ambulance_records", "admissions", "people", "gp_registrations", "gp_events"):
        assert table(before, name)["person"].is_in(gone).any(), name
        assert not table(after, name)["person"].is_in(gone).any(), name
    for name in ("collisions", "vehicles"):
        assert table(after, name).equals(table(before, name))
    assert table(after, "casualties").height == table(before, "casualties").height
    left = set(table(before, "ambulance_incidents")["incident_id"])
    left -= set(table(after, "ambulance_incidents")["incident_id"])
    alone = records.group_by("incident_id").agg(
        pl.col("person").is_in(gone).fill_null(False).all().alias("all")
    )
    assert left == set(alone.filter(pl.col("all"))["incident_id"])


def test_the_order_of_rows_decides_nothing(imported: DataZone, tmp_path: Path) -> None:
    police = imported.sources("stats19") / (imported.sources("stats19") / "current").read_text().strip()
    ambulance, _ = current(imported, "ambulance")
    frames = [
        pl.read_parquet(folder / f"{name}.parquet")
        for folder, name in (
            (police, "collisions"),
            (police, "casualties"),
            (ambulance, "incidents"),
            (ambulance, "patient_records"),
        )
    ]

    def links(collisions, casualties, incidents, records) -> tuple[str, pl.DataFrame]:
        scored = score(
            declared(),
            casualties_to_compare(collisions, casualties),
            patients_to_compare(incidents, records),
            tmp_path,
        )
        return scored.model.version, chosen(with_probabilities(scored.pairs).pairs, 0.5)

    version, found = links(*frames)
    for seed in (1, 2):
        shuffled = [one.sample(fraction=1, shuffle=True, seed=seed) for one in frames]
        assert not shuffled[1].equals(frames[1])
        again, same = links(*shuffled)
        assert again == version
        assert same.equals(found)


def test_the_same_again_is_already_there_and_the_truth_changes_no_link(
    linked: LinkResult, zone: DataZone, region: Path
) -> None:
    first = link_sources(zone, now=NOW)
    assert not first.existed
    again = link_sources(zone, now=NOW.replace(year=2027))
    assert again.existed
    assert again.folder == first.folder
    assert again.manifest == first.manifest
    measured = link_sources(zone, now=NOW, truth=region / "truth")
    assert measured.folder.name == linked.folder.name != first.folder.name
    for name in first.manifest.tables:
        assert table(measured, name).equals(table(first, name))
    stricter = link_sources(zone, now=NOW, threshold=0.99)
    assert stricter.manifest.linkage.police_ambulance.links < first.manifest.linkage.police_ambulance.links
    assert (stricter.folder.parent / "current").read_text().strip() == stricter.folder.name


def test_a_record_that_cannot_be_written_down_leaves_the_earlier_links_in_use(zone: DataZone) -> None:
    link_sources(zone, now=NOW)
    in_use = (zone.sources("linked") / "current").read_text()

    def refuse(_: LinkedManifest) -> None:
        raise RuntimeError("the ledger is shut")

    with pytest.raises(RuntimeError):
        link_sources(zone, now=NOW, threshold=0.9, record=refuse)
    assert (zone.sources("linked") / "current").read_text() == in_use


def test_police_and_ambulance_alone_are_linked_where_the_others_were_not_imported(zone: DataZone) -> None:
    for source in ("hospital", "gp", "population"):
        shutil.rmtree(zone.sources(source))
    result = link_sources(zone, now=NOW)
    assert set(result.manifest.tables) == {
        "collisions",
        "casualties",
        "vehicles",
        "ambulance_incidents",
        "ambulance_records",
        "links_police_ambulance",
    }
    assert result.manifest.linkage.ambulance_hospital is None
    assert result.manifest.linkage.persons["ambulance_records"].in_population is None
