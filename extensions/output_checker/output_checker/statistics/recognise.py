"""Put together what a table is: the role of every cell, its totals, its rounding, its statistics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from output_checker.findings import Statistic
from output_checker.policy import Policy
from output_checker.readers.cells import Content, Kind
from output_checker.readers.table import Table
from output_checker.statistics.columns import column_roles
from output_checker.statistics.margins import Margins, find_margins
from output_checker.statistics.names import Role
from output_checker.statistics.rounded import Rounded, find_rounding
from output_checker.statistics.rows import row_roles

#: Roles that are no statistic.
NOT_A_STATISTIC = frozenset({Role.LABEL, Role.FLAG})

#: The kind of statistic ("statbarn") of each role, spelt as the field's reference lists spell it.
STATBARN: dict[Role, str] = {
    Role.COUNT: "Frequencies",
    Role.PERCENT: "Frequencies",
    Role.PROPORTION: "Frequencies",
    Role.RATE: "LinearAggregations",
    Role.MEAN: "LinearAggregations",
    Role.SUM: "LinearAggregations",
    Role.MEASURE: "LinearAggregations",
    Role.SHAPE: "Shape",
    Role.POSITION: "Position",
    Role.END_POINT: "Endpoints",
    Role.MODE: "Mode",
    Role.ESTIMATE: "CorrelationCoefficients",
    Role.CORRELATION: "CorrelationCoefficients",
    Role.P_VALUE: "StatisticalHypothesisTests",
    Role.TEST: "StatisticalHypothesisTests",
    Role.DEGREES: "StatisticalHypothesisTests",
    Role.SURVIVAL: "HazardSurvivalTables",
}


@dataclass(frozen=True)
class Recognised:
    """A table whose cells have roles.

    ``rows_state`` is the role each row states where statistics stand in rows; it then wins over the column's.
    """

    table: Table
    columns: list[Role]
    rows_state: list[Role | None] | None
    labels: int
    margins: Margins
    rounding: Rounded | None

    def role(self, row: int, column: int) -> Role:
        """The role of one body cell."""
        by_column = self.columns[column]
        if self.rows_state is None or by_column in NOT_A_STATISTIC:
            return by_column
        return self.rows_state[row] or Role.UNKNOWN

    def cells(self, *roles: Role) -> Iterator[tuple[int, int, Content]]:
        """Body cells of the given roles: row, column, content; blanks are left out."""
        wanted = set(roles)
        if self.rows_state is None:
            columns = [c for c, role in enumerate(self.columns) if role in wanted]
            for r, row in enumerate(self.table.body):
                for c in columns:
                    if row[c].kind is not Kind.BLANK:
                        yield r, c, row[c]
            return
        for r, row in enumerate(self.table.body):
            for c, content in enumerate(row):
                if content.kind is not Kind.BLANK and self.role(r, c) in wanted:
                    yield r, c, content

    def columns_of(self, *roles: Role) -> list[int]:
        return [c for c, role in enumerate(self.columns) if role in roles]

    def row_labels(self, row: int) -> tuple[str, ...]:
        """The words that name a row."""
        return tuple(self.table.body[row][c].text for c in self.columns_of(Role.LABEL)[:6])

    def has(self, *roles: Role) -> bool:
        return next(self.cells(*roles), None) is not None


def recognise(table: Table, policy: Policy) -> Recognised:
    """Decide what each part of a table is, under the rounding a policy asks for."""
    columns = column_roles(table)
    labels = next((c for c, role in enumerate(columns) if role is not Role.LABEL), len(columns))
    rows_state = row_roles(table, labels)
    counts = [c for c, role in enumerate(columns) if role is Role.COUNT]
    values = (
        row[c].value
        for r, row in enumerate(table.body)
        for c in counts
        if (rows_state is None or rows_state[r] is Role.COUNT)
    )
    whole = [value for value in values if isinstance(value, int)]
    rules = policy.rounding
    rounding = find_rounding(
        whole,
        rules.base.value if rules else None,
        rules.midpoint.value if rules and rules.midpoint else None,
    )
    if not whole:
        rounding = None
    margins = find_margins(table, columns, rounding) if rows_state is None else Margins()
    return Recognised(table, columns, rows_state, labels, margins, rounding)


def statistics_in(seen: Recognised) -> list[Statistic]:
    """The statistics of a table, each with the columns it stands in and why it was taken for that."""
    found: dict[str, tuple[list[int], set[Role]]] = {}
    if seen.rows_state is not None:
        return _statistics_in_rows(seen)
    survival = survival_table(seen)
    for c, role in enumerate(seen.columns):
        barn = STATBARN.get(role)
        if barn is None:
            continue
        if survival and role in (Role.COUNT, Role.SURVIVAL, Role.PROPORTION):
            barn = "HazardSurvivalTables"
        columns, roles = found.setdefault(barn, ([], set()))
        columns.append(c)
        roles.add(role)
    return [
        Statistic(barn, seen.table.where_columns(columns), ", ".join(sorted(roles)))
        for barn, (columns, roles) in found.items()
    ]


def _statistics_in_rows(seen: Recognised) -> list[Statistic]:
    assert seen.rows_state is not None
    values = [c for c, role in enumerate(seen.columns) if role not in NOT_A_STATISTIC]
    if not values:
        return []
    found: dict[str, list[str]] = {}
    for r, role in enumerate(seen.rows_state):
        barn = STATBARN.get(role) if role is not None else None
        if barn is not None:
            sheet_row = seen.table.sheet_rows[r]
            place = seen.table.sheet.where_range((sheet_row, values[0]), (sheet_row, values[-1]))
            found.setdefault(barn, []).append(place)
    return [Statistic(barn, ", ".join(places), "named in the rows") for barn, places in found.items()]


def survival_table(seen: Recognised) -> bool:
    """Whether a table follows a group of people over time (a survival or cumulative incidence column)."""
    return Role.SURVIVAL in seen.columns
