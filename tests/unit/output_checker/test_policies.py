"""Policies: known by name, strict in form, every number with its source."""

from __future__ import annotations

import pytest
import yaml
from output_checker.check import checker_version
from output_checker.policy import (
    POLICY_DIRECTORY,
    Policy,
    PolicyError,
    load_policy,
    policy_digest,
    policy_names,
    read_policy,
)

SACRO_TEXT = (POLICY_DIRECTORY / "sacro.yaml").read_text(encoding="utf-8")


def test_the_shipped_policies_load_and_say_what_their_sources_say():
    assert {"sacro", "nhs-england", "opensafely"} <= set(policy_names())
    sacro, nhs, opensafely = (load_policy(name) for name in ("sacro", "nhs-england", "opensafely"))
    assert (sacro.counts.minimum.value, nhs.counts.minimum.value, opensafely.counts.minimum.value) == (
        10,
        8,
        8,
    )
    assert (sacro.rounding, nhs.rounding.base.value, opensafely.rounding.midpoint.value) == (None, 5, 6)
    assert (sacro.counts.zeros.value, nhs.counts.zeros.value) == ("block", "shown")
    assert nhs.counts.suppressed_range.value == (1, 7)
    assert (sacro.summaries.dominance.n.value, sacro.summaries.dominance.k.value) == (2, 0.9)


@pytest.mark.parametrize("name", ["nope", "", "../sacro", "SACRO", "sacro.yaml", "a\nb", "sacro\x00"])
def test_an_unknown_policy_is_refused_naming_the_known_ones(name):
    with pytest.raises(PolicyError, match="nhs-england, opensafely, sacro"):
        load_policy(name)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda p: p.update(extra=1), "extra"),
        (lambda p: p["counts"].update(minimun={"value": 3, "source": "typing error"}), "counts.minimun"),
        (lambda p: p["counts"]["minimum"].pop("source"), "counts.minimum.source"),
        (lambda p: p["counts"]["minimum"].update(value="10"), "counts.minimum.value"),
        (lambda p: p["counts"]["minimum"].update(value=-1), "counts.minimum.value"),
        (lambda p: p["counts"]["zeros"].update(value="maybe"), "counts.zeros.value"),
        (lambda p: p.pop("secondary"), "secondary"),
    ],
)
def test_a_policy_with_an_unknown_or_wrong_entry_is_refused_naming_the_place(change, place):
    data = yaml.safe_load(SACRO_TEXT)
    change(data)
    with pytest.raises(PolicyError, match=f"wrong at {place}"):
        read_policy(yaml.safe_dump(data), "mine.yaml")


def test_text_that_is_no_yaml_is_refused():
    with pytest.raises(PolicyError, match="not valid YAML"):
        read_policy("a: [", "mine.yaml")
    with pytest.raises(PolicyError):
        read_policy("!!python/object/apply:os.system [echo]", "mine.yaml")


def test_the_digest_changes_with_every_number_and_with_nothing_else():
    data = yaml.safe_load(SACRO_TEXT)
    again = read_policy(yaml.safe_dump(data), "mine.yaml")
    assert policy_digest(again) == policy_digest(load_policy("sacro"))
    data["counts"]["minimum"]["value"] = 11
    other = read_policy(yaml.safe_dump(data), "mine.yaml")
    assert policy_digest(other) != policy_digest(again)
    assert len(policy_digest(again)) == 64


def test_every_number_of_every_policy_has_its_source():
    def walk(value):
        if isinstance(value, dict):
            if "value" in value:
                assert len(value["source"]) > 10
            else:
                for key, inner in value.items():
                    assert key in ("limits",) or not isinstance(inner, int | float), key
                    if key != "limits":
                        walk(inner)

    for name in policy_names():
        policy: Policy = load_policy(name)
        walk(policy.model_dump())


def test_the_checker_s_version_names_its_code():
    version, digest = checker_version().split("+")
    assert version[0].isdigit() and len(digest) == 16
