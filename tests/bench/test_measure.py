"""What is shown of repeated times."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bench.__main__ import BEGIN, END, main, write
from tests.bench.measure import Comparison, Row, alternate, shown


def test_the_median_and_the_time_within_which_95_in_100_were_done() -> None:
    row = Row("x", tuple(float(number) for number in range(100, 0, -1)))
    assert (row.median, row.p95) == (50.5, 95.0)
    assert Row("x", (3.0, 1.0, 2.0)).p95 == 3.0


def test_the_first_row_is_what_the_others_are_measured_against() -> None:
    found = Comparison("t", (Row("plain", (1.0, 2.0, 3.0)), Row("room", (3.0,)))).cells()
    assert found == [("plain", "3", "2.00 s", "3.00 s", "1.00"), ("room", "1", "3.00 s", "3.00 s", "1.50")]


@pytest.mark.parametrize(("seconds", "text"), [(0.0123, "12.30 ms"), (0.9994, "999.40 ms"), (1.0, "1.00 s")])
def test_a_time_is_shown_in_its_own_unit(seconds: float, text: str) -> None:
    assert shown(seconds) == text


async def test_things_take_turns() -> None:
    done: list[str] = []

    def noting(name: str) -> object:
        async def once() -> float:
            done.append(name)
            await asyncio.sleep(0)
            return 1.0

        return once

    rows = await alternate({"a": noting("a"), "b": noting("b")}, 3)
    assert done == ["a", "b", "a", "b", "a", "b"]
    assert [(row.name, len(row.seconds)) for row in rows] == [("a", 3), ("b", 3)]


def test_writing_again_replaces_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{BEGIN}\n\nold\n\n{END}\n\nafter\n")
    for seconds in (1.0, 2.0):
        write(page, [("Memory", "1 GiB")], [Comparison("A title", (Row("x", (seconds,)),), "A note.")])
    text = page.read_text()
    assert text.startswith("# Before\n") and text.endswith("after\n")
    assert text.count("### A title") == 1 and "2.00 s" in text and "1.00 s" not in text and "old" not in text
    assert "| Memory | 1 GiB |" in text and "A note." in text


@pytest.mark.parametrize("arguments", [["no-such-bench"], ["--repeat", "0"], ["--repeat", "x"]])
def test_a_wrong_argument_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "error:" in capsys.readouterr().err
