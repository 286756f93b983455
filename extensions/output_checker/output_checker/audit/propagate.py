"""Tighten intervals with one equation at a time until nothing changes: cheap, sound, and not complete."""

from __future__ import annotations

from output_checker.audit.system import Contradiction, System, Work

_MOST_ROUNDS = 200


def propagate(system: System, work: Work) -> None:
    """Narrow the intervals of ``system`` in place; raises :class:`Contradiction` where one becomes empty.

    Every narrowing follows from one equation and the intervals in it, so no possible table is lost. Tables in
    which two equations must be used together stay wider here than they are: that is for the solvers.
    """
    for _ in range(_MOST_ROUNDS):
        changed = False
        for equation in system.equations:
            work.spend(len(equation.parts) + 1)
            changed |= _narrow(system, equation.total, equation.parts)
        if not changed:
            return


def _narrow(system: System, total: int, parts: tuple[int, ...]) -> bool:
    low, high = system.low, system.high
    sum_low = sum(low[p] for p in parts)
    open_above = [p for p in parts if high[p] is None]
    sum_high = sum(h for p in parts if (h := high[p]) is not None)
    changed = _set(system, total, sum_low, None if open_above else sum_high)
    total_low, total_high = low[total], high[total]
    for p in parts:
        most = None if total_high is None else total_high - (sum_low - low[p])
        others_open = len(open_above) - (high[p] is None)
        least = None if others_open else total_low - (sum_high - (high[p] or 0))
        before = (low[p], high[p])
        if _set(system, p, least, most):
            changed = True
            sum_low += low[p] - before[0]
            now = high[p]
            if before[1] is None and now is not None:
                open_above.remove(p)
                sum_high += now
            elif before[1] is not None and now is not None:
                sum_high += now - before[1]
    return changed


def _set(system: System, index: int, least: int | None, most: int | None) -> bool:
    changed = False
    if least is not None and least > system.low[index]:
        system.low[index] = least
        changed = True
    high = system.high[index]
    if most is not None and (high is None or most < high):
        system.high[index] = most
        changed = True
    high = system.high[index]
    if high is not None and system.low[index] > high:
        raise Contradiction
    return changed
