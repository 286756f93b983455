"""docs/reference/roles-and-permissions.md: asked of the functions that decide, not written down beside them."""

from __future__ import annotations

from collections.abc import Callable

from docs.generator.markdown import code, prose, table
from docs.generator.markdown import page as whole_page
from hub.airlock import permissions as airlock
from hub.airlock.ingress import permissions as ingress
from hub.governance import permissions as governance
from hub.governance.roles import KEPT_APART, Role
from hub.store.names import ActorName

_GOVERNANCE = (
    governance.check_may_manage_accounts,
    governance.check_may_manage_projects,
    governance.check_may_manage_members,
    governance.check_may_approve_data,
    governance.check_may_see_accounts,
    governance.check_may_see_projects,
    governance.check_may_see_extracts,
    governance.check_may_see_approvals,
    governance.check_may_read_texts,
)
_AIRLOCK = (
    airlock.check_sees_as_author,
    airlock.check_submit,
    airlock.check_withdraw,
    airlock.check_download,
    airlock.check_review,
    airlock.check_decide,
)
_AUTHOR = "author"
_CHECKER = frozenset({airlock.OUTPUT_CHECKER})
# Each with what it is asked about besides the person: for the example, the policy names output checkers.
_INGRESS: tuple[tuple[Callable[..., None], tuple[object, ...]], ...] = (
    (ingress.check_ask, ()),
    (ingress.check_sees_as_author, (_AUTHOR,)),
    (ingress.check_withdraw, (_AUTHOR,)),
    (ingress.check_review, (_AUTHOR, _CHECKER)),
    (ingress.check_decide, (_AUTHOR, _CHECKER)),
)


def page() -> str:
    """The page."""
    return whole_page(
        "Roles and permissions",
        "Being a researcher is no role: membership of a project says so. JupyterHub's own administrators do not "
        "exist here.",
        "## Roles",
        table(("Role", "Who holds it"), [(code(role.value), role.meaning) for role in Role]),
        f"Nobody holds {' and '.join(code(r.value) for r in sorted(KEPT_APART))} together.",
        "## Accounts, projects, members, data",
        "`console` is somebody with the server's command line: they hold the database file already, so no role is "
        "asked for. In this version the command line is the only place where these things are done; what may be seen "
        "is on the desk.",
        table(("What", "console", *(code(r.value) for r in Role)), [_governance_row(c) for c in _GOVERNANCE]),
        *(f"- {_name(check)}: {prose(check)}" for check in _GOVERNANCE),
        "## Requests to release",
        "Asked about one request. Whether the moment is right is another question: see "
        "[the states of a request](request-states.md).",
        table(("What", *(name for name, _ in _askers())), [_airlock_row(c) for c in _AIRLOCK]),
        *(f"- {_name(check)}: {prose(check)}" for check in _AIRLOCK),
        "## Requests to bring a file in",
        "Which roles decide is said by [the policy](ingress.md); in this table it names output checkers.",
        table(
            ("What", *(name for name, _ in _askers())),
            [
                (_name(check), *(_yes(lambda a=a, c=check, m=more: c(a, *m)) for _, a in _askers()))
                for check, more in _INGRESS
            ],
        ),
        *(f"- {_name(check)}: {prose(check)}" for check, _ in _INGRESS),
    )


def _governance_row(check: Callable[..., None]) -> tuple[str, ...]:
    console = governance.Actor(ActorName("console:root"), console=True)
    people = [governance.Actor(ActorName("somebody"), frozenset({role})) for role in Role]
    return (_name(check), *(_yes(lambda a=a: check(a)) for a in (console, *people)))


def _airlock_row(check: Callable[[airlock.Actor, str], None]) -> tuple[str, ...]:
    return (_name(check), *(_yes(lambda a=a: check(a, _AUTHOR)) for _, a in _askers()))


def _askers() -> list[tuple[str, airlock.Actor]]:
    def asker(
        person: str, *, roles: frozenset[str] = frozenset(), member: bool, admitted: bool
    ) -> airlock.Actor:
        return airlock.Actor(person, enabled=True, roles=roles, admitted=admitted, member=member)

    return [
        ("the author", asker(_AUTHOR, member=True, admitted=True)),
        ("the author, project over", asker(_AUTHOR, member=True, admitted=False)),
        ("the author as output checker", asker(_AUTHOR, roles=_CHECKER, member=True, admitted=True)),
        ("another member", asker("other", member=True, admitted=True)),
        ("an output checker of the project", asker("other", roles=_CHECKER, member=True, admitted=True)),
        ("an output checker from outside", asker("other", roles=_CHECKER, member=False, admitted=False)),
    ]


def _yes(ask: Callable[[], None]) -> str:
    try:
        ask()
    except (governance.NotAllowed, airlock.NotAllowed):
        return ""
    return "yes"


def _name(check: Callable[..., None]) -> str:
    return check.__name__.removeprefix("check_").removeprefix("may_").replace("_", " ")
