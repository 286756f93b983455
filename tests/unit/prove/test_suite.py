"""What the suite is: enough attempts, each named once and told in a sentence, each asking a probe that there is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hub.prove.attempt import Family, Judgement, Need, Outcome, Result
from hub.prove.inside import serve
from hub.prove.proof import Proof
from hub.prove.suite import FAMILIES, suite_version

LEAST = 60


def test_there_are_enough_attempts_and_each_name_stands_once() -> None:
    names = Counter(attempt.name for family in FAMILIES for attempt in family.attempts)
    assert names.total() >= LEAST
    assert [name for name, count in names.items() if count > 1] == []
    assert suite_version().startswith(f"{names.total()} attempts, ")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_each_says_in_a_sentence_what_is_tried(family: Family) -> None:
    for sentence in [family.about, *(attempt.tried for attempt in family.attempts)]:
        assert sentence.endswith(".") and sentence[0].isupper() and len(sentence.split()) >= 3, sentence


def test_what_runs_inside_needs_nothing_but_the_standard_library() -> None:
    folder = Path(serve.__file__).parent
    for path in folder.glob("*.py"):
        assert "hub" not in [word for line in path.read_text().splitlines() for word in _imported(line)], path


def _imported(line: str) -> list[str]:
    words = line.split()
    return [words[1].partition(".")[0]] if words[:1] in (["import"], ["from"]) else []


ATTEMPT = FAMILIES[0].attempts[0]


def _proof(*results: Result) -> Proof:
    return Proof("backend", "environment", "kernel", "suite", results, 1.0)


def _result(outcome: Outcome, missing: Need | None = None) -> Result:
    return Result("network", ATTEMPT, Judgement(outcome, "it happened"), missing)


@pytest.mark.parametrize(
    ("results", "holds"),
    [
        ([_result(Outcome.HELD)], True),
        ([_result(Outcome.HELD), _result(Outcome.NOT_TRIED, Need.OWN_USER)], True),
        ([_result(Outcome.HELD), _result(Outcome.NOT_TRIED)], False),
        ([_result(Outcome.HELD), _result(Outcome.NOT_HELD)], False),
        ([], False),
    ],
)
def test_rooms_hold_if_everything_held_and_what_was_not_tried_has_its_reason(
    results: list[Result], holds: bool
) -> None:
    assert _proof(*results).holds is holds
    assert bool(_proof(*results).failed) is (not holds and bool(results))
