"""From a recognised table of counts to systems of equations that an attacker would write down."""

from __future__ import annotations

from dataclasses import dataclass, field

from output_checker.audit.system import Equation, System
from output_checker.policy import Policy
from output_checker.readers.cells import Content, Kind
from output_checker.statistics.margins import whole
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised

Cell = tuple[int, int]
_ALL = "\0all"


@dataclass
class Left:
    """A fully shown total that is not the sum of its parts: total minus sum."""

    total: Cell
    parts: list[Cell]
    amount: int


@dataclass
class CountSystem:
    """The equations of one table (or of one of its columns) and which variable is which cell."""

    system: System = field(default_factory=System)
    cells: list[Cell] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    left_over: list[Left] = field(default_factory=list)

    def index_of(self, cell: Cell) -> int:
        return self.cells.index(cell)


def count_systems(seen: Recognised, policy: Policy) -> list[CountSystem]:
    """One system for a table whose columns add up to a total column, else one for each count column."""
    if seen.rows_state is not None:
        return []
    counts = seen.columns_of(Role.COUNT)
    if seen.margins.total_column is not None:
        together = [*seen.margins.parts, seen.margins.total_column]
        groups = [together, *([c] for c in counts if c not in together)]
    else:
        groups = [[c] for c in counts]
    systems = [_system(seen, policy, group) for group in groups]
    return [system for system in systems if system.system.equations or system.left_over]


def _system(seen: Recognised, policy: Policy, columns: list[int]) -> CountSystem:
    built = CountSystem()
    cells: dict[tuple[str, ...], int] = {}
    label_columns = seen.columns_of(Role.LABEL)
    for r, row in enumerate(seen.table.body):
        labels = tuple(_label(seen, row, c) for c in label_columns)
        for c in columns:
            across = _ALL if c == seen.margins.total_column else f"column {c}"
            low, high, hidden = interval_of(row[c], seen, policy)
            variable = built.system.variable(low, high)
            built.cells.append((r, c))
            if hidden:
                built.hidden.append(variable)
            cells.setdefault((*labels, across), variable)
    seen_equations: set[tuple[int, tuple[int, ...]]] = set()
    for total, parts in _sums(cells):
        if (total, parts) not in seen_equations:
            seen_equations.add((total, parts))
            _add(built, Equation(total, parts))
    return built


def _label(seen: Recognised, row: list[Content], column: int) -> str:
    text = row[column].text
    return _ALL if text in seen.margins.total_labels.get(column, ()) else text


def interval_of(content: Content, seen: Recognised, policy: Policy) -> tuple[int, int | None, bool]:
    """What a reader knows of one count at first sight: least, greatest (None: open), and whether it is hidden."""
    shown = whole(content)
    if shown is not None:
        if seen.rounding is None or (shown == 0 and policy.rounding is not None):
            return shown, shown, False
        return *seen.rounding.interval(shown), False
    if content.kind is Kind.MARK:
        if content.most is not None:
            return content.least or 0, content.most, True
        told = policy.counts.suppressed_range
        return (told.value[0], told.value[1], True) if told else (0, None, True)
    return 0, None, content.kind is Kind.BLANK


def _sums(cells: dict[tuple[str, ...], int]) -> list[tuple[int, tuple[int, ...]]]:
    """Every total with its parts: along one dimension where the parts are there, else over all at once."""
    if not cells:
        return []
    dimensions = len(next(iter(cells)))
    along: list[dict[tuple[str, ...], list[int]]] = [{} for _ in range(dimensions)]
    for key, variable in cells.items():
        for d in range(dimensions):
            if key[d] != _ALL:
                along[d].setdefault(key[:d] + key[d + 1 :], []).append(variable)
    sums: list[tuple[int, tuple[int, ...]]] = []
    for key, variable in cells.items():
        over = [d for d in range(dimensions) if key[d] == _ALL]
        found = False
        for d in over:
            parts = along[d].get(key[:d] + key[d + 1 :])
            if parts:
                sums.append((variable, tuple(parts)))
                found = True
        if over and not found and len(over) > 1:
            inner = tuple(
                v
                for k, v in cells.items()
                if all(k[d] != _ALL if d in over else k[d] == key[d] for d in range(dimensions))
            )
            if inner:
                sums.append((variable, inner))
    return sums


def _add(built: CountSystem, equation: Equation) -> None:
    """Add an equation, unless everything in it is shown and it does not hold: then remember what is left over."""
    system = built.system
    members = (equation.total, *equation.parts)
    if any(v in built.hidden for v in members) or any(system.high[v] is None for v in members):
        system.equations.append(equation)
        return
    low = sum(system.low[p] for p in equation.parts)
    high = sum(system.high[p] or 0 for p in equation.parts)
    total_low, total_high = system.low[equation.total], system.high[equation.total] or 0
    if total_low > high or total_high < low:
        amount = total_low - high if total_low > high else total_high - low
        built.left_over.append(
            Left(built.cells[equation.total], [built.cells[p] for p in equation.parts], amount)
        )
        return
    system.equations.append(equation)
