"""A home page for each role: every part by everybody, and nothing of it for whoever lost the role."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.governance.approvals import record_approval
from hub.governance.members import add_member
from hub.governance.people import add_person, grant_role, revoke_role
from hub.governance.projects import close_project, create_project
from hub.governance.roles import Role
from tests.unit.airlock.world import CONSOLE, NOW, World
from tests.unit.builders import EXTRACT
from tests.unit.pages.desk_server import Answer, Running, WhoIsThis, user

PARTS = ("queue", "own", "accounts", "projects", "extracts", "approvals")
SHOWN: dict[tuple[str, ...], set[str]] = {
    (): set(),
    ("researcher",): {"own"},
    ("output_checker",): {"queue"},
    ("administrator",): {"accounts", "projects"},
    ("data_manager",): {"projects", "extracts", "approvals"},
    ("committee",): {"approvals"},
    ("researcher", "output_checker"): {"own", "queue"},
    ("administrator", "committee"): {"accounts", "projects", "approvals"},
    ("researcher", "data_manager"): {"own", "projects", "extracts", "approvals"},
}


def person_with(world: World, *roles: str, name: str = "grace") -> str:
    """Somebody who holds these roles; as a researcher, a member of a project of their own."""
    with world.store.write() as session:
        add_person(session, name=name, full_name="Grace Green", password_hash=None, actor=CONSOLE, now=NOW)
        for role in set(roles) - {"researcher"}:
            grant_role(session, name=name, role=role, actor=CONSOLE, now=NOW)
        if "researcher" in roles:
            later = NOW + timedelta(days=1)
            new_project(world, session, "own-project")
            add_member(
                session,
                project="own-project",
                person=name,
                starts_at=NOW,
                ends_at=later,
                actor=CONSOLE,
                now=NOW,
            )
    WhoIsThis.answers[f"token-{name}"] = user(name)
    return name


def new_project(world: World, session: object, slug: str, title: str = "A title", days: int = 90) -> None:
    """A project that began a week ago."""
    create_project(
        session,  # type: ignore[arg-type]
        slug=slug,
        title=title,
        tier="low",
        policy_name="sacro",
        starts_at=NOW - timedelta(days=7),
        ends_at=NOW + timedelta(days=days),
        actor=CONSOLE,
        now=NOW,
    )


def parts_of(page: Answer) -> set[str]:
    """The parts that a home page has."""
    found = set(re.findall(r'<section [^>]*aria-labelledby="([a-z]+)"', page.text))
    assert found <= set(PARTS)
    return found


def part(page: Answer, name: str) -> str:
    """The words of one part."""
    (section,) = re.findall(rf'<section [^>]*aria-labelledby="{name}".*?</section>', page.text, re.DOTALL)
    return Answer(200, {}, section.encode()).words


@pytest.mark.parametrize("roles", SHOWN, ids=lambda roles: " and ".join(roles) or "nobody")
async def test_every_part_by_everybody(world: World, desk: Running, roles: tuple[str, ...]) -> None:
    page = await desk.as_(person_with(world, *roles)).get()
    assert parts_of(page) == SHOWN[roles]
    for role in Role:
        assert (role.meaning in page.words) is (role in roles)
    assert ("hold no role" in page.words) is (roles == ())
    # Only what is the person's own can be done here.
    assert "<form" not in page.text


async def test_a_role_that_was_taken_shows_nothing_at_the_next_request(world: World, desk: Running) -> None:
    grace = desk.as_(person_with(world, "administrator"))
    assert parts_of(await grace.get()) == {"accounts", "projects"}
    with world.store.write() as session:
        revoke_role(session, name="grace", role=Role.ADMINISTRATOR, actor=CONSOLE, now=NOW)
    assert parts_of(await grace.get()) == set()


async def test_administrators_see_accounts_with_their_roles(world: World, desk: Running) -> None:
    shown = part(await desk.as_(person_with(world, "administrator")).get(), "accounts")
    assert "Name bob Person Bob Roles output checker Since 1 March 2026 Account open" in shown
    assert "Name dave Person Dave Roles none" in shown
    assert "hash" not in shown


async def test_projects_with_their_state_end_and_members_of_now(world: World, desk: Running) -> None:
    with world.store.write() as session:
        new_project(world, session, "short", "Short one", days=2)
        new_project(world, session, "gone", "Gone one")
        close_project(session, slug="gone", reason="done", actor=CONSOLE, now=NOW)
        for person, days in (("frank", 1), ("dave", 2)):
            add_member(
                session,
                project="short",
                person=person,
                starts_at=NOW,
                ends_at=NOW + timedelta(days=days),
                actor=CONSOLE,
                now=NOW,
            )
    admin = desk.as_(person_with(world, "administrator"))
    shown = part(await admin.get(), "projects")
    assert "Heart heart State open Ends 30 May 2026 Members now 3 Tier synthetic" in shown
    assert "Short one short State open Ends 3 March 2026 Members now 2 Tier low" in shown
    assert "Gone one gone State closed Ends 1 March 2026 Members now 0" in shown
    world.clock.forward(days=1, hours=1)
    assert "Short one short State open Ends 3 March 2026 Members now 1" in part(await admin.get(), "projects")
    world.clock.forward(days=1)
    assert "Short one short State ended Ends 3 March 2026 Members now 0" in part(
        await admin.get(), "projects"
    )


async def test_data_managers_see_the_extracts_that_rooms_see(world: World, desk: Running) -> None:
    henry = desk.as_(person_with(world, "data_manager"))
    assert "Heart heart State open Rows No extract was made yet." in part(await henry.get(), "extracts")
    folder = world.state / "data" / "extracts" / "heart"
    snapshot = "ab" * 32
    (folder / snapshot).mkdir(parents=True)
    (folder / "current").write_text(snapshot + "\n")
    manifest = {
        "synthetic": True,
        "tables": {"casualties": {"rows": 4512}},
        "provenance": {"made_at": "2026-02-28T23:30:00Z"},
    }
    (folder / snapshot / "manifest.json").write_text(json.dumps(manifest))
    shown = part(await henry.get(), "extracts")
    assert "Rows 4,512 casualties synthetic Made 28 February 2026, 23:30 UTC Snapshot abababababab…" in shown
    for damage, said in (("{", "cannot be read"), (None, "is damaged")):
        manifest_file = folder / snapshot / "manifest.json"
        manifest_file.unlink() if damage is None else manifest_file.write_text(damage)
        page = await henry.get()
        assert page.status == 200
        assert said in part(page, "extracts")


async def test_the_committee_sees_what_was_approved_and_what_not(world: World, desk: Running) -> None:
    iris = person_with(world, "committee")
    rows = [
        {"column": "age", "op": ">=", "value": 65},
        {"column": "force", "op": "in", "value": list("abcdefg")},
    ]
    newer = {
        "source": "stats19",
        "tables": {"collisions": {"columns": ["collision_index", "date"], "rows": rows}},
    }
    with world.store.write() as session:
        new_project(world, session, "none-yet", "None yet")
        record_approval(session, "heart", EXTRACT, actor=CONSOLE, now=NOW)
        record_approval(session, "heart", newer, actor=iris, now=NOW + timedelta(hours=1))
    shown = part(await desk.as_(iris).get(), "approvals")
    assert (
        "Heart heart State open Tier synthetic What was approved From stats19: collisions : collision_index, date; "
        "rows with age >= 65 and force in a, b, c, d, e and 2 more. When 1 March 2026, 13:00 UTC By grace"
    ) in shown
    assert "severity" not in shown, "an earlier approval does not hold any more"
    assert "None yet none-yet State open Tier low What was approved Nothing is approved yet." in shown


async def test_the_queue_says_how_many_have_to_approve(
    world: World,
    desk: Running,
    tier_says: Callable[..., None],
) -> None:
    tier_says(reviewers=3)
    number = world.submitted()
    world.approve(number, "carol")
    assert "Approvals 1 of 3" in part(await desk.as_("bob").get(), "queue")


async def test_the_queue_is_oldest_first_by_submission_and_says_how_long(world: World, desk: Running) -> None:
    first = world.submitted()
    world.clock.forward(minutes=30)
    second = world.submitted("a,b\nx,120\n")
    world.clock.forward(hours=2)
    # An approval is no reason to wait longer.
    world.approve(first, "bob")
    shown = part(await desk.as_("bob").get(), "queue")
    for number, waiting, approvals in (
        (first, "2 hours", "1 of 2, yours among them"),
        (second, "2 hours", "0 of 2"),
    ):
        assert f"Review {number} Check nothing found Author alice Project heart Type table (CSV)" in shown, (
            shown
        )
        assert re.search(rf"Review {number} .*? Waiting {waiting} Approvals {approvals}", shown)
    assert shown.index(str(first)) < shown.index(str(second))
    assert f"Request {first} You decided approve When 1 March 2026, 14:30 UTC State now submitted" in shown


async def test_a_last_decision_follows_its_request_and_is_hidden_from_members(
    world: World, desk: Running
) -> None:
    number = world.released()
    bob = desk.as_("bob")
    assert f"Request {number} You decided approve" in part(await bob.get(), "queue")
    assert "State now released" in part(await bob.get(), "queue")
    with world.store.write() as session:
        add_member(
            session,
            project="heart",
            person="bob",
            starts_at=NOW,
            ends_at=NOW + timedelta(days=1),
            actor=CONSOLE,
            now=NOW,
        )
    assert str(number) not in (await bob.get()).text
