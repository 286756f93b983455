"""The national data opt-out list: taken whole or refused whole, private, and never quoted."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_checker.errors import PlainError

from datasets import optout
from datasets.manifest import OptOutManifest
from datasets.optout import take_list
from datasets.optout.reading import read_list
from datasets.pseudonymise.keys import linkage_key
from datasets.pseudonymise.pseudonym import pseudonymiser
from datasets.snapshot import verify_snapshot
from datasets.zone import DataZone
from tests.unit.datasets.health.keepers import NOW, NUMBERS, opt_out_file

NO_NUMBER = "no NHS number \\(ten digits, of which the last checks the others\\)"


@pytest.fixture
def empty(tmp_path: Path) -> DataZone:
    """A zone in which nothing was given yet."""
    return DataZone(tmp_path / "var" / "data")


def spoilt(number: str) -> str:
    """The number with another check digit."""
    return number[:9] + str((int(number[9]) + 1) % 10)


def test_a_list_is_in_force_with_its_persons_under_the_zones_pseudonyms(
    empty: DataZone, tmp_path: Path
) -> None:
    taken = take_list(empty, opt_out_file(tmp_path / "list.txt", *NUMBERS[:5]), now=NOW)
    in_force = optout.current(empty)
    assert (in_force.sha256, in_force.count, taken.existed) == (taken.manifest.sha256, 5, False)
    pseudonym = pseudonymiser(linkage_key(empty), "nhs number")
    people = pl.read_parquet(in_force.people_path)["person"].to_list()
    assert people == sorted(pseudonym(number) for number in NUMBERS[:5])
    assert pl.read_parquet(in_force.numbers_path)["number"].to_list() == sorted(NUMBERS[:5])
    verify_snapshot(in_force.people_path.parent)


def test_it_is_the_owners_alone(empty: DataZone, tmp_path: Path) -> None:
    take_list(empty, opt_out_file(tmp_path / "list.txt", *NUMBERS[:5]), now=NOW)
    for folder, _, files in os.walk(empty.optout):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o400
    assert stat.S_IMODE(empty.linkage_key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "{0}\n{1}\n",
        "{0}\n{1}",
        "\ufeff{0}\r\n{1}\r\n",
        "\n\n{0}\n \t\n{1}\n\n",
        "{0} \n\t{1}\n{0}\n",
        "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]} {0[6]}{0[7]}{0[8]}{0[9]}\n{1}\u00a0\n",
    ],
    ids=["plain", "no last newline", "byte order mark", "blank lines", "repeated", "printed in groups"],
)
def test_ways_to_write_a_list(content: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content.format(*NUMBERS).encode())
    read = read_list(path)
    assert read.numbers.to_list() == sorted(NUMBERS[:2])
    assert read.repeated == (1 if content.count("{0}") == 2 else 0)


@pytest.mark.parametrize(
    "bad",
    [
        "999000",
        NUMBERS[0] + "1",
        "9990000o01",
        spoilt(NUMBERS[0]),
        "0000000000",
        "NHS number",
        f"{NUMBERS[0]},{NUMBERS[1]}",
        "٩٩٩٠٠٠٠٠٠١",
        "\0" * 10,
    ],
    ids=["short", "long", "a letter", "check digit", "no person's", "heading", "two", "other digits", "null"],
)
def test_a_bad_line_refuses_the_list_and_names_the_line_only(
    bad: str, empty: DataZone, tmp_path: Path
) -> None:
    first = take_list(empty, opt_out_file(tmp_path / "good.txt", NUMBERS[9]), now=NOW)
    path = opt_out_file(tmp_path / "list.txt", NUMBERS[0], "", bad, NUMBERS[1])
    with pytest.raises(PlainError, match=f"1 line of list.txt is {NO_NUMBER}, line 3: nothing") as refused:
        take_list(empty, path, now=NOW)
    assert not re.search(r"\d{3}", refused.value.sentence)
    opt_out_file(path, bad, NUMBERS[1], "12", bad, NUMBERS[2])
    with pytest.raises(PlainError, match=f"3 lines of list.txt are {NO_NUMBER}, the first of them line 1:"):
        take_list(empty, path, now=NOW)
    assert optout.current(empty).sha256 == first.manifest.sha256
    assert {entry.name for entry in empty.optout.iterdir()} == {first.manifest.sha256, "current"}


def test_what_is_not_text_gets_a_sentence(empty: DataZone, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(f"{NUMBERS[0]}\n".encode() + b"PK\x03\x04\xff\xfe\n")
    with pytest.raises(PlainError, match=r"list\.xlsx, line 2 is not text in UTF-8"):
        take_list(empty, path, now=NOW)
    with pytest.raises(PlainError, match="cannot be read"):
        take_list(empty, tmp_path / "nowhere", now=NOW)
    with pytest.raises(PlainError, match="cannot be read"):
        take_list(empty, tmp_path, now=NOW)
    assert not empty.root.exists()


def test_an_empty_list_has_to_be_meant(empty: DataZone, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\n \n")
    with pytest.raises(PlainError, match=r"holds no NHS number.*--empty"):
        take_list(empty, path, now=NOW)
    assert take_list(empty, path, now=NOW, may_be_empty=True).manifest.persons == 0
    assert optout.current(empty).count == 0
    with pytest.raises(PlainError, match="is not empty: leave --empty out"):
        take_list(empty, opt_out_file(path, NUMBERS[0]), now=NOW, may_be_empty=True)
    assert optout.current(empty).count == 0


def test_the_same_persons_are_the_same_list_and_others_another(empty: DataZone, tmp_path: Path) -> None:
    first = take_list(empty, opt_out_file(tmp_path / "a", *NUMBERS[:3]), now=NOW)
    again = take_list(empty, opt_out_file(tmp_path / "b", *reversed(NUMBERS[:3]), NUMBERS[0]), now=NOW)
    assert (again.existed, again.repeated, again.manifest) == (True, 1, first.manifest)
    other = take_list(empty, opt_out_file(tmp_path / "c", *NUMBERS[:4]), now=NOW)
    assert optout.current(empty).sha256 == other.manifest.sha256 != first.manifest.sha256
    assert take_list(empty, tmp_path / "a", now=NOW).existed
    assert optout.current(empty).sha256 == first.manifest.sha256


def test_a_lists_name_does_not_tell_who_is_in_it(tmp_path: Path) -> None:
    """Ten thousand guesses at a list of one person would find a name made of the number alone."""
    names = set()
    for zone in (DataZone(tmp_path / "one"), DataZone(tmp_path / "two")):
        names.add(take_list(zone, opt_out_file(tmp_path / "list", NUMBERS[0]), now=NOW).manifest.sha256)
    assert len(names) == 2


def test_nothing_is_in_force_that_was_not_recorded(empty: DataZone, tmp_path: Path) -> None:
    first = take_list(empty, opt_out_file(tmp_path / "a", NUMBERS[0]), now=NOW).manifest.sha256
    heard: list[tuple[int, str | None]] = []

    def fails(manifest: OptOutManifest, before: str | None) -> None:
        heard.append((manifest.persons, before))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        take_list(empty, opt_out_file(tmp_path / "b", *NUMBERS[:2]), now=NOW, record=fails)
    assert heard == [(2, first)]
    assert optout.current(empty).sha256 == first


def test_a_changed_list_is_not_used(empty: DataZone, tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="No national data opt-out list has been given"):
        optout.current(empty)
    path = opt_out_file(tmp_path / "list.txt", *NUMBERS[:5])
    take_list(empty, path, now=NOW)
    numbers = optout.current(empty).numbers_path
    numbers.chmod(0o600)
    pl.DataFrame({"number": NUMBERS[:4]}).write_parquet(numbers)
    with pytest.raises(PlainError, match="is not what its manifest says"):
        optout.current(empty)
    (empty.optout / "current").unlink()
    (empty.optout / "current").write_text("../sources/gp")
    with pytest.raises(PlainError, match="names no snapshot"):
        optout.current(empty)


@given(st.lists(st.text(max_size=14)))
def test_any_text_is_a_list_or_a_sentence(lines: list[str]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write("\n".join(lines).encode("utf-8", errors="surrogatepass"))
        file.flush()
        try:
            read = read_list(Path(file.name))
        except PlainError:
            return
    assert all(re.fullmatch("[0-9]{10}", number) for number in read.numbers)
