"""In which state an account or a role can be changed."""

from __future__ import annotations

from hub.governance.errors import NotNow
from hub.governance.roles import KEPT_APART, Role


def check_can_disable(*, disabled: bool) -> None:
    """Once is enough."""
    if disabled:
        raise NotNow("This account is closed already.")


def check_can_set_password(*, disabled: bool) -> None:
    """A closed account gets no password: it stays closed."""
    if disabled:
        raise NotNow("This account is closed; a closed account gets no new password.")


def check_can_grant(role: Role, *, held: frozenset[Role], disabled: bool) -> None:
    """A role is held once, by an open account, and two roles are never held by the same person."""
    if disabled:
        raise NotNow("This account is closed; a closed account gets no role.")
    if role in held:
        raise NotNow(f"This person is {_a(role)} already.")
    if role in KEPT_APART and held & (KEPT_APART - {role}):
        other = next(iter(held & (KEPT_APART - {role})))
        raise NotNow(
            f"This person is {_a(other)}; nobody may be administrator and output checker at once: "
            f"take the other role away first, or choose somebody else."
        )


def check_can_revoke(role: Role, *, held: frozenset[Role]) -> None:
    """Only a role that is held can be taken away."""
    if role not in held:
        raise NotNow(f"This person is not {_a(role)}.")


def can_grant(role: Role, *, held: frozenset[Role], disabled: bool) -> bool:
    """See ``check_can_grant``."""
    try:
        check_can_grant(role, held=held, disabled=disabled)
    except NotNow:
        return False
    return True


def _a(role: Role) -> str:
    words = role.value.replace("_", " ")
    return {Role.COMMITTEE: "on the committee"}.get(role, f"{'an' if words[0] in 'aeiou' else 'a'} {words}")
