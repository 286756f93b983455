"""Tiers: how sensitive a project's data are, and what follows. YAML files in ``policies/tiers``, one schema."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import yaml
from output_checker.errors import PlainError
from output_checker.policy import PolicyError, load_policy, policy_names
from output_checker.strictness import weaker_in
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hub.governance.errors import WrongValue
from hub.governance.opening_hours import OpeningHours
from hub.settings import load

TIER_DIRECTORY = (Path(__file__).parent / "tier_policies").resolve()

DoorKind = Literal["lab", "window"]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=32)]
_Sentence = Annotated[str, StringConstraints(min_length=3)]


class TierError(PlainError):
    """The tiers of this installation cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TierLimits(_Strict):
    """What one room of a tier may use. An installation's settings can allow less, never more."""

    memory_mb: int = Field(ge=256, le=1024 * 1024, description="Memory of a room, in MiB.")
    cpus: float = Field(gt=0, le=1024, description="Processors that a room may keep busy.")
    processes: int = Field(ge=32, le=65536, description="Processes and threads of a room at once.")
    open_files: int = Field(
        ge=256, le=1024 * 1024, description="Files that one process may have open at once."
    )
    workspace_mb: int = Field(
        ge=64, le=16 * 1024 * 1024, description="Disk for the person's own files (`/workspace/home`), in MiB."
    )
    outbox_mb: int = Field(
        ge=16, le=1024 * 1024, description="Disk for what waits for the airlock (`/outbox`), in MiB."
    )
    shared_mb: int = Field(
        ge=16,
        le=16 * 1024 * 1024,
        description="Disk that a project's members share (`/workspace/shared`), in MiB.",
    )


class Tier(_Strict):
    """What holds for every project of one tier."""

    name: _Name
    title: _Sentence
    description: _Sentence
    rank: int = Field(ge=0, le=1000, description="Its place among the tiers: the higher, the more sensitive.")
    patient_level: bool = Field(
        description="Whether records of single patients are among the data. If so, the door is the window."
    )
    real_records: tuple[_Name, ...] = Field(
        strict=False,
        description="Sources whose real records need at least this tier. Synthetic records need none; real "
        "records of a source that no tier names go into no project.",
    )
    door: DoorKind = Field(
        description="The way into its rooms: `lab`, JupyterLab in the person's own browser, or `window`, pixels alone."
    )
    clipboard: Literal["open", "closed"] = Field(
        description="Whether text can be copied out of a room into the person's own clipboard. The lab door cannot "
        "prevent it, the window never allows it."
    )
    needs_whole_isolation: bool = Field(
        description="Whether its rooms open only where each seat has an operating-system user of its own and every "
        "limit of a room can be had."
    )

    disclosure: tuple[_Name, ...] = Field(
        strict=False,
        min_length=1,
        description="Disclosure policies that are enough for its outputs: one of these, or one at least as strict as "
        "one of these. A project that names none has the first.",
    )
    reviewers: int = Field(
        ge=1,
        le=10,
        description="Output checkers who have to approve a request. Of patient-level data two or more.",
    )
    limits: TierLimits
    idle_minutes: int = Field(
        ge=1,
        le=7 * 24 * 60,
        description="Minutes without anybody's doing after which a room is stopped. Its files stay.",
    )
    hours: OpeningHours | None = Field(
        default=None,
        description="When its rooms may be open and outputs submitted and fetched, such as `{time_zone: Europe/London, "
        'days: [monday, tuesday], opens: "08:00", closes: "20:00"}`. Left out, always.',
    )
    networks: tuple[IPvAnyNetwork, ...] | None = Field(
        default=None,
        strict=False,
        min_length=1,
        description="Networks from which its rooms may be opened and used, such as `[10.20.0.0/16]`. Left out, any. "
        "Behind a proxy of your own, set `LOCKEDROOM_TRUSTED_PROXIES`.",
    )

    @property
    def edition(self) -> str:
        """The name, and a mark of all that a room and its door are given when they open: another, other terms."""
        given = self.model_dump_json(
            include={"door", "clipboard", "needs_whole_isolation", "limits", "networks"}
        )
        return f"{self.name} {hashlib.sha256(given.encode()).hexdigest()[:16]}"

    @model_validator(mode="after")
    def _the_door_can_hold_it(self) -> Tier:
        if self.patient_level and self.door != "window":
            raise ValueError("patient-level data need the window door")
        if self.patient_level and self.reviewers < 2:
            raise ValueError("outputs of patient-level data need two reviewers or more")
        if (self.clipboard == "closed") != (self.door == "window"):
            raise ValueError("the clipboard is open with the lab door and closed with the window")
        return self


@dataclass(frozen=True)
class Tiers:
    """The tiers of an installation, the lowest first."""

    ordered: tuple[Tier, ...]

    @classmethod
    def of(cls, tiers: Iterable[Tier]) -> Tiers:
        """Put in order; there is at least one. Raises TierError where two contradict each other."""
        ordered = tuple(sorted(tiers, key=lambda tier: tier.rank))
        for lower, higher in pairwise(ordered):
            if lower.rank == higher.rank:
                raise TierError(f"The tiers {lower.name} and {higher.name} have one rank: give them two.")
            weaker = _weaker_in(higher, lower)
            if weaker is not None:
                raise TierError(f"The tier {higher.name} is above {lower.name} and asks for less: {weaker}.")
        named = [source for tier in ordered for source in tier.real_records]
        twice = sorted({source for source in named if named.count(source) > 1})
        if twice:
            raise TierError(f"Real records of {twice[0]} are named by two tiers: name them in one.")
        return cls(ordered)

    @property
    def highest(self) -> Tier:
        """The tier that asks for most."""
        return self.ordered[-1]

    @property
    def lowest(self) -> Tier:
        """The tier that asks for least."""
        return self.ordered[0]

    @property
    def names(self) -> str:
        """All names, for a sentence."""
        *others, last = [tier.name for tier in self.ordered]
        return f"{', '.join(others)} or {last}" if others else last

    def get(self, name: str) -> Tier | None:
        """The tier of that name, or None."""
        return next((tier for tier in self.ordered if tier.name == name), None)

    def in_force(self, name: str) -> Tier:
        """The tier of that name. One that this installation no longer has is taken for the highest."""
        return self.get(name) or self.highest

    def find(self, name: str) -> Tier:
        """The tier of that name. Raises WrongValue with those there are."""
        found = self.get(name)
        if found is None:
            raise WrongValue(f"There is no such tier: choose {self.names}.")
        return found

    def allowed_in(self, tier: Tier) -> frozenset[str]:
        """Sources whose real records a project of ``tier`` may have."""
        return frozenset(
            source for each in self.ordered if each.rank <= tier.rank for source in each.real_records
        )

    def needed_for(self, real_sources: Collection[str]) -> Tier | None:
        """The lowest tier for real records of all these sources; None where a source is named by no tier."""
        return next((tier for tier in self.ordered if self.allowed_in(tier).issuperset(real_sources)), None)


@cache
def load_tiers() -> Tiers:
    """The tiers in force, read once in the life of a process. Raises TierError with one sentence."""
    return read_tiers(load().tiers or TIER_DIRECTORY)


def read_tiers(directory: Path) -> Tiers:
    """The tiers that the YAML files of a directory describe. Raises TierError with the first thing that is wrong."""
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise TierError(f"There is no tier in {directory}: an installation needs at least one.")
    return Tiers.of([_read(path) for path in files])


def _read(path: Path) -> Tier:
    try:
        tier = Tier.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TierError(f"The tier {path} cannot be read as YAML: correct it and try again.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        said = first["msg"].removeprefix("Value error, ")
        raise TierError(f"The tier {path} is wrong at {place}: {said}.") from error
    for policy in tier.disclosure:
        if policy not in policy_names():
            raise TierError(f"The tier {path} names a disclosure policy that is not there: {policy}.")
    if tier.name != path.stem:
        raise TierError(f"The tier {path} calls itself {tier.name}: give both one name.")
    return tier


def _weaker_in(higher: Tier, lower: Tier) -> str | None:
    """In what a higher tier asks for less than a lower one, or None."""
    if lower.patient_level and not higher.patient_level:
        return "patient_level"
    if lower.door == "window" and higher.door != "window":
        return "door"
    if lower.needs_whole_isolation and not higher.needs_whole_isolation:
        return "needs_whole_isolation"
    if higher.reviewers < lower.reviewers:
        return "reviewers"
    if not all(is_enough(lower, policy) for policy in higher.disclosure):
        return "disclosure"
    return None


def is_enough(tier: Tier, policy: str) -> bool:
    """Whether a disclosure policy asks for enough for the outputs of a tier."""
    try:
        found = load_policy(policy)
    except PolicyError:
        return False
    return any(not weaker_in(found, load_policy(accepted)) for accepted in tier.disclosure)
