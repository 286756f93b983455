"""Who may do what. Each question comes as a pair: ``check_may_x`` raises a sentence, ``may_x`` says yes or no.

Whether it can be done *now* is another question; ``policies`` answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.governance.errors import NotAllowed
from hub.governance.roles import Role
from hub.store.models import Person, RoleGrant
from hub.store.names import ActorName, parse_actor


@dataclass(frozen=True)
class Actor:
    """Somebody who wants something done.

    ``console`` is somebody with the server's own command line. They hold the database file already;
    asking them for a role would only pretend. What they do is in the ledger like everything else.
    """

    name: ActorName
    roles: frozenset[Role] = frozenset()
    console: bool = False

    def holds(self, role: Role) -> bool:
        """Whether the actor may act in this role."""
        return self.console or role in self.roles


def load_actor(session: Session, name: str) -> Actor:
    """The actor behind a name: ``console:<user>``, or a person with the roles they hold. Others hold none."""
    actor = parse_actor(name)
    if actor.startswith("console:"):
        return Actor(actor, console=True)
    return Actor(actor, active_roles(session, actor))


def active_roles(session: Session, person: str) -> frozenset[Role]:
    """Roles a person holds. None for somebody unknown or disabled."""
    held = session.scalars(
        select(RoleGrant.role)
        .join(Person)
        .where(Person.name == person, Person.disabled_at.is_(None), RoleGrant.revoked_at.is_(None))
    )
    return frozenset(Role(role) for role in held)


def check_may_manage_accounts(actor: Actor, about: str | None = None) -> None:
    """Opening and closing accounts, setting passwords, giving and taking roles: administrators, not for themselves."""
    if not actor.holds(Role.ADMINISTRATOR):
        raise NotAllowed("Only an administrator may manage accounts and roles.")
    if about is not None and actor.name == about:
        raise NotAllowed("An administrator may not change their own account: ask another one.")


def check_may_manage_projects(actor: Actor) -> None:
    """Setting up and closing projects: data managers."""
    if not actor.holds(Role.DATA_MANAGER):
        raise NotAllowed("Only a data manager may set up or close projects.")


def check_may_manage_members(actor: Actor, about: str | None = None) -> None:
    """Adding and ending memberships: data managers, not for themselves."""
    if not actor.holds(Role.DATA_MANAGER):
        raise NotAllowed("Only a data manager may add or end members.")
    if about is not None and actor.name == about:
        raise NotAllowed("A data manager may not change their own membership: ask another one.")


def check_may_approve_data(actor: Actor, members: frozenset[str] = frozenset()) -> None:
    """Approving a project's data: the committee, without those who are members of the project."""
    if not actor.holds(Role.COMMITTEE):
        raise NotAllowed("Only a member of the Data Access Committee may approve data for a project.")
    if actor.name in members:
        raise NotAllowed(
            "You are a member of this project: somebody else on the committee has to approve its data."
        )


def check_may_see_accounts(actor: Actor) -> None:
    """Everybody's name, roles and whether the account is open: administrators."""
    if not actor.holds(Role.ADMINISTRATOR):
        raise NotAllowed("Only an administrator may see everybody's account.")


def check_may_see_projects(actor: Actor) -> None:
    """All projects, until when they run and how many members they have: administrators and data managers."""
    if not (actor.holds(Role.ADMINISTRATOR) or actor.holds(Role.DATA_MANAGER)):
        raise NotAllowed("Only an administrator or a data manager may see all projects.")


def check_may_see_extracts(actor: Actor) -> None:
    """What lies in the extract of each project, as numbers of rows: data managers."""
    if not actor.holds(Role.DATA_MANAGER):
        raise NotAllowed("Only a data manager may see the extracts of all projects.")


def check_may_see_approvals(actor: Actor) -> None:
    """Which data each project was approved for: data managers and the committee."""
    if not (actor.holds(Role.DATA_MANAGER) or actor.holds(Role.COMMITTEE)):
        raise NotAllowed(
            "Only a data manager or a member of the Data Access Committee may see all approvals."
        )


def check_may_read_texts(actor: Actor, members: frozenset[str] = frozenset()) -> None:
    """Code and names of files that passed a project's doors: data managers who are not members of the project."""
    if not actor.holds(Role.DATA_MANAGER):
        raise NotAllowed("Only a data manager may read what passed a project's doors.")
    if actor.name in members:
        raise NotAllowed("You are a member of this project: another data manager has to read it.")


def may_manage_accounts(actor: Actor, about: str | None = None) -> bool:
    """See ``check_may_manage_accounts``."""
    return _passes(lambda: check_may_manage_accounts(actor, about))


def may_manage_projects(actor: Actor) -> bool:
    """See ``check_may_manage_projects``."""
    return _passes(lambda: check_may_manage_projects(actor))


def may_manage_members(actor: Actor, about: str | None = None) -> bool:
    """See ``check_may_manage_members``."""
    return _passes(lambda: check_may_manage_members(actor, about))


def may_approve_data(actor: Actor, members: frozenset[str] = frozenset()) -> bool:
    """See ``check_may_approve_data``."""
    return _passes(lambda: check_may_approve_data(actor, members))


def may_see_accounts(actor: Actor) -> bool:
    """See ``check_may_see_accounts``."""
    return _passes(lambda: check_may_see_accounts(actor))


def may_see_projects(actor: Actor) -> bool:
    """See ``check_may_see_projects``."""
    return _passes(lambda: check_may_see_projects(actor))


def may_see_extracts(actor: Actor) -> bool:
    """See ``check_may_see_extracts``."""
    return _passes(lambda: check_may_see_extracts(actor))


def may_see_approvals(actor: Actor) -> bool:
    """See ``check_may_see_approvals``."""
    return _passes(lambda: check_may_see_approvals(actor))


def may_read_texts(actor: Actor, members: frozenset[str] = frozenset()) -> bool:
    """See ``check_may_read_texts``."""
    return _passes(lambda: check_may_read_texts(actor, members))


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except NotAllowed:
        return False
    return True
