"""Hostile and odd files: each gets a verdict, none gets a crash, a hang or silence."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from output_checker.check import MOST_LISTED, check_bytes, check_file, check_files
from output_checker.policy import load_policy
from output_checker.readers.cells import Kind, read_cell
from output_checker.readers.intake import MissingPath
from output_checker.readers.places import cell_name, column_name

from tests.unit.output_checker.checking import check_text, found, places

SACRO = load_policy("sacro")


def check(data: bytes, name: str = "table.csv"):
    return check_bytes(data, Path(name), SACRO)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12", Kind.NUMBER, 12), ("12.0", Kind.NUMBER, 12),
        ("1,234", Kind.NUMBER, 1234), ("1 234", Kind.NUMBER, 1234),
        ("1'234'567", Kind.NUMBER, 1234567), ("£1,234.50", Kind.NUMBER, None),
        ("-3", Kind.NUMBER, -3), ("(3)", Kind.NUMBER, -3),
        ("45%", Kind.PERCENT, 45), ("45 (12.3%)", Kind.NUMBER, 45),
        ("12.3% (45)", Kind.NUMBER, 45), ("１２", Kind.NUMBER, 12),
        ("3e2", Kind.NUMBER, 300), ("1e99", Kind.NUMBER, 10**99),
        ("1e999", Kind.TEXT, None), ("9" * 70, Kind.TEXT, None),
        ("<10", Kind.MARK, None), ("[c]", Kind.MARK, None), ("..", Kind.MARK, None), ("", Kind.BLANK, None),
        ("=1+1", Kind.FORMULA, None), ("+cmd|x", Kind.FORMULA, None),
        ("2014-01-02", Kind.DATE, None), ("02/01/2014", Kind.DATE, None),
        ("()", Kind.TEXT, None), ("%", Kind.TEXT, None),
        ("( )", Kind.TEXT, None), ("-", Kind.MARK, None), ("£", Kind.TEXT, None),
    ],
)  # fmt: skip
def test_a_cell_is_understood(text, kind, value):
    content = read_cell(text)
    assert content.kind is kind
    if value is not None:
        assert content.value == value


@given(st.text(max_size=80))
@settings(max_examples=500, deadline=None)
def test_no_cell_text_makes_the_reader_fail(text):
    read_cell.__wrapped__(text)
    read_cell.__wrapped__(text, True)


def test_columns_are_named_as_in_spreadsheets():
    assert [column_name(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert cell_name(3, 1) == "B3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_read_with_and_without_a_mark(encoding):
    text = "région,n\nÎle,20\nSud,30\n"
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    report = check(marks.get(encoding, b"") + text.encode(encoding))
    assert report.verdict.value == "clear"


def test_latin_1_is_read_as_a_guess_that_a_person_looks_at():
    report = check("région,n\nÎle,20\nSud,3\n".encode("latin-1"))
    (guess,) = found(report, "encoding", "review")
    assert "UTF-8" in guess.fix and "line 1" in guess.message
    assert places(report, "threshold", "block") == {"B3"}


@pytest.mark.parametrize(
    "data",
    [
        b"region,n\nA,20\n\x81\x8d,30\n", bytes(range(256)), b"\x89PNG\r\n\x1a\n" + b"0" * 50,
        b"PK\x03\x04abc", b"%PDF-1.7",
        "region,n\nA,20\n".encode("utf-16-le"), b"\xff\xfea", b"region,n\nA,2\x000\n",
        b"region,n\nA,\x1b[31m20\n", b"PAR1xxxx",
    ],
)  # fmt: skip
def test_what_is_no_text_blocks_with_a_sentence(data):
    report = check(data)
    assert report.verdict.value == "block"
    assert found(report, "encoding", "block")[0].fix


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b" , ,\n,,\n", b"\xef\xbb\xbf", b'""\n'])
def test_an_empty_file_blocks(data):
    assert found(check(data), "empty", "block")


def test_a_header_alone_is_looked_at():
    assert check(b"a,b\n").verdict.value == "review"


@pytest.mark.parametrize("name", ["table.xlsx", "table.txt", "table", "table.csv.gz", "model.pkl", ".csv"])
def test_a_type_nobody_reads_here_blocks(name):
    report = check(b"region,n\nA,20\nB,30\n", name)
    assert found(report, "file_type", "block") and report.kind == "unknown"


def test_broken_quotes_block():
    assert found(check(b'region,n\n"A,20\nB,30\n'), "layout", "block")
    assert found(check(b'region,n\n"A"x,20\nB,30\n'), "layout", "block")


def test_line_breaks_inside_quotes_do_not_move_places():
    assert places(check(b'region,n\n"A\nB\nC",20\nD,3\n'), "threshold") == {"B3"}


def test_formulas_block_and_plain_minus_signs_do_not():
    for formula in (
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|'x'!A0",
        '"=HYPERLINK(""http://x"")"',
        "+cmd|x!A0",
        "\t=1+1",
    ):
        assert places(check_text(f"region,n\n{formula},20\nB,30\n"), "formula", "block") == {"A2"}
    assert check_text("region,n\n-not known-,20\nB,30\n").verdict.value == "clear"
    assert check_text("difference,n\n-5,20\n-4,30\n").verdict.value == "clear"


def test_european_decimals_are_read_and_ambiguous_ones_looked_at():
    assert not found(check_text("region;percent;N\nA;45,25;4000\nB;54,75;5000\n"), "number_format")
    ambiguous = check_text("region;n\nA;1.234\nB;2.345\n")
    assert places(ambiguous, "number_format", "review") == {"B2"}
    mixed = check_text('region,mean,n\nA,"1,5",20\nB,2.5,30\n')
    assert found(mixed, "number_format", "review")
    assert check_text('region,n\nA,"1,234"\nB,"12,345"\n').verdict.value == "clear"


def test_titles_notes_and_blank_rows_are_named_and_hide_nothing():
    text = (
        "Table 1: Casualties,,\n,,\nseverity,2014,2015\nFatal,12,3\nSerious,100,120\n,,\nSource: STATS19,,\n"
    )
    report = check_text(text)
    assert places(report, "layout", "info") == {"A1", "A7"}
    assert places(report, "threshold", "block") == {"C4"}
    split = check_text("severity,n\nFatal,12\nSerious,100\n\nSlight,3\n")
    assert places(split, "threshold", "block") == {"B5"}


def test_header_rows_of_several_levels_are_read():
    text = "sex,F,F,M,M\nband,young,old,young,old\nregion,,,,\nNorth,11,22,33,44\nSouth,15,26,3,48\n"
    assert places(check_text(text), "threshold", "block") == {"D5"}
    years = "sex,F,F,M,M\nyear,2014,2015,2014,2015\nregion,,,,\nNorth,11,22,33,44\nSouth,15,26,3,48\n"
    assert places(check_text(years), "threshold", "block") == {"D5"}


def test_a_table_without_header_is_checked_from_its_first_row():
    report = check_text("North,3\nSouth,14\nEast,200\n")
    assert places(report, "threshold", "block") == {"B1"} and found(report, "layout", "review")
    assert check_text("Fatal,1,2\nSerious,30,40\nSlight,300,400\n").verdict.value != "clear"


def test_ragged_rows_and_repeated_headers_are_looked_at():
    assert found(check_text("a,b,c\nx,20,30\ny,40\nz,50,60\n"), "layout", "review")
    assert "C3" in places(check_text("a,b\nx,20\ny,40,3\nz,50\n"), "threshold", "block")
    assert found(check_text("a,b,b\nx,20,30\ny,40,50\n"), "layout", "review")


def test_limits_of_rows_columns_cells_and_texts_block():
    small = SACRO.model_copy(
        update={"limits": SACRO.limits.model_copy(update={"rows": 5, "columns": 4, "cells": 12})}
    )
    for text in ("a,b\n" + "x,20\n" * 5, "a,b,c,d,e\nx,20,20,20,20\n", "a,b,c\n" + "x,20,30\n" * 4):
        assert found(check_bytes(text.encode(), Path("t.csv"), small), "size", "block")
    assert not found(check_bytes(("a,b\n" + "x,20\n" * 4).encode(), Path("t.csv"), small), "size")
    assert places(check_text("a,n\n" + "x" * 4001 + ",20\ny,30\n"), "size", "block") == {"A2"}


def test_many_findings_are_counted_not_dropped():
    report = check_text("area,n\n" + "".join(f"a{i},3\n" for i in range(200)))
    listed = found(report, "threshold", "block")
    assert len(listed) == MOST_LISTED + 1
    assert f"{200 - MOST_LISTED} more findings" in listed[-1].message


def test_a_file_of_two_hundred_megabytes_is_refused_without_being_read(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = check_file(path, SACRO)
    assert "200.0 MB" in found(report, "size", "block")[0].message and report.sha256 is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


@pytest.mark.parametrize("make", ["directory", "fifo", "link", "device", "socket"])
def test_what_is_no_regular_file_blocks_and_never_hangs(tmp_path, make):
    path = tmp_path / "thing.csv"
    if make == "directory":
        path.mkdir()
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "link":
        (tmp_path / "real.csv").write_text("a,b\nx,20\n")
        path.symlink_to(tmp_path / "real.csv")
    elif make == "device":
        path = Path("/dev/zero")
    else:
        import socket

        socket.socket(socket.AF_UNIX).bind(str(path))
    report = check_file(path, SACRO)
    assert found(report, "file_type", "block") and report.sha256 is None


@pytest.mark.parametrize("swapped_for", ["fifo", "link"])
def test_a_file_swapped_after_the_first_look_is_still_not_followed_and_never_hangs(
    tmp_path, monkeypatch, swapped_for
):
    """The race itself: the first look sees a plain file, the opening meets something else."""
    plain = tmp_path / "plain.csv"
    plain.write_text("a,b\nx,20\n")
    path = tmp_path / "thing.csv"
    if swapped_for == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(plain)
    seen = os.lstat(plain)
    monkeypatch.setattr("output_checker.readers.intake.os.lstat", lambda _: seen)
    report = check_file(path, SACRO)
    assert report.verdict.value == "block" and report.sha256 is None


def test_a_missing_path_is_an_error_and_a_dangling_link_a_finding(tmp_path):
    with pytest.raises(MissingPath):
        check_files([tmp_path / "nothing.csv"], SACRO)
    (tmp_path / "link.csv").symlink_to(tmp_path / "nothing.csv")
    assert check_file(tmp_path / "link.csv", SACRO).verdict.value == "block"


def test_a_name_full_of_control_characters_is_shown_harmlessly(tmp_path):
    path = tmp_path / os.fsdecode(b"a\n\x1b[31m\xff.csv")
    path.write_text("a,n\nx,20\ny,30\n")
    shown = check_file(path, SACRO).path
    assert shown.isprintable() and shown.endswith("\\x0a\\x1b[31m\\xff.csv")


csv_like = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "",
                    "3",
                    "12",
                    "*",
                    "<10",
                    "Total",
                    "All",
                    "n",
                    "%",
                    "mean",
                    "2014",
                    "1,5",
                    "45 (1%)",
                    "=1",
                    "F",
                ]
            ),
            st.text(max_size=6),
        ),
        max_size=6,
    ),
    max_size=8,
).map(lambda rows: "\n".join(",".join(row) for row in rows))


@settings(max_examples=400, deadline=None)
@given(csv_like, st.sampled_from(["sacro", "nhs-england", "opensafely"]))
def test_no_table_makes_the_checker_fail(text, policy):
    check_text(text, policy, encoding="utf-8").verdict  # noqa: B018


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_checker_fail(data):
    check(data)


def test_five_thousand_rows_take_about_a_second():
    table = "area,year,sex,n,mean,sd\n" + "".join(
        f"E{i // 8:06},{2010 + i % 4},{'MF'[i % 8 > 3]},{20 + i % 90},{40 + i / 7:.3f},{10 + i % 3}\n"
        for i in range(5000)
    )
    started = time.process_time()
    check_text(table)
    assert time.process_time() - started < 2


@pytest.mark.slow
def test_sixteen_megabytes_take_no_minutes():
    line = "".join(f"{i * 7919 % 99991}," for i in range(40))
    table = ("k," + ",".join(f"c{i}" for i in range(40)) + "\n") + "".join(
        f"r{i},{line}\n" for i in range(75_000)
    )
    data = table.encode()[: 16 * 1024 * 1024 - 10]
    started = time.process_time()
    report = check(data)
    assert time.process_time() - started < 45
    assert found(report, "size", "block")
