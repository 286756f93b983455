"""A seat may have so much written down at once, and so much a second after that."""

from __future__ import annotations

import pytest

from hub.door.budget import SeatBudget, TokenBucket


@pytest.mark.parametrize(("amount", "there"), [(9, True), (10, True), (11, False)])
def test_a_full_bucket_holds_its_burst(amount: float, there: bool) -> None:
    assert TokenBucket(10, 1).holds(amount, 100) is there


@pytest.mark.parametrize(("later", "there"), [(1.9, False), (2.0, True), (2.1, True)])
def test_an_empty_bucket_fills_with_time(later: float, there: bool) -> None:
    bucket = TokenBucket(10, 2)
    assert bucket.holds(10, 0)
    bucket.take(10)
    assert bucket.holds(4, later) is there


def test_a_bucket_never_holds_more_than_its_burst_and_a_clock_that_goes_back_adds_nothing() -> None:
    bucket = TokenBucket(10, 1)
    assert bucket.holds(10, 0)
    assert not bucket.holds(11, 1000)
    bucket.take(10)
    assert not bucket.holds(1, 0)


@pytest.mark.parametrize(("before", "passes"), [(198, True), (199, True), (200, False)])
def test_two_hundred_events_pass_at_once(before: int, passes: bool) -> None:
    budget = SeatBudget()
    assert all(budget.take(0, 0) for _ in range(before))
    assert budget.take(0, 0) is passes


@pytest.mark.parametrize(("size", "passes"), [(7_999_999, True), (8_000_000, True), (8_000_001, False)])
def test_eight_megabytes_of_code_pass_at_once(size: int, passes: bool) -> None:
    assert SeatBudget().take(size, 0) is passes


def test_what_is_refused_takes_nothing() -> None:
    budget = SeatBudget()
    for _ in range(300):
        assert not budget.take(8_000_001, 0)
    assert budget.take(8_000_000, 0)
    assert not budget.take(1, 0)
    assert budget.take(64_000, 1)
