"""Disclosure policies: YAML files in ``policies/disclosure``, one schema, every number with its source."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from output_checker.errors import PlainError

POLICY_DIRECTORY = Path(__file__).parent / "policies"
DEFAULT_POLICY = "sacro"

T = TypeVar("T")


class PolicyError(PlainError):
    """A policy that does not exist or cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Sourced(_Strict, Generic[T]):
    """A value of a policy together with where it was taken from."""

    value: T
    source: Annotated[str, Field(min_length=3)]


Count = Annotated[int, Field(ge=0, le=1_000_000)]
Share = Annotated[float, Field(gt=0, le=1)]


class Counts(_Strict):
    """Which counts may be shown."""

    minimum: Sourced[Count] = Field(
        description="The smallest count above zero that may be shown. 10 refuses 9 and allows 10."
    )
    zeros: Sourced[Literal["block", "review", "shown"]] = Field(
        description="What a shown zero is: refused, looked at, or allowed."
    )
    suppressed_range: Sourced[tuple[int, int]] | None = Field(
        default=None,
        description="What a suppression mark tells the reader by this policy (least and greatest true count). "
        "None: a marked cell may hold any count, because other cells are marked to protect it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("suppressed_range"), dict):
            given = dict(data["suppressed_range"])
            if isinstance(given.get("value"), list):
                given["value"] = tuple(given["value"])
            data = {**data, "suppressed_range": given}
        return data


class Rounding(_Strict):
    """How counts must be rounded."""

    base: Sourced[Annotated[int, Field(ge=2, le=1000)]] = Field(
        description="Every shown count must be a multiple of this base."
    )
    midpoint: Sourced[Annotated[int, Field(ge=2, le=1000)]] | None = Field(
        default=None,
        description="Midpoint rounding that is accepted instead: 6 shows 1-6 as 3, 7-12 as 9, and so on.",
    )


class Secondary(_Strict):
    """What suppressed cells must withstand."""

    least_possible_values: Sourced[Annotated[int, Field(ge=2, le=1000)]] = Field(
        description="A suppressed count must have at least so many possible values, given everything shown; "
        "fewer is looked at by a person, and one possible value is always refused."
    )
    group_sum: Sourced[Literal["block", "review", "ignore"]] = Field(
        description="What it is when the suppressed cells of one line add up to a known number below the minimum."
    )


class Percentages(_Strict):
    """How exact percentages may be."""

    decimals: Sourced[Annotated[int, Field(ge=0, le=10)]] = Field(
        description="The most decimal places of a percentage."
    )
    decimals_need_denominator: Sourced[Count] = Field(
        description="Any decimal place needs a denominator of at least this size; below it, whole per cent."
    )


class Dominance(_Strict):
    """How much of a sum or mean few contributors may make up."""

    n: Sourced[Annotated[int, Field(ge=1, le=10)]] = Field(
        description="How many of the largest contributors are taken together."
    )
    k: Sourced[Share] = Field(description="The n largest contributors may make up at most this share.")
    p: Sourced[Share] = Field(
        description="What the others add must be at least this share of the largest contribution."
    )


class Summaries(_Strict):
    """Means, medians, standard deviations, least and greatest values, tests and models."""

    minimum_contributors: Sourced[Count] = Field(
        description="The smallest number of people behind a mean, median, sum or standard deviation."
    )
    end_points: Sourced[Literal["block", "review", "shown"]] = Field(
        description="What a minimum or maximum is: one person's value."
    )
    residual_degrees_of_freedom: Sourced[Count] | None = Field(
        default=None, description="The fewest residual degrees of freedom of a model or a test."
    )
    dominance: Dominance | None = None


class Limits(_Strict):
    """What the checker reads at most; beyond it the file is refused, not read in part."""

    bytes: Annotated[int, Field(ge=1, description="Largest file in bytes.")] = 16 * 1024 * 1024
    rows: Annotated[int, Field(ge=1, description="Most rows of one table.")] = 50_000
    columns: Annotated[int, Field(ge=1, description="Most columns of one table.")] = 1_000
    cells: Annotated[int, Field(ge=1, description="Most cells of one file.")] = 1_000_000
    cell_characters: Annotated[int, Field(ge=16, description="Longest text in one cell.")] = 4_000


class Policy(_Strict):
    """A set of disclosure rules by which files are checked."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: str
    description: str
    source: str
    counts: Counts
    rounding: Rounding | None = None
    secondary: Secondary
    percentages: Percentages | None = None
    summaries: Summaries
    most_rows: Sourced[Count] | None = Field(
        default=None, description="Most rows of a table that is called an aggregate."
    )
    limits: Limits = Limits()


def policy_names() -> list[str]:
    """The names of the policies that ship with the checker, in alphabetical order."""
    return sorted(path.stem for path in POLICY_DIRECTORY.glob("*.yaml"))


@cache
def load_policy(name: str) -> Policy:
    """The policy of that name; raises :class:`PolicyError` naming the known ones."""
    known = policy_names()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name) or name not in known:
        shown = "".join(ch if ch.isprintable() else "?" for ch in name)[:60]
        raise PolicyError(f"There is no policy called '{shown}'; choose one of: {', '.join(known)}.")
    policy = read_policy((POLICY_DIRECTORY / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")
    if policy.name != name:
        raise PolicyError(f"The policy file {name}.yaml calls itself '{policy.name}'; give both one name.")
    return policy


def read_policy(text: str, called: str) -> Policy:
    """A policy from its YAML text; raises :class:`PolicyError` with the first thing that is wrong."""
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise PolicyError(f"The policy file {called} is not valid YAML: correct it and try again.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PolicyError(f"The policy file {called} is wrong at {place}: {first['msg']}.") from error


def policy_digest(policy: Policy) -> str:
    """SHA-256 (hex) over everything the policy says; two policies that decide alike may still differ here."""
    text = json.dumps(
        policy.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()
