"""Judgements that many attempts share. All are pure; what is not expected is never taken for a wall that held."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hub.prove.attempt import Judgement, Outcome
from hub.prove.stage import KilledBy

Judge = Callable[[object], Judgement]

# Errors with which a kernel says that something is not there, or not for this one.
NOT_FOR_YOU = frozenset({"EPERM", "EACCES", "EROFS"})
NOT_THERE = frozenset({"ENOENT", "ENODEV", "ENXIO", "ESRCH", "ENOSYS", "ENOTDIR"})
# With which the filter of system calls answers, and nothing else of this machine does.
FILTERED = frozenset({"EPERM", "ENOSYS"})
NO_SUCH_SOCKET = frozenset(
    {"EAFNOSUPPORT", "EOPNOTSUPP", "ENOTSUP", "EPERM", "EACCES", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT"}
)
NOBODY_THERE = frozenset(
    {"ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTUNREACH", "EACCES", "EPERM", "EAFNOSUPPORT"}
)
_DONE = "done"


def held(happened: str) -> Judgement:
    """It held."""
    return Judgement(Outcome.HELD, happened)


def not_held(happened: str) -> Judgement:
    """It did not."""
    return Judgement(Outcome.NOT_HELD, happened)


def unclear(seen: object) -> Judgement:
    """What was seen says neither."""
    return Judgement(Outcome.NOT_TRIED, f"an answer that says nothing: {str(seen)[:80]}")


def refused(*expected: Iterable[str]) -> Judge:
    """Held if the kernel answered with one of these errors; not held if it was done."""
    errors = frozenset().union(*expected)

    def judge(seen: object) -> Judgement:
        if seen == _DONE:
            return not_held("it was done")
        if isinstance(seen, str) and seen in errors:
            return held(f"refused: {seen}")
        return unclear(seen)

    return judge


def filtered(seen: object) -> Judgement:
    """Held if the filter of system calls answered; any other error comes from behind it."""
    if seen == _DONE:
        return not_held("it was done")
    if isinstance(seen, str) and seen in FILTERED:
        return held(f"refused by the filter: {seen}")
    if isinstance(seen, str) and hasattr(errno, seen):
        return not_held(f"it passed the filter and failed behind it: {seen}")
    return unclear(seen)


def all_refused(errors: Iterable[str]) -> Judge:
    """Held if each of several attempts was answered with one of these errors."""
    one = refused(errors)

    def judge(seen: object) -> Judgement:
        if not isinstance(seen, list) or not seen:
            return unclear(seen)
        judgements = [one(answer) for answer in seen]
        worst = min(judgements, key=lambda found: _ORDER[found.outcome])
        if worst.outcome is not Outcome.HELD:
            return worst
        return held("refused: " + ", ".join(sorted({str(answer) for answer in seen})))

    return judge


_ORDER = {Outcome.NOT_HELD: 0, Outcome.NOT_TRIED: 1, Outcome.HELD: 2}


def nothing(what: str) -> Judge:
    """Held if what was found is an empty list."""
    return only((), f"no {what}", what)


def only(allowed: Iterable[object], fine: str, what: str) -> Judge:
    """Held if nothing was found beyond what is ``allowed``."""
    known = list(allowed)

    def judge(seen: object) -> Judgement:
        if not isinstance(seen, list):
            return unclear(seen)
        beyond = [one for one in seen if one not in known]
        return not_held(f"{what}: {_few(beyond)}") if beyond else held(fine)

    return judge


@dataclass(frozen=True)
class Used:
    """How much of something was used, and how much may be."""

    used: object
    most: int
    unit: str


def within(seen: object) -> Judgement:
    """Held if not more was used than may be, and anything at all."""
    if not isinstance(seen, Used) or type(seen.used) is not int or seen.used <= 0:
        return unclear(seen)
    told = f"{seen.used:,} {seen.unit} of at most {seen.most:,}"
    return held(told) if seen.used <= seen.most else not_held(told)


def killed(seen: object) -> Judgement:
    """Held if the kernel ended the process for it."""
    if isinstance(seen, KilledBy):
        if seen.signal in {signal.SIGSYS, signal.SIGSEGV}:
            return held(f"the process was ended: {signal.Signals(seen.signal).name}")
        return unclear(seen)
    return not_held(f"it ran, and returned {seen}")


def is_false(fine: str, otherwise: str) -> Judge:
    """Held if ``False`` was seen: what must not be is not."""

    def judge(seen: object) -> Judgement:
        if not isinstance(seen, bool):
            return unclear(seen)
        return not_held(otherwise) if seen else held(fine)

    return judge


def _few(found: list[object]) -> str:
    shown = ", ".join(str(one)[:60] for one in found[:3])
    return shown if len(found) <= 3 else f"{shown} and {len(found) - 3} more"
