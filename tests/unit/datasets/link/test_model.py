"""What was learnt becomes a model that has no certainties and is named by everything in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datasets.link.model import Learnt, declared, finished, splink_settings

LEARNT = Learnt(
    m=[[1 / len(one.levels)] * len(one.levels) for one in declared().comparisons],
    u_counts=[[10 + at for at in range(len(one.levels))] for one in declared().comparisons],
    share_of_candidates=0.25,
    matches=980,
)


def test_declared_shares_of_a_comparison_add_up_to_one() -> None:
    for comparison in declared().comparisons:
        assert sum(level.m for level in comparison.levels) == pytest.approx(1)
        assert comparison.levels[-1].sql == "ELSE"


def test_a_level_never_seen_has_the_weight_of_its_declared_share_and_half_a_pair() -> None:
    m = [[None if at == 0 else share for at, share in enumerate(one)] for one in LEARNT.m]
    counts = [[0, *one[1:]] for one in LEARNT.u_counts]
    first = finished(declared(), replace(LEARNT, m=m, u_counts=counts)).comparisons[0].levels[0]
    # 20 pairs of the declared share 0.35 (see the file) among 1,000; half a pair among 11 to 15 and 6 halves.
    assert declared().comparisons[0].levels[0].m == 0.35
    assert first.m == pytest.approx(20 * 0.35 / 1000)
    assert first.u == pytest.approx(0.5 / (11 + 12 + 13 + 14 + 15 + 3), rel=1e-5)


@pytest.mark.parametrize(("share", "kept"), [(0.0, 1e-6), (1.0, 1 - 1e-6), (0.25, 0.25)])
def test_the_share_of_matches_is_never_none_nor_all(share: float, kept: float) -> None:
    assert finished(declared(), replace(LEARNT, share_of_candidates=share)).share_of_candidates == kept


def test_the_version_changes_with_anything_learnt_or_declared_and_with_nothing_else() -> None:
    one = finished(declared(), LEARNT)
    assert finished(declared(), LEARNT).version == one.version
    noise = replace(LEARNT, share_of_candidates=0.25 + 1e-12)
    assert finished(declared(), noise).version == one.version
    others = {
        finished(declared(), replace(LEARNT, share_of_candidates=0.26)).version,
        finished(declared(), replace(LEARNT, u_counts=[[9, *one[1:]] for one in LEARNT.u_counts])).version,
        finished(declared().model_copy(update={"version": 2}), LEARNT).version,
    }
    assert len(others | {one.version}) == 4


def test_splink_gets_what_was_learnt() -> None:
    trained = finished(declared(), LEARNT)
    settings = splink_settings(declared(), trained)
    assert settings["probability_two_random_records_match"] == 0.25
    for comparison, learnt in zip(settings["comparisons"], trained.comparisons, strict=True):
        missing, *levels = comparison["comparison_levels"]
        assert missing["is_null_level"]
        assert [(one["m_probability"], one["u_probability"]) for one in levels] == [
            (level.m, level.u) for level in learnt.levels
        ]
