"""People, projects and members for tests, made through the same functions that everybody uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from hub.governance.members import MemberRecord, add_member
from hub.governance.passwords import PasswordHash, hash_password
from hub.governance.people import add_person, grant_role
from hub.governance.projects import ProjectRecord, create_project
from hub.store import Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
BEGIN = NOW - 30 * DAY
END = NOW + 30 * DAY
CONSOLE = "console:test"
PASSWORD = "correct-horse-battery"

EXTRACT = {
    "source": "stats19",
    "snapshot": None,
    "tables": {
        "collisions": {
            "columns": ["collision_index", "severity"],
            "rows": [{"column": "police_force", "op": "==", "value": "1"}],
        }
    },
}


@cache
def password_hash() -> PasswordHash:
    """The hash of PASSWORD, computed once: it takes long on purpose."""
    return hash_password(PASSWORD)


def person(store: Store, name: str = "alice", *roles: str) -> str:
    """An account with PASSWORD and these roles."""
    with store.write() as session:
        add_person(
            session,
            name=name,
            full_name=name.title(),
            password_hash=password_hash(),
            actor=CONSOLE,
            now=BEGIN,
        )
        for role in roles:
            grant_role(session, name=name, role=role, actor=CONSOLE, now=BEGIN)
    return name


def project(
    store: Store, slug: str = "road-safety", *, starts_at: datetime = BEGIN, ends_at: datetime = END
) -> ProjectRecord:
    """A low-tier project that runs from BEGIN to END."""
    with store.write() as session:
        return create_project(
            session,
            slug=slug,
            title="Road safety",
            tier="low",
            policy_name="sacro",
            starts_at=starts_at,
            ends_at=ends_at,
            actor=CONSOLE,
            now=BEGIN,
        )


def member(
    store: Store,
    name: str = "alice",
    slug: str = "road-safety",
    *,
    starts_at: datetime = BEGIN,
    ends_at: datetime = END,
    now: datetime = BEGIN,
) -> MemberRecord:
    """A membership from BEGIN to END."""
    with store.write() as session:
        return add_member(
            session, project=slug, person=name, starts_at=starts_at, ends_at=ends_at, actor=CONSOLE, now=now
        )
