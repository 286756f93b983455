"""The exact interval of every count somebody asks for: the attacker's best knowledge."""

from __future__ import annotations

import math
from collections.abc import Iterable

from output_checker.audit.network import Network, sides_of
from output_checker.audit.propagate import propagate
from output_checker.audit.simplex import Number, Programme
from output_checker.audit.system import Contradiction, Equation, Interval, System, Work

#: Larger systems that are no network are not tried: the tableau would not fit the time of a check.
MOST_VARIABLES_OF_A_PROGRAMME = 600


class NotSolved(Exception):
    """Some interval could not be found within the work allowed. What was not solved is not safe."""


def intervals(system: System, wanted: Iterable[int], work: Work) -> dict[int, Interval]:
    """The least and greatest whole-number value of each wanted variable over all solutions of ``system``.

    ``system`` is not changed. Raises :class:`Contradiction` where no whole numbers satisfy it,
    :class:`OutOfWork` or :class:`NotSolved` where the answer could not be proven.
    """
    narrowed = system.copy()
    propagate(narrowed, work)
    reduced = _without_known(narrowed)
    result: dict[int, Interval] = {}
    for component, variables in _components(reduced):
        asked = [v for v in wanted if v in variables]
        if asked:
            result |= _solve(reduced, component, variables, asked, work)
        else:
            _check_possible(reduced, component, variables, work)
    for variable in wanted:
        if variable not in result:
            result[variable] = Interval(narrowed.low[variable], narrowed.high[variable])
    return result


def _without_known(system: System) -> System:
    """The same system without equations in which nothing is open any more."""
    known = [low == high for low, high in zip(system.low, system.high, strict=True)]
    equations = [e for e in system.equations if not (known[e.total] and all(known[p] for p in e.parts))]
    return System(system.low, system.high, equations)


def _components(system: System) -> list[tuple[list[Equation], set[int]]]:
    """Groups of equations that share open variables; values known exactly part the groups."""
    root = list(range(len(system.equations)))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    first: dict[int, int] = {}
    for number, equation in enumerate(system.equations):
        for variable in (equation.total, *equation.parts):
            if system.low[variable] == system.high[variable]:
                continue
            if variable in first:
                root[find(number)] = find(first[variable])
            else:
                first[variable] = number
    groups: dict[int, tuple[list[Equation], set[int]]] = {}
    for number, equation in enumerate(system.equations):
        equations, variables = groups.setdefault(find(number), ([], set()))
        equations.append(equation)
        variables.update(v for v in (equation.total, *equation.parts))
    return list(groups.values())


def _local(system: System, equations: list[Equation], variables: set[int]) -> tuple[System, dict[int, int]]:
    """A component as a system of its own; known values become separate constants, so that they join nothing."""
    index: dict[int, int] = {}
    local = System()
    for variable in sorted(variables):
        if system.low[variable] != system.high[variable]:
            index[variable] = local.variable(system.low[variable], system.high[variable])

    def place(variable: int) -> int:
        if variable in index:
            return index[variable]
        value = system.low[variable]
        return local.variable(value, value)

    for equation in equations:
        local.equations.append(Equation(place(equation.total), tuple(place(p) for p in equation.parts)))
    return local, index


def _solve(
    system: System, equations: list[Equation], variables: set[int], wanted: list[int], work: Work
) -> dict[int, Interval]:
    local, index = _local(system, equations, variables)
    open_ones = [v for v in wanted if v in index]
    if not open_ones:
        _check_possible(system, equations, variables, work)
        return {}
    sides = sides_of(local)
    if sides is not None:
        network = Network(local, sides, work)
        return {v: network.interval(index[v]) for v in open_ones}
    return {v: _by_branching(local, index[v], work) for v in open_ones}


def _check_possible(system: System, equations: list[Equation], variables: set[int], work: Work) -> None:
    """Nothing is asked of this component, but it must not contradict itself."""
    local, _ = _local(system, equations, variables)
    sides = sides_of(local)
    if sides is not None:
        Network(local, sides, work)


def _by_branching(system: System, variable: int, work: Work) -> Interval:
    """Bounds in whole numbers: the linear programme first, branching on fractions where it gives some."""
    if len(system.low) > MOST_VARIABLES_OF_A_PROGRAMME:
        raise NotSolved
    low = _best(system, variable, False, work)
    high = _best(system, variable, True, work)
    if low is None:
        raise Contradiction
    return Interval(low, high)


def _best(system: System, variable: int, greatest: bool, work: Work) -> int | None:
    """The greatest (or least) whole value of a variable; None where the greatest is unbounded."""
    best: int | None = None
    stack = [system]
    while stack:
        node = stack.pop()
        try:
            tight = node.copy()
            propagate(tight, work)
            extreme, point = Programme(tight, work).extreme(variable, greatest)
        except Contradiction:
            continue
        if extreme is None:
            return None  # an unbounded direction of a rational cone holds whole points as well
        bound = math.floor(extreme) if greatest else math.ceil(extreme)
        if best is not None and (bound <= best if greatest else bound >= best):
            continue
        broken = next((v for v, value in enumerate(point) if not _is_whole(value)), None)
        if broken is None:
            best = bound
            continue
        below, above = tight.copy(), tight.copy()
        below.high[broken] = math.floor(point[broken])
        above.low[broken] = math.floor(point[broken]) + 1
        stack += [below, above]
    if best is None:
        raise Contradiction
    return best


def _is_whole(value: Number) -> bool:
    return isinstance(value, int) or value.denominator == 1
