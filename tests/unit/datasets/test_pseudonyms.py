"""Pseudonyms and the keys behind them."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import threading

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_checker.errors import PlainError

from datasets.extract import ExtractSpec, make_extract
from datasets.pseudonymise.keys import fingerprint, linkage_key, project_key
from datasets.pseudonymise.pseudonym import PSEUDONYM_CHARACTERS, pseudonymised, pseudonymiser
from datasets.zone import DataZone, checked_slug
from tests.unit.datasets.files import NOW

KEY = bytes(range(32))
references = st.text(st.characters(codec="utf-8"), max_size=20)


@given(references)
def test_the_same_reference_has_the_same_pseudonym(reference: str) -> None:
    first = pseudonymiser(KEY, "stats19/collision_index")(reference)
    assert first == pseudonymiser(KEY, "stats19/collision_index")(reference)
    assert len(first) == PSEUDONYM_CHARACTERS
    assert set(first) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(st.sets(references, min_size=2, max_size=30))
def test_two_references_have_two_pseudonyms(some: set[str]) -> None:
    pseudonym = pseudonymiser(KEY, "stats19/collision_index")
    assert len({pseudonym(reference) for reference in some}) == len(some)


@given(references, st.integers(0, 255))
def test_one_bit_of_the_key_or_another_domain_changes_it(reference: str, bit: int) -> None:
    other = bytearray(KEY)
    other[bit // 8] ^= 1 << bit % 8
    first = pseudonymiser(KEY, "stats19/collision_index")(reference)
    assert first != pseudonymiser(bytes(other), "stats19/collision_index")(reference)
    assert first != pseudonymiser(KEY, "stats19/collision_ref_no")(reference)


def test_a_pseudonym_is_not_a_hash_that_can_be_made_without_the_key() -> None:
    reference = "201401GD10691"
    made = pseudonymiser(KEY, "stats19/collision_index")(reference)
    for key in (b"", bytes(32)):
        digest = hashlib.blake2b(reference.encode(), key=key, digest_size=16).digest()
        assert base64.b32encode(digest).decode().rstrip("=").lower() != made
    with pytest.raises(ValueError, match="32 bytes"):
        pseudonymiser(b"", "stats19/collision_index")


@given(st.lists(st.one_of(st.none(), references), max_size=12), st.integers(1, 4))
def test_columns_agree_with_single_values_however_often_they_stand(
    some: list[str | None], times: int
) -> None:
    values = some * times
    column = pl.LazyFrame({"c": values}, schema={"c": pl.String}).select(
        pseudonymised(pl.col("c"), KEY, "nhs number")
    )
    one = pseudonymiser(KEY, "nhs number")
    assert column.collect(engine="streaming")["c"].to_list() == [
        None if value is None else one(value) for value in values
    ]


def test_a_key_is_random_private_and_stays(zone: DataZone) -> None:
    key = project_key(zone, "road-safety")
    assert len(key) == 32
    assert project_key(zone, "road-safety") == key != project_key(zone, "buses")
    path = zone.key_file("road-safety")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["buses.key", "road-safety.key"]


def test_many_who_make_the_key_at_once_get_one(zone: DataZone) -> None:
    zone.create()
    for round_ in range(20):
        start = threading.Barrier(8)
        keys: list[bytes] = []

        def make(project: str, start: threading.Barrier = start, keys: list[bytes] = keys) -> None:
            start.wait()
            keys.append(project_key(zone, project))

        threads = [threading.Thread(target=make, args=(f"p{round_}",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys) == 8
        assert len(set(keys)) == 1
    assert len(list((zone.root / "keys").iterdir())) == 20


@pytest.mark.parametrize(
    ("size", "mode", "fine"),
    [
        (31, 0o600, False),
        (32, 0o600, True),
        (33, 0o600, False),
        (32, 0o640, False),
        (32, 0o604, False),
        (0, 0o600, False),
    ],
)
def test_only_a_private_file_of_32_bytes_is_a_key(zone: DataZone, size: int, mode: int, fine: bool) -> None:
    zone.create()
    path = zone.key_file("road-safety")
    path.write_bytes(os.urandom(size))
    path.chmod(mode)
    if fine:
        assert len(project_key(zone, "road-safety")) == 32
    else:
        with pytest.raises(PlainError, match="not a private file"):
            project_key(zone, "road-safety")


def test_a_link_is_no_key(zone: DataZone) -> None:
    project_key(zone, "buses")
    zone.key_file("road-safety").symlink_to(zone.key_file("buses"))
    with pytest.raises(PlainError, match="not a link"):
        project_key(zone, "road-safety")


def test_a_lost_key_is_not_replaced_in_silence(filled: DataZone) -> None:
    spec = ExtractSpec.approved("road-safety", {"tables": {"vehicles": {"columns": ["collision_index"]}}})
    make_extract(filled, spec, now=NOW)
    key = filled.key_file("road-safety")
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(PlainError, match="The key of road-safety is gone"):
        make_extract(filled, spec, now=NOW)
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)
    assert make_extract(filled, spec, now=NOW).existed


def test_the_linkage_key_is_private_stays_and_is_no_projects(zone: DataZone) -> None:
    key = linkage_key(zone)
    assert linkage_key(zone) == key
    assert len(key) == 32
    assert stat.S_IMODE(zone.linkage_key_file.stat().st_mode) == 0o600
    assert project_key(zone, "linkage") != key
    with pytest.raises(PlainError, match="is not the name of a project"):
        checked_slug(zone.linkage_key_file.stem)


def test_a_lost_linkage_key_is_not_replaced_in_silence(zone: DataZone) -> None:
    key = linkage_key(zone)
    zone.linkage_key_file.unlink()
    assert linkage_key(zone) != key, "nothing was made with the first one"
    for place in (zone.optout, zone.create_identifiers("gp")):
        zone.linkage_key_file.unlink()
        snapshot = place / ("ab" * 32)
        snapshot.mkdir()
        with pytest.raises(PlainError, match="The linkage key is gone"):
            linkage_key(zone)
        assert not zone.linkage_key_file.exists()
        snapshot.rmdir()
        linkage_key(zone)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 255))
def test_a_fingerprint_names_a_key(key: bytes, bit: int) -> None:
    other = bytearray(key)
    other[bit // 8] ^= 1 << bit % 8
    assert fingerprint(key) == fingerprint(key) != fingerprint(bytes(other))
