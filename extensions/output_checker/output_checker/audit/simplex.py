"""Exact linear programming with fractions, for systems that are no network (three ways and more).

A dense tableau over rational numbers with Bland's rule: slow and certain. Entries are kept as ``int`` where they
are whole, which in tables of counts they nearly always are. Bland's rule: R. G. Bland, "New finite pivoting rules
for the simplex method", Mathematics of Operations Research 2 (1977).
"""

from __future__ import annotations

from fractions import Fraction

from output_checker.audit.system import Contradiction, System, Work

Number = int | Fraction


class Programme:
    """All solutions of a system in fractions, ready to be asked for the extremes of single counts."""

    def __init__(self, system: System, work: Work) -> None:
        """Raises Contradiction where the system has no solution, even in fractions."""
        self._system = system
        self._work = work
        self._rows: list[dict[int, Number]] = []
        self._right: list[Number] = []
        self._basis: list[int] = []
        self._columns = len(system.low)
        self._build()

    def extreme(self, variable: int, greatest: bool) -> tuple[Number | None, list[Number]]:
        """The least or greatest value of a variable (None: unbounded) and a solution in which it is reached."""
        cost: dict[int, Number] = {variable: -1 if greatest else 1}
        bounded = self._minimise(cost)
        point = self._point()
        return (point[variable] if bounded else None), point

    def _build(self) -> None:
        """Rows for the equations and the upper bounds, over y = x - low >= 0; then a first basis (phase one)."""
        low, high = self._system.low, self._system.high
        for equation in self._system.equations:
            row: dict[int, Number] = {}
            for part in equation.parts:
                row[part] = row.get(part, 0) + 1
            row[equation.total] = row.get(equation.total, 0) - 1
            right: Number = low[equation.total] - sum(low[p] for p in equation.parts)
            self._rows.append({c: v for c, v in row.items() if v})
            self._right.append(right)
        for variable, most in enumerate(high):
            if most is not None:
                self._rows.append({variable: 1, self._columns: 1})
                self._right.append(most - low[variable])
                self._columns += 1
        artificial: list[int] = []
        for r, row in enumerate(self._rows):
            if self._right[r] < 0:
                self._rows[r] = row = {c: -v for c, v in row.items()}
                self._right[r] = -self._right[r]
            row[self._columns] = 1
            artificial.append(self._columns)
            self._basis.append(self._columns)
            self._columns += 1
        self._minimise(dict.fromkeys(artificial, 1))
        made_up = set(artificial)
        if any(self._right[r] != 0 for r, b in enumerate(self._basis) if b in made_up):
            raise Contradiction
        self._drop(made_up)

    def _drop(self, made_up: set[int]) -> None:
        """Take the helping variables out of the basis and out of the tableau."""
        for r in range(len(self._rows)):
            if self._basis[r] in made_up:
                column = next((c for c in self._rows[r] if c not in made_up), None)
                if column is not None:
                    self._pivot(r, column, None)
        keep = [r for r in range(len(self._rows)) if self._basis[r] not in made_up]
        self._rows = [{c: v for c, v in self._rows[r].items() if c not in made_up} for r in keep]
        self._right = [self._right[r] for r in keep]
        self._basis = [self._basis[r] for r in keep]

    def _minimise(self, cost: dict[int, Number]) -> bool:
        """Bring the cost to its least value by pivots; False where it has none."""
        reduced = dict(cost)
        for r, b in enumerate(self._basis):
            price = reduced.get(b, 0)
            if price:
                _subtract(reduced, price, self._rows[r])
        while True:
            entering = min((c for c, v in reduced.items() if v < 0), default=None)
            if entering is None:
                return True
            leaving: int | None = None
            best: Number | None = None
            for r, row in enumerate(self._rows):
                entry = row.get(entering, 0)
                if entry <= 0:
                    continue
                ratio = _divide(self._right[r], entry)
                if (
                    best is None
                    or ratio < best
                    or (ratio == best and self._basis[r] < self._basis[leaving or 0])
                ):
                    best, leaving = ratio, r
            if leaving is None:
                return False
            self._pivot(leaving, entering, reduced)

    def _pivot(self, r: int, column: int, reduced: dict[int, Number] | None) -> None:
        row = self._rows[r]
        entry = row[column]
        if entry != 1:
            row = self._rows[r] = {c: _divide(v, entry) for c, v in row.items()}
            self._right[r] = _divide(self._right[r], entry)
        self._work.spend(len(row) + len(self._rows))
        for other, target in enumerate(self._rows):
            factor = target.get(column, 0)
            if other != r and factor:
                self._work.spend(len(row))
                _subtract(target, factor, row)
                self._right[other] = _tidy(self._right[other] - factor * self._right[r])
        if reduced is not None:
            factor = reduced.get(column, 0)
            if factor:
                _subtract(reduced, factor, row)
        self._basis[r] = column

    def _point(self) -> list[Number]:
        count = len(self._system.low)
        point: list[Number] = list(self._system.low)
        for r, b in enumerate(self._basis):
            if b < count:
                point[b] = _tidy(point[b] + self._right[r])
        return point


def _subtract(target: dict[int, Number], factor: Number, row: dict[int, Number]) -> None:
    """target -= factor * row, without zeros left behind."""
    for c, v in row.items():
        value = _tidy(target.get(c, 0) - factor * v)
        if value:
            target[c] = value
        else:
            target.pop(c, None)


def _divide(a: Number, b: Number) -> Number:
    if b == 1:
        return a
    if b == -1:
        return -a
    return _tidy(Fraction(a) / Fraction(b))


def _tidy(value: Number) -> Number:
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value
