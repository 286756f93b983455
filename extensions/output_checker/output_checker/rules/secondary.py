"""Secondary disclosure: no suppressed count can be worked out, nearly worked out, or added up, from the totals."""

from __future__ import annotations

from collections.abc import Iterator

from output_checker.audit.bounds import NotSolved, intervals
from output_checker.audit.system import Contradiction, Interval, OutOfWork, Work
from output_checker.audit.tables import CountSystem, Left, count_systems
from output_checker.findings import Finding, Severity
from output_checker.policy import Policy
from output_checker.readers.cells import Kind
from output_checker.rules.rule import Rule, cell_in_words
from output_checker.statistics.names import Role
from output_checker.statistics.recognise import Recognised

_FIX = (
    "Suppress a second cell in the same row and in the same column, or leave the totals out, or combine "
    "categories; then check the table again."
)


def hidden_counts_stay_hidden(seen: Recognised, policy: Policy) -> Iterator[Finding]:
    """Given every shown cell and total, each suppressed count keeps several possible values.

    The table is written as equations over whole numbers and each suppressed cell's exact interval is found, so
    that it does not matter how the equations must be combined. Rounded cells enter with the interval they stand
    for, so a "recovered" zero beside rounded totals is no finding. What could not be solved is a finding.
    """
    judged: set[tuple[int, int]] = set()
    for counts in count_systems(seen, policy):
        for left in counts.left_over:
            judged.add(left.total)
            yield from _judge_left_over(seen, policy, left)
        if not counts.hidden:
            continue
        wanted = [v for v in counts.hidden if _stands_in_an_equation(counts, v)]
        try:
            solved = intervals(counts.system, wanted, Work())
        except Contradiction:
            yield _not_proven(seen, counts, "the totals and the cells contradict each other")
            continue
        except (OutOfWork, NotSolved):
            yield _not_proven(seen, counts, "the table is too large to solve within the work allowed")
            continue
        for variable, interval in solved.items():
            yield from _judge(seen, policy, counts, variable, interval)
        yield from _group_sums(seen, policy, counts, solved)
    for mismatch in seen.margins.mismatches:
        cell = (mismatch.row, mismatch.column)
        if cell not in judged:
            yield from _judge_left_over(seen, policy, Left(cell, [], mismatch.left_over))


def _stands_in_an_equation(counts: CountSystem, variable: int) -> bool:
    return any(variable == e.total or variable in e.parts for e in counts.system.equations)


def _judge(
    seen: Recognised, policy: Policy, counts: CountSystem, variable: int, interval: Interval
) -> Iterator[Finding]:
    row, column = counts.cells[variable]
    where = seen.table.where(row, column)
    content = seen.table.body[row][column]
    if interval.exact:
        blank = content.kind is Kind.BLANK
        if interval.low == 0 and blank and policy.counts.zeros.value != "block":
            return
        hidden = "left blank" if blank else "suppressed"
        message = (
            f"{cell_in_words(seen, row, column)} is {hidden}, but the other cells and totals give it back "
            f"exactly: it must be {interval.low}{_witness(seen, counts, variable)}."
        )
        yield Finding("secondary", Severity.BLOCK, where, message, _FIX)
        return
    least = policy.secondary.least_possible_values.value
    if interval.values is not None and interval.values < least and content.kind is not Kind.BLANK:
        message = (
            f"{cell_in_words(seen, row, column)} is suppressed, but the other cells and totals leave only "
            f"{interval.values} possible values, {interval.low} to {interval.high}; "
            f"policy {policy.name} asks for at least {least}."
        )
        yield Finding("secondary", Severity.REVIEW, where, message, _FIX)


def _witness(seen: Recognised, counts: CountSystem, variable: int) -> str:
    """The total that gives a cell away by one subtraction, where there is such a total."""
    system = counts.system
    for equation in counts.system.equations:
        members = (equation.total, *equation.parts)
        if variable in members and all(system.low[v] == system.high[v] for v in members if v != variable):
            if variable == equation.total:
                return " (the sum of its parts)"
            total = seen.table.where(*counts.cells[equation.total])
            return f" (the total {total} less the other cells of its line)"
    return " (several rows and columns taken together)"


def _group_sums(
    seen: Recognised, policy: Policy, counts: CountSystem, solved: dict[int, Interval]
) -> Iterator[Finding]:
    """Suppressed cells of one line whose sum is known and below the minimum: together they are a small group."""
    judged = policy.secondary.group_sum.value
    if judged == "ignore":
        return
    system, hidden = counts.system, set(counts.hidden)
    for equation in system.equations:
        group = [p for p in equation.parts if p in hidden]
        shown = [v for v in (equation.total, *equation.parts) if v not in group]
        if len(group) < 2 or any(system.low[v] != system.high[v] for v in shown):
            continue
        if any((interval := solved.get(p)) is not None and interval.exact for p in group):
            continue
        total = system.low[equation.total] - sum(system.low[p] for p in equation.parts if p not in group)
        if 0 < total < policy.counts.minimum.value:
            places = ", ".join(seen.table.where(*counts.cells[p]) for p in group[:8])
            message = (
                f"The suppressed cells {places} add up to {total} by their total "
                f"{seen.table.where(*counts.cells[equation.total])}: a group below the minimum count of "
                f"{policy.counts.minimum.value} of policy {policy.name}."
            )
            severity = Severity.BLOCK if judged == "block" else Severity.REVIEW
            fix = "Suppress one more cell of this line, so that the hidden cells together are large enough."
            yield Finding("secondary", severity, places, message, fix)


def _judge_left_over(seen: Recognised, policy: Policy, left: Left) -> Iterator[Finding]:
    """A total above the sum of its parts counts people whose cell is not in the table."""
    row, column = left.total
    minimum = policy.counts.minimum.value
    where = seen.table.where(row, column)
    name = cell_in_words(seen, row, column)
    if 0 < left.amount < minimum and seen.rounding is None:
        message = (
            f"The total {name} is {left.amount} more than its parts: a group of {left.amount} was left out and can "
            f"be worked out; policy {policy.name} asks for at least {minimum}."
        )
        fix = "Work the total out again from the shown cells, or combine the missing group with another."
        yield Finding("secondary", Severity.BLOCK, where, message, fix)
        return
    more = "more" if left.amount > 0 else "less"
    message = (
        f"The total {name} is {abs(left.amount)} {more} than its parts: it counts other people than they do."
    )
    hidden = any(content.kind is Kind.MARK for _, _, content in seen.cells(Role.COUNT))
    severity = Severity.REVIEW if hidden else Severity.INFO
    yield Finding("secondary", severity, where, message, "Say in a note what the total counts.")


def _not_proven(seen: Recognised, counts: CountSystem, why: str) -> Finding:
    first = counts.cells[counts.hidden[0]]
    message = f"Not proven that the {len(counts.hidden)} suppressed cells stay hidden: {why}."
    return Finding("secondary", Severity.REVIEW, seen.table.where(*first), message, _FIX)


RULE = Rule(
    "secondary",
    "No suppressed count can be worked out from the totals, exactly, nearly, or as a sum with its neighbours.",
    "Secondary disclosure in linked tables: SDC handbook, chapter on frequency tables; intervals by Gusfield (1988)",
    on_table=hidden_counts_stay_hidden,
)
