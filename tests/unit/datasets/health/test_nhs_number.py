"""NHS numbers: the check digit, one by one and by columns."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.sources.health import nhs_number

# Published examples: the NHS Data Model and Dictionary's and test numbers of the Personal Demographics Service.
VALID = ["9434765919", "9434765870", "4010232137", "9000000009"]
WRONG = [
    "9434765918",
    "9434765191",  # two digits changed places
    "4010232138",
    "9991234560",  # its check would be 10, so no number begins like that
    "943476591",
    "94347659190",
    "943 476 5919",
    "943-476-5919",
    "943476591x",
    "٩٤٣٤٧٦٥٩١٩",
    " 9434765919",
    "9434765919\n",
    "",
]


def by_column(texts: list[str | None]) -> list[bool | None]:
    return pl.select(nhs_number.valid(pl.lit(pl.Series(texts, dtype=pl.String)))).to_series().to_list()


@pytest.mark.parametrize("text", VALID)
def test_published_numbers_are_valid(text: str) -> None:
    assert nhs_number.is_valid(text)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_ones_are_not(text: str) -> None:
    assert not nhs_number.is_valid(text)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_ten_times_stands_for_none(digit: str) -> None:
    assert not nhs_number.is_valid(digit * 10)
    assert by_column([digit * 10]) == [False]


def test_a_check_digit_of_ten_is_never_issued() -> None:
    # 10 × 9 + 9 × 9 + 8 × 9 + 7 + … leaves 1, so that no last digit can be right.
    nine = next(f"9990000{end:02}" for end in range(100) if _remainder(f"9990000{end:02}") == 1)
    assert not any(nhs_number.is_valid(f"{nine}{last}") for last in range(10))


def _remainder(nine: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True)) % 11


def test_columns_agree_with_single_numbers_and_missing_stays_missing() -> None:
    assert by_column([*VALID, *WRONG, None]) == [True] * len(VALID) + [False] * len(WRONG) + [None]


@given(st.lists(st.from_regex(r"[0-9]{10}", fullmatch=True) | st.text(max_size=12), min_size=1))
def test_columns_always_agree(texts: list[str]) -> None:
    assert by_column(list(texts)) == [nhs_number.is_valid(text) for text in texts]


@given(st.from_regex(r"999[0-9]{7}", fullmatch=True), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(text: str, place: int, by: int) -> None:
    wrong = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    assert not (nhs_number.is_valid(text) and nhs_number.is_valid(wrong))


def test_printed_groups_become_ten_digits_and_anything_else_stays() -> None:
    given_ = ["943 476 5919", "943-476-5919", " 9434765919 ", "9434765919", "943  476 5919", "none", None]
    made = pl.select(nhs_number.plain(pl.lit(pl.Series(given_)))).to_series().to_list()
    assert made == [*["9434765919"] * 4, "943  476 5919", "none", None]
