"""What a file is, by its bytes; the labels are ours and fixed."""

from __future__ import annotations

import pytest

from hub.airlock.sniff import SNIFFED_BYTES, Kind, checked_suffix, sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", Kind.EMPTY),
        (b"a,b\n1,2\n", Kind.TABLE),
        (b"\xef\xbb\xbfa;b\r\n1;2\r\n", Kind.TABLE),
        (b"a\tb\n1\t2", Kind.TABLE),
        (b'"a, with comma",b\n"x\ny",2\n', Kind.TABLE),
        (b"a,b\n", Kind.TEXT),
        (b"one column\nonly\n", Kind.TEXT),
        (b"a,b\n1,2,3\n", Kind.TEXT),
        ("Größe,n\nä,2\n".encode("latin-1"), Kind.OTHER_TEXT),
        (b'{"a": 1}', Kind.JSON),
        (b"<svg>", Kind.MARKUP),
        (b"\x89PNG\r\n\x1a\n....", Kind.PICTURE),
        (b"%PDF-1.7", Kind.PDF),
        (b"PK\x03\x04", Kind.ARCHIVE),
        (b"PAR1", Kind.PARQUET),
        (b"a,b\n1,\x00\n", Kind.BINARY),
    ],
)
def test_kinds(head: bytes, kind: Kind) -> None:
    assert sniff(head) is kind


def test_a_character_cut_at_the_end_of_the_head_is_forgiven_and_in_its_middle_not() -> None:
    row = "ä,120\n".encode()
    head = (row * (SNIFFED_BYTES // len(row) + 1))[: SNIFFED_BYTES - 1]
    for cut in (b"\xc3", b"\xe2\x82"[:1]):
        assert sniff(head + cut) is Kind.TABLE
    assert sniff(head[:100] + b"\xff" + head[101:] + b"x") is Kind.OTHER_TEXT


@pytest.mark.parametrize(
    ("kind", "name", "suffix"),
    [
        (Kind.TABLE, "x.exe", ".csv"),
        (Kind.TEXT, "x.csv", ".csv"),
        (Kind.TEXT, "x.CSV", ".csv"),
        (Kind.TEXT, "x.py", ".txt"),
        (Kind.EMPTY, "x.csv", ".csv"),
        (Kind.OTHER_TEXT, "x.csv", ".csv"),
        (Kind.PICTURE, "x.csv", ".png"),
        (Kind.BINARY, "x.csv", ".bin"),
        (Kind.BINARY, "../../x.csv/../y", ".bin"),
    ],
)
def test_the_checker_is_shown_a_suffix_of_ours(kind: Kind, name: str, suffix: str) -> None:
    assert checked_suffix(kind, name) == suffix


def test_labels_are_few_and_fixed() -> None:
    assert len({k.label for k in Kind}) == len(Kind)
    assert all(len(k.label) <= 40 for k in Kind), "the database keeps 40 characters"
    assert all(len(k.name) <= 16 for k in Kind)
