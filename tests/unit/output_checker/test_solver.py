"""The solver against brute force: all whole-number tables with these margins, counted one by one."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from output_checker.audit.bounds import intervals
from output_checker.audit.network import sides_of
from output_checker.audit.propagate import propagate
from output_checker.audit.simplex import Programme
from output_checker.audit.system import Contradiction, Equation, Interval, OutOfWork, System, Work

Key = tuple[int, ...]
ALL = -1


def table_system(shape: tuple[int, ...], cells: dict[Key, int], hidden: set[Key], slack: int = 0):
    """The system of a table with all its margins; ``hidden`` keys (ALL in a place is a margin) are open above."""
    levels = [[*range(size), ALL] for size in shape]
    values = {key: sum_of(key, cells) for key in itertools.product(*levels)}
    system, index = System(), {}
    for key, value in values.items():
        low, high = (0, None) if key in hidden else (max(0, value - slack), value + slack)
        index[key] = system.variable(low, high)
    for key, variable in index.items():
        for d, level in enumerate(key):
            if level == ALL:
                parts = tuple(index[(*key[:d], i, *key[d + 1 :])] for i in range(shape[d]))
                system.equations.append(Equation(variable, parts))
    return system, index, values


def sum_of(key: Key, cells: dict[Key, int]) -> int:
    return sum(v for k, v in cells.items() if all(a in (ALL, b) for a, b in zip(key, k, strict=True)))


def brute_force(
    shape: tuple[int, ...], system: System, index: dict[Key, int], most: int
) -> dict[Key, Interval]:
    """Least and greatest value of every key over all tables of whole numbers up to ``most`` that fit the system."""
    inner = list(itertools.product(*(range(size) for size in shape)))
    bounds = {
        key: (system.low[variable], most if (high := system.high[variable]) is None else high)
        for key, variable in index.items()
    }
    over = {
        cell: [key for key in index if all(a in (ALL, b) for a, b in zip(key, cell, strict=True))]
        for cell in inner
    }
    last = {key: max(i for i, cell in enumerate(inner) if key in over[cell]) for key in index}
    sums = dict.fromkeys(index, 0)
    seen: dict[Key, tuple[int, int]] = {}

    def fill(number: int) -> None:
        if number == len(inner):
            for key, value in sums.items():
                low, high = seen.get(key, (value, value))
                seen[key] = (min(low, value), max(high, value))
            return
        cell = inner[number]
        for value in range(bounds[cell][0], min(bounds[key][1] - sums[key] for key in over[cell]) + 1):
            for key in over[cell]:
                sums[key] += value
            if all(sums[key] >= bounds[key][0] for key in over[cell] if last[key] == number):
                fill(number + 1)
            for key in over[cell]:
                sums[key] -= value

    fill(0)
    return {key: Interval(*found) for key, found in seen.items()}


@st.composite
def small_tables(draw, shapes, most):
    shape = draw(st.sampled_from(shapes))
    inner = list(itertools.product(*(range(size) for size in shape)))
    cells = {key: draw(st.integers(0, most)) for key in inner}
    every = list(itertools.product(*([*range(size), ALL] for size in shape)))
    hidden = {key for key in every if draw(st.integers(0, 9)) < (6 if ALL not in key else 1)}
    return shape, cells, hidden


def agrees_with_brute_force(shape, cells, hidden, slack):
    system, index, values = table_system(shape, cells, hidden, slack)
    wanted = [index[key] for key in hidden]
    solved = intervals(system, wanted, Work())
    known_total = values[(ALL,) * len(shape)] + slack
    expected = brute_force(shape, system, index, known_total)
    for key in hidden:
        interval = solved[index[key]]
        assert interval.low == expected[key].low, key
        if interval.high is None:
            assert expected[key].high == known_total or (ALL,) * len(shape) in hidden, key
        else:
            assert interval.high == expected[key].high, key
        assert interval.low <= values[key] and (interval.high is None or values[key] <= interval.high)


@settings(max_examples=150, deadline=None)
@given(small_tables([(2, 2), (3, 2), (2, 3)], 3))
def test_two_way_tables_have_exactly_the_bounds_that_enumeration_finds(table):
    shape, cells, hidden = table
    if ALL not in {level for key in hidden for level in key}:
        agrees_with_brute_force(shape, cells, hidden, 0)


@settings(max_examples=60, deadline=None)
@given(small_tables([(2, 2)], 3))
def test_two_way_tables_with_hidden_margins_have_the_bounds_that_enumeration_finds(table):
    shape, cells, hidden = table
    agrees_with_brute_force(shape, cells, hidden - {(ALL, ALL)}, 0)


@settings(max_examples=40, deadline=None)
@given(small_tables([(2, 2)], 3))
def test_rounded_two_way_tables_have_the_bounds_that_enumeration_finds(table):
    shape, cells, hidden = table
    agrees_with_brute_force(shape, cells, {key for key in hidden if ALL not in key}, 1)


@settings(max_examples=40, deadline=None)
@given(small_tables([(2, 2, 2)], 2))
def test_three_way_tables_have_the_bounds_that_enumeration_finds(table):
    """Three-way tables are no network; the linear programme with branching has to find whole-number bounds."""
    shape, cells, hidden = table
    agrees_with_brute_force(shape, cells, {key for key in hidden if ALL not in key}, 0)


@settings(max_examples=60, deadline=None)
@given(small_tables([(3, 3), (4, 3)], 30))
def test_the_network_and_the_linear_programme_agree(table):
    shape, cells, hidden = table
    hidden = {key for key in hidden if key != (ALL, ALL)}
    system, index, _ = table_system(shape, cells, hidden)
    assert sides_of(system) is not None
    solved = intervals(system, [index[key] for key in hidden], Work())
    for key in list(hidden)[:4]:
        low, _ = Programme(system, Work()).extreme(index[key], False)
        high, _ = Programme(system, Work()).extreme(index[key], True)
        assert (solved[index[key]].low, solved[index[key]].high) == (low, high)


def test_propagation_alone_would_miss_the_cell_that_two_lines_together_give_away():
    """Seen to fail with propagation only: 47 needs equations added up, which is what the solver is for."""
    cells = dict(
        zip(
            itertools.product(range(4), range(4)),
            [30, 47, 64, 89, 90, 124, 5, 31, 92, 100, 59, 85, 800, 991, 651, 685],
            strict=True,
        )
    )
    hidden = {(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 1), (2, 3), (3, 1), (3, 3)}
    system, index, _ = table_system((4, 4), cells, hidden)
    alone = system.copy()
    propagate(alone, Work())
    assert alone.low[index[0, 1]] < alone.high[index[0, 1]]
    assert intervals(system, [index[0, 1]], Work())[index[0, 1]] == Interval(47, 47)


def test_a_system_without_solution_is_a_contradiction():
    system = System()
    a, b, total = system.variable(0, 2), system.variable(0, 2), system.variable(5, 5)
    system.equations.append(Equation(total, (a, b)))
    with pytest.raises(Contradiction):
        intervals(system, [a], Work())


def test_work_that_runs_out_is_said_and_not_taken_for_safety():
    cells = dict.fromkeys(itertools.product(range(10), range(10)), 3)
    system, index, _ = table_system((10, 10), cells, set(cells))
    with pytest.raises(OutOfWork):
        intervals(system, [index[key] for key in cells], Work(500))


def test_an_open_count_without_upper_bound_is_said_to_have_none():
    system = System()
    a, total = system.variable(0, None), system.variable(0, None)
    b = system.variable(4, 4)
    system.equations.append(Equation(total, (a, b)))
    solved = intervals(system, [a, total], Work())
    assert solved[a] == Interval(0, None) and solved[total] == Interval(4, None)


def triangle(ab: int, bc: int, ac: int) -> tuple[System, list[int]]:
    """Three counts of which each two are added up: no network, and whole numbers matter."""
    system = System()
    a, b, c = (system.variable(0, None) for _ in range(3))
    for total, parts in ((ab, (a, b)), (bc, (b, c)), (ac, (a, c))):
        system.equations.append(Equation(system.variable(total, total), parts))
    return system, [a, b, c]


def test_the_linear_programme_notices_a_system_without_solution():
    system, _ = triangle(1, 1, 4)
    with pytest.raises(Contradiction):
        Programme(system, Work())


def test_what_only_fractions_solve_is_no_table_of_counts():
    system, (a, _, _) = triangle(1, 1, 1)
    assert sides_of(system) is None
    with pytest.raises(Contradiction):
        intervals(system, [a], Work())
    system, (a, b, c) = triangle(3, 4, 5)
    assert intervals(system, [a, b, c], Work()) == {a: Interval(2, 2), b: Interval(1, 1), c: Interval(3, 3)}
