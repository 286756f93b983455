"""People: accounts, passwords and roles. Every change is in the ledger, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from hub.governance import permissions
from hub.governance.errors import NotNow, WrongValue
from hub.governance.lookup import find_person
from hub.governance.passwords import PasswordHash
from hub.governance.policies import accounts
from hub.governance.roles import Role
from hub.governance.text import one_line
from hub.ledger import EventKind, append
from hub.store.models import Person, RoleGrant
from hub.store.names import PersonName, parse_person


@dataclass(frozen=True)
class Account:
    """A person as lists show them."""

    name: PersonName
    full_name: str
    roles: frozenset[Role]
    added_at: datetime
    disabled_at: datetime | None


def add_person(
    session: Session,
    *,
    name: str,
    full_name: str,
    password_hash: PasswordHash | None,
    actor: str,
    now: datetime,
) -> Account:
    """Open an account. Without a password hash nobody can sign in yet. Names are never given twice."""
    person_name = parse_person(name)
    permissions.check_may_manage_accounts(permissions.load_actor(session, actor), about=person_name)
    if session.scalar(select(Person.id).where(Person.name == person_name)) is not None:
        raise NotNow("There is an account of that name already; names are never given twice.")
    person = Person(
        name=person_name,
        full_name=one_line(full_name, "A full name"),
        password_hash=password_hash,
        password_set_at=now if password_hash is not None else None,
        added_at=now,
        added_by=actor,
    )
    session.add(person)
    session.flush()
    append(
        session,
        EventKind.PERSON_ADDED,
        actor=actor,
        now=now,
        payload={"person": person.name, "full_name": person.full_name},
    )
    if password_hash is not None:
        append(session, EventKind.PERSON_PASSWORD_SET, actor=actor, now=now, payload={"person": person.name})
    return _account(person)


def set_password(
    session: Session, *, name: str, password_hash: PasswordHash, actor: str, now: datetime
) -> None:
    """Replace a person's password."""
    person = find_person(session, name)
    permissions.check_may_manage_accounts(permissions.load_actor(session, actor), about=person.name)
    accounts.check_can_set_password(disabled=person.disabled_at is not None)
    person.password_hash = password_hash
    person.password_set_at = now
    append(session, EventKind.PERSON_PASSWORD_SET, actor=actor, now=now, payload={"person": person.name})


def disable_person(session: Session, *, name: str, reason: str, actor: str, now: datetime) -> None:
    """Close an account for good: no sign-in, no role, no seat from this moment on."""
    person = find_person(session, name)
    permissions.check_may_manage_accounts(permissions.load_actor(session, actor), about=person.name)
    accounts.check_can_disable(disabled=person.disabled_at is not None)
    person.disabled_at = now
    person.disabled_by = actor
    append(
        session,
        EventKind.PERSON_DISABLED,
        actor=actor,
        now=now,
        payload={"person": person.name, "reason": one_line(reason, "A reason")},
    )


def grant_role(session: Session, *, name: str, role: Role | str, actor: str, now: datetime) -> None:
    """Give a role. Nobody gets administrator and output checker together; the database refuses it as well."""
    wanted = _role(role)
    person = find_person(session, name)
    permissions.check_may_manage_accounts(permissions.load_actor(session, actor), about=person.name)
    accounts.check_can_grant(wanted, held=_held(person), disabled=person.disabled_at is not None)
    session.add(RoleGrant(person=person, role=wanted.value, granted_at=now, granted_by=actor))
    session.flush()
    append(
        session,
        EventKind.ROLE_GRANTED,
        actor=actor,
        now=now,
        payload={"person": person.name, "role": wanted.value},
    )


def revoke_role(session: Session, *, name: str, role: Role | str, actor: str, now: datetime) -> None:
    """Take a role away."""
    unwanted = _role(role)
    person = find_person(session, name)
    permissions.check_may_manage_accounts(permissions.load_actor(session, actor), about=person.name)
    accounts.check_can_revoke(unwanted, held=_held(person))
    for grant in person.grants:
        if grant.role == unwanted.value and grant.revoked_at is None:
            grant.revoked_at = now
            grant.revoked_by = actor
    append(
        session,
        EventKind.ROLE_REVOKED,
        actor=actor,
        now=now,
        payload={"person": person.name, "role": unwanted.value},
    )


def list_people(session: Session) -> list[Account]:
    """Everybody, by name."""
    people = session.scalars(select(Person).options(selectinload(Person.grants)).order_by(Person.name))
    return [_account(person) for person in people]


def _account(person: Person) -> Account:
    return Account(
        name=PersonName(person.name),
        full_name=person.full_name,
        roles=_held(person) if person.disabled_at is None else frozenset(),
        added_at=person.added_at,
        disabled_at=person.disabled_at,
    )


def _held(person: Person) -> frozenset[Role]:
    return frozenset(Role(grant.role) for grant in person.grants if grant.revoked_at is None)


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise WrongValue(f"There is no such role: choose one of {', '.join(Role)}.") from None
