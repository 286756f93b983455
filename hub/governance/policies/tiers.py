"""Which tier a project has, and whether it is enough for its data. Pure: tiers in, a tier or a sentence out."""

from __future__ import annotations

from output_checker.policy import PolicyError, load_policy
from output_checker.strictness import weaker_in

from hub.governance.errors import NotNow, WrongValue
from hub.governance.tiers import Tier, Tiers, is_enough


def needed_tier(tiers: Tiers, real_sources: frozenset[str]) -> Tier:
    """The lowest tier for real records of these sources. Raises WrongValue where there is none."""
    needed = tiers.needed_for(real_sources)
    if needed is None:
        nowhere = sorted(real_sources - tiers.allowed_in(tiers.ordered[-1]))
        raise WrongValue(f"Real records of {', '.join(nowhere)} go into no project: no tier names them.")
    return needed


def tier_after_approval(current: Tier, *, named: Tier | None, needed: Tier | None) -> Tier:
    """The tier of a project once data are approved for it.

    ``named`` is what the approval says, if it says any; otherwise it is the lowest that the data allow, and no
    lower than ``current``. ``needed`` is that of the data, ``None`` while they are not there to be looked at.
    """
    if named is not None and named.rank < current.rank:
        raise NotNow(
            f"A project's tier never falls, since its rooms keep what was in them: this one is {current.name}; "
            "set up a new project."
        )
    if named is None:
        return current if needed is None or needed.rank <= current.rank else needed
    if needed is not None and named.rank < needed.rank:
        raise WrongValue(
            f"These data need at least the tier {needed.name}, and the approval says {named.name}."
        )
    return named


def check_policy_is_enough(tier: Tier, policy: str) -> None:
    """Raise WrongValue unless outputs of a tier may be checked by this disclosure policy."""
    if is_enough(tier, policy):
        return
    least = load_policy(tier.disclosure[0])
    weaker = ", ".join(weaker_in(load_policy(policy), least))
    raise WrongValue(
        f"The policy {policy} is not strict enough for the tier {tier.name}: it asks for less than {least.name} "
        f"at {weaker}."
    )


def policy_in_force(tier: Tier, named: str) -> str:
    """The disclosure policy of a project: the one it names where that is strict enough, or the tier's own.

    A policy that is gone stays the project's: nothing passes a check by it, and the tier's own may be weaker.
    """
    try:
        load_policy(named)
    except PolicyError:
        return named
    return named if is_enough(tier, named) else tier.disclosure[0]


def too_low(slug: str, tier: Tier, needed: Tier | None) -> str | None:
    """Why a project may not be opened with the data that it was given, or ``None``."""
    if needed is None:
        return f"The data of {slug} are allowed in no tier of this installation: ask the data manager."
    if tier.rank < needed.rank:
        return (
            f"The data of {slug} need at least the tier {needed.name}, and the project is {tier.name}: "
            "ask the data manager."
        )
    return None
