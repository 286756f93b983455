"""Exact bounds for tables that are networks: all two-way tables with totals, and one-way tables.

In such a table every count stands in at most two equations, once on each side when one of the equations is turned
round. Counts are then flows between equations, and the least and greatest value of a count is found by pushing as
much flow as possible round a circle (maximum flow in the residual network). Flows of whole-numbered bounds are
whole-numbered, so the bounds are exact for counts. The method is that of Ford and Fulkerson with shortest paths
(Edmonds and Karp, 1972); bounds of cells of two-way tables by flows: Gusfield, "A graph theoretic approach to
statistical data security", SIAM Journal on Computing 17 (1988).
"""

from __future__ import annotations

from collections import deque

from output_checker.audit.system import Contradiction, Interval, System, Work

_ENDLESS = 1 << 60


class Network:
    """A system of equations as a network in which some flow satisfies all of them."""

    def __init__(self, system: System, sides: list[int], work: Work) -> None:
        """``sides`` comes from :func:`sides_of`. Raises Contradiction if no flow satisfies the system."""
        self._system = system
        self._work = work
        self._ground = len(system.equations)
        self._value = list(system.low)
        self._tail: list[int] = []
        self._head: list[int] = []
        ends: list[list[tuple[int, int]]] = [[] for _ in system.low]
        for number, equation in enumerate(system.equations):
            ends[equation.total].append((number, sides[number]))
            for part in equation.parts:
                ends[part].append((number, -sides[number]))
        for places in ends:
            into = next((node for node, sign in places if sign > 0), self._ground)
            out_of = next((node for node, sign in places if sign < 0), self._ground)
            self._tail.append(out_of)
            self._head.append(into)
        self._touching: list[list[int]] = [[] for _ in range(self._ground + 1)]
        for variable in range(len(system.low)):
            if self._tail[variable] != self._head[variable]:
                self._touching[self._tail[variable]].append(variable)
                self._touching[self._head[variable]].append(variable)
        self._make_feasible()

    def interval(self, variable: int) -> Interval:
        """The exact least and greatest value of a variable over all solutions in whole numbers."""
        system = self._system
        if self._tail[variable] == self._head[variable]:
            return Interval(system.low[variable], system.high[variable])
        tail, head = self._tail[variable], self._head[variable]
        room = self._up(variable)
        raised = self._push(head, tail, room, variable)
        self._value[variable] += raised
        high = None if raised >= _ENDLESS // 2 else self._value[variable]
        if high is None:
            self._value[variable] -= raised
            self._undo_endless()
        lowered = self._push(tail, head, self._down(variable), variable)
        self._value[variable] -= lowered
        return Interval(self._value[variable], high)

    def _up(self, variable: int) -> int:
        high = self._system.high[variable]
        return _ENDLESS if high is None else high - self._value[variable]

    def _down(self, variable: int) -> int:
        return self._value[variable] - self._system.low[variable]

    def _undo_endless(self) -> None:
        """After an unbounded push some values are astronomically large; find an ordinary solution again."""
        self._value = list(self._system.low)
        self._make_feasible()

    def _make_feasible(self) -> None:
        surplus = [0] * (self._ground + 1)
        for variable, value in enumerate(self._value):
            surplus[self._head[variable]] += value
            surplus[self._tail[variable]] -= value
        for node in range(self._ground):
            while surplus[node] > 0:
                needy = {other for other in range(self._ground + 1) if surplus[other] < 0}
                path = self._path(node, needy, -1)
                if path is None:
                    raise Contradiction
                end, steps = path
                amount = min(surplus[node], -surplus[end], self._room(steps))
                self._apply(steps, amount)
                surplus[node] -= amount
                surplus[end] += amount
        for node in range(self._ground):
            while surplus[node] < 0:
                path = self._path(self._ground, {node}, -1)
                if path is None:
                    raise Contradiction
                end, steps = path
                amount = min(-surplus[node], self._room(steps))
                self._apply(steps, amount)
                surplus[node] += amount

    def _push(self, source: int, sink: int, most: int, without: int) -> int:
        """Push up to ``most`` units from source to sink, not through ``without``; returns what went through."""
        pushed = 0
        while pushed < most:
            path = self._path(source, {sink}, without)
            if path is None:
                return pushed
            amount = min(most - pushed, self._room(path[1]))
            self._apply(path[1], amount)
            pushed += amount
        return pushed

    def _room(self, steps: list[tuple[int, int]]) -> int:
        return min(self._up(v) if way > 0 else self._down(v) for v, way in steps)

    def _apply(self, steps: list[tuple[int, int]], amount: int) -> None:
        for variable, way in steps:
            self._value[variable] += way * amount

    def _path(self, source: int, sinks: set[int], without: int) -> tuple[int, list[tuple[int, int]]] | None:
        """A shortest path with room in it, as its end and its steps (variable, +1 along or -1 against)."""
        came: dict[int, tuple[int, int, int]] = {}
        seen = {source}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            self._work.spend(len(self._touching[node]) + 1)
            for variable in self._touching[node]:
                if variable == without:
                    continue
                along = self._tail[variable] == node
                other = self._head[variable] if along else self._tail[variable]
                if other in seen or (self._up(variable) if along else self._down(variable)) <= 0:
                    continue
                came[other] = (node, variable, 1 if along else -1)
                if other in sinks:
                    return other, self._steps(came, source, other)
                seen.add(other)
                queue.append(other)
        return None

    @staticmethod
    def _steps(came: dict[int, tuple[int, int, int]], source: int, end: int) -> list[tuple[int, int]]:
        steps: list[tuple[int, int]] = []
        node = end
        while node != source:
            node, variable, way = came[node]
            steps.append((variable, way))
        return steps


def sides_of(system: System) -> list[int] | None:
    """For each equation +1 or -1 (turned round) so that the system is a network, or None if it is none."""
    signs: list[list[tuple[int, int]]] = [[] for _ in system.low]
    for number, equation in enumerate(system.equations):
        signs[equation.total].append((number, 1))
        for part in equation.parts:
            signs[part].append((number, -1))
    neighbours: list[list[tuple[int, int]]] = [[] for _ in system.equations]
    for places in signs:
        if len(places) > 2:
            return None
        if len(places) == 2:
            (first, sign), (second, other) = places
            if first == second:
                return None
            turn = -1 if sign == other else 1
            neighbours[first].append((second, turn))
            neighbours[second].append((first, turn))
    sides = [0] * len(system.equations)
    for start in range(len(sides)):
        if sides[start]:
            continue
        sides[start] = 1
        stack = [start]
        while stack:
            node = stack.pop()
            for other, turn in neighbours[node]:
                if sides[other] == 0:
                    sides[other] = sides[node] * turn
                    stack.append(other)
                elif sides[other] != sides[node] * turn:
                    return None
    return sides
