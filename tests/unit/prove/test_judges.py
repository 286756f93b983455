"""A wall that answers as it should has held; whatever else was seen, it has not."""

from __future__ import annotations

import signal

import pytest

from hub.prove import judges
from hub.prove.attempt import Attempt, Judgement, Outcome
from hub.prove.stage import KilledBy
from hub.prove.suite import FAMILIES

HELD, NOT_HELD, NOT_TRIED = Outcome.HELD, Outcome.NOT_HELD, Outcome.NOT_TRIED
ALL = [attempt for family in FAMILIES for attempt in family.attempts]
GARBAGE: list[object] = [
    None,
    True,
    0,
    -1,
    "",
    "held",
    "done",
    {},
    {"outcome": "held"},
    ["done"],
    [None],
    KilledBy(9),
]


@pytest.mark.parametrize("attempt", ALL, ids=lambda attempt: attempt.name)
def test_no_attempt_takes_an_answer_without_meaning_for_a_wall_that_held(attempt: Attempt) -> None:
    for seen in GARBAGE:
        assert attempt.judge(seen).outcome is not HELD, seen


REFUSED = judges.refused(judges.NOT_FOR_YOU)
EACH = judges.all_refused(judges.NOT_FOR_YOU)


@pytest.mark.parametrize(
    ("judge", "seen", "outcome"),
    [
        (REFUSED, "EACCES", HELD),
        (REFUSED, "done", NOT_HELD),
        (REFUSED, "EFAULT", NOT_TRIED),
        (judges.filtered, "ENOSYS", HELD),
        (judges.filtered, "EPERM", HELD),
        (judges.filtered, "EFAULT", NOT_HELD),
        (judges.filtered, "EINVAL", NOT_HELD),
        (judges.filtered, "done", NOT_HELD),
        (judges.filtered, "no error's name", NOT_TRIED),
        (EACH, ["EACCES", "EPERM"], HELD),
        (EACH, ["EACCES", "done"], NOT_HELD),
        (EACH, ["EACCES", "EINTR"], NOT_TRIED),
        (EACH, ["EINTR", "done"], NOT_HELD),
        (EACH, [], NOT_TRIED),
        (judges.nothing("file"), [], HELD),
        (judges.nothing("file"), ["x"], NOT_HELD),
        (judges.only(["lo"], "fine", "devices"), ["lo"], HELD),
        (judges.only(["lo"], "fine", "devices"), ["lo", "eth0"], NOT_HELD),
        (judges.killed, KilledBy(signal.SIGSYS), HELD),
        (judges.killed, KilledBy(signal.SIGKILL), NOT_TRIED),
        (judges.killed, 3, NOT_HELD),
        (judges.is_false("fine", "bad"), False, HELD),
        (judges.is_false("fine", "bad"), True, NOT_HELD),
        (judges.is_false("fine", "bad"), 0, NOT_TRIED),
        (judges.within, judges.Used(63, 64, "files"), HELD),
        (judges.within, judges.Used(64, 64, "files"), HELD),
        (judges.within, judges.Used(65, 64, "files"), NOT_HELD),
        (judges.within, judges.Used(0, 64, "files"), NOT_TRIED),
        (judges.within, judges.Used(True, 64, "files"), NOT_TRIED),
        (judges.within, judges.Used("64", 64, "files"), NOT_TRIED),
    ],
)
def test_what_a_judgement_says(judge: judges.Judge, seen: object, outcome: Outcome) -> None:
    assert judge(seen).outcome is outcome


def test_a_long_list_is_shortened_and_the_first_are_named() -> None:
    found = judges.nothing("file")([f"/file/{number}" for number in range(10)])
    assert found == Judgement(NOT_HELD, "file: /file/0, /file/1, /file/2 and 7 more")
