"""A person's rooms, for the hub's home page: each membership, and whether it opens now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from hub.governance.admission import Refused, admission
from hub.governance.members import memberships_of
from hub.governance.permissions import active_roles
from hub.governance.projects import get_project
from hub.governance.roles import Role
from hub.store import Store, open_store
from hub.store.clock import utc_now


@dataclass(frozen=True)
class Room:
    """One line of the home page. ``refusal`` is ``None`` where the room may be opened."""

    project: str
    title: str
    tier: str
    refusal: str | None


@dataclass(frozen=True)
class Home:
    """What the home page shows of a person."""

    rooms: tuple[Room, ...]
    checks_outputs: bool


def rooms_of(database: str) -> Callable[[str], Home]:
    """A function from a person's name to what their home page shows."""

    @cache
    def store() -> Store:
        return open_store(database)

    def home(person: str) -> Home:
        now = utc_now()
        with store().read() as session:
            rooms = []
            for slug in sorted({membership.project for membership in memberships_of(session, person)}):
                project = get_project(session, slug)
                decision = admission(session, person=person, project=slug, now=now)
                refusal = decision.reason if isinstance(decision, Refused) else None
                rooms.append(Room(slug, project.title, project.tier, refusal))
            rooms.sort(key=lambda room: room.refusal is not None)  # what opens comes first
            checks = Role.OUTPUT_CHECKER in active_roles(session, person)
        return Home(tuple(rooms), checks)

    return home
