"""Tiers: the files that ship, what contradicts itself, and which data need which tier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.governance.errors import WrongValue
from hub.governance.tiers import TIER_DIRECTORY, Tier, TierError, Tiers, is_enough, load_tiers, read_tiers

LOW: dict[str, Any] = {
    "name": "low",
    "title": "Open data",
    "description": "For tests.",
    "rank": 1,
    "patient_level": False,
    "real_records": ["stats19"],
    "door": "lab",
    "clipboard": "open",
    "needs_whole_isolation": True,
    "disclosure": ["sacro", "opensafely"],
    "reviewers": 2,
    "limits": {
        "memory_mb": 1024,
        "cpus": 1.5,
        "processes": 128,
        "open_files": 1024,
        "workspace_mb": 512,
        "outbox_mb": 64,
        "shared_mb": 128,
    },
    "idle_minutes": 60,
}
HIGH = LOW | {
    "name": "high",
    "rank": 2,
    "patient_level": True,
    "real_records": ["gp", "hospital"],
    "door": "window",
    "clipboard": "closed",
}


def _tier(**changes: Any) -> Tier:
    return Tier.model_validate(LOW | changes)


def _write(directory: Path, *tiers: dict[str, Any]) -> Path:
    for tier in tiers:
        (directory / f"{tier['name']}.yaml").write_text(yaml.safe_dump(tier))
    return directory


def test_the_tiers_that_ship_are_read_lowest_first() -> None:
    tiers = load_tiers()
    assert [tier.name for tier in tiers.ordered] == ["synthetic", "low", "patient-level"]
    assert tiers.lowest.real_records == ()
    assert Path(__file__).parents[3] / "policies" / "tiers" == TIER_DIRECTORY


def test_an_installation_can_have_tiers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKEDROOM_TIERS", str(_write(tmp_path, LOW)))
    load_tiers.cache_clear()
    try:
        assert [tier.name for tier in load_tiers().ordered] == ["low"]
        assert load_tiers().find("low").limits.memory_mb == 1024
    finally:
        load_tiers.cache_clear()


def test_patient_level_data_are_seen_through_a_window_with_a_closed_clipboard() -> None:
    for tier in load_tiers().ordered:
        if tier.patient_level:
            assert (tier.door, tier.clipboard, tier.needs_whole_isolation) == ("window", "closed", True)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"door": "lab", "clipboard": "open"}, "window door"),
        ({"clipboard": "open"}, "clipboard"),
        ({"patient_level": False, "door": "lab"}, "clipboard"),
        ({"door": "tunnel"}, "door"),
        ({"rank": -1}, "rank"),
        ({"rank": "2"}, "rank"),
        ({"patient_level": "no"}, "patient_level"),
        ({"reviewer": 1}, "reviewer"),
        ({"real_records": ["GP"]}, "real_records"),
        ({"title": ""}, "title"),
        ({"idle_minutes": 0}, "idle_minutes"),
        ({"networks": []}, "networks"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"hours": {"time_zone": "Europe/London"}}, "hours.days"),
        ({"reviewers": 1}, "two reviewers"),
        ({"reviewers": 0, "patient_level": False}, "reviewers"),
        ({"disclosure": []}, "disclosure"),
        ({"disclosure": ["no-such-policy"]}, "no-such-policy"),
        ({"limits": LOW["limits"] | {"memory_mb": 255}}, "limits.memory_mb"),
        ({"limits": {"memory_mb": 1024}}, "limits.cpus"),
    ],
)
def test_a_wrong_tier_is_one_sentence_that_names_file_and_place(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(TierError) as refused:
        read_tiers(_write(tmp_path, LOW, HIGH | changes))
    said = refused.value.sentence
    assert str(tmp_path / "high.yaml") in said
    assert place in said
    assert "\n" not in said


def test_hours_and_networks_are_read(tmp_path: Path) -> None:
    hours = {"time_zone": "UTC", "days": ["monday"], "opens": "08:00", "closes": "20:00"}
    tier = LOW | {"hours": hours, "networks": ["10.20.0.0/16", "2001:db8::/32"]}
    (found,) = read_tiers(_write(tmp_path, tier)).ordered
    assert str(found.hours) == "Monday, 08:00 to 20:00 (UTC)"
    assert [str(network) for network in found.networks or ()] == tier["networks"]


def test_a_file_and_its_tier_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(LOW))
    with pytest.raises(TierError, match="one name"):
        read_tiers(tmp_path)


@pytest.mark.parametrize("content", [b"name: [", b"\xff\xfe", b"", b"- low"])
def test_a_file_that_is_no_tier_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "low.yaml").write_bytes(content)
    with pytest.raises(TierError) as refused:
        read_tiers(tmp_path)
    assert str(tmp_path / "low.yaml") in refused.value.sentence


def test_an_installation_without_a_tier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TierError, match="at least one"):
        read_tiers(tmp_path)


@pytest.mark.parametrize(
    ("above", "said"),
    [
        (_tier(name="next", rank=1, real_records=[]), "one rank"),
        (_tier(name="next", rank=2), "stats19 are named by two tiers"),
        (
            _tier(name="next", rank=2, real_records=[], needs_whole_isolation=False),
            "less: needs_whole_isolation",
        ),
    ],
)
def test_tiers_that_contradict_each_other_are_refused(above: Tier, said: str) -> None:
    with pytest.raises(TierError, match=said):
        Tiers.of([above, _tier()])


def test_nothing_above_a_patient_level_tier_asks_for_less() -> None:
    high = Tier.model_validate(HIGH)
    with pytest.raises(TierError, match="asks for less: patient_level"):
        Tiers.of([high, _tier(name="top", rank=3, real_records=[])])
    window = Tier.model_validate(HIGH | {"patient_level": False})
    with pytest.raises(TierError, match="asks for less: door"):
        Tiers.of([window, _tier(name="top", rank=3, real_records=[])])


def test_a_higher_tier_asks_for_no_fewer_reviewers_and_no_weaker_policy() -> None:
    high = Tier.model_validate(HIGH)
    for low, said in [(_tier(reviewers=3), "reviewers"), (_tier(disclosure=["nhs-england"]), "disclosure")]:
        with pytest.raises(TierError, match=f"asks for less: {said}"):
            Tiers.of([low, high])
    for reviewers in (1, 2):
        assert Tiers.of([_tier(reviewers=reviewers), high]).highest == high


@pytest.mark.parametrize(
    ("policy", "enough"),
    [("sacro", True), ("opensafely", True), ("nhs-england", False), ("no-such-policy", False)],
)
def test_a_policy_is_enough_that_the_tier_names_or_that_is_as_strict_as_one(
    policy: str, enough: bool
) -> None:
    assert is_enough(_tier(), policy) is enough


def test_a_tier_that_is_gone_is_taken_for_the_highest() -> None:
    assert load_tiers().in_force("gone") == load_tiers().highest
    assert load_tiers().in_force("low").name == "low"


def test_an_unknown_tier_is_refused_with_those_there_are() -> None:
    assert load_tiers().get("secret") is None
    with pytest.raises(WrongValue, match="choose synthetic, low or patient-level"):
        load_tiers().find("secret")


@pytest.mark.parametrize(
    ("real", "needed"),
    [
        ((), "synthetic"),
        (("stats19",), "low"),
        (("gp",), "patient-level"),
        (("stats19", "gp", "hospital", "ambulance", "population"), "patient-level"),
        (("a-source-nobody-rated",), None),
        (("stats19", "a-source-nobody-rated"), None),
    ],
)
def test_real_records_need_the_tier_that_names_their_source(
    real: tuple[str, ...], needed: str | None
) -> None:
    found = load_tiers().needed_for(real)
    assert (found and found.name) == needed


@pytest.mark.parametrize(
    ("tier", "allowed"),
    [
        ("synthetic", set()),
        ("low", {"stats19"}),
        ("patient-level", {"stats19", "population", "gp", "hospital", "ambulance"}),
    ],
)
def test_a_tier_allows_what_lower_ones_do_and_its_own(tier: str, allowed: set[str]) -> None:
    tiers = load_tiers()
    assert tiers.allowed_in(tiers.find(tier)) == allowed
