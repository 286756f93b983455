"""Before release the author's browser gets nothing that was chosen in the room; others get what is theirs to see."""

from __future__ import annotations

import secrets

import pytest
from output_checker.staging import stage

from hub.airlock.states import State
from hub.governance.people import disable_person, grant_role, revoke_role
from hub.governance.roles import Role
from hub.pages.look import load_look
from tests.unit.airlock.world import CONSOLE, NOW, SAFE, UNSAFE, World
from tests.unit.pages.desk_server import Answer, Running


def random_word() -> str:
    """A word that stands nowhere else."""
    return "zq" + secrets.token_hex(8)


async def everything_shown(desk: Running, name: str, number: int) -> str:
    """Every byte that the browser of ``name`` can get about a request, headers included."""
    person = desk.as_(name)
    paths = ["", f"requests/{number}/review", f"requests/{number}/submit", f"requests/{number}"]
    answers: list[Answer] = [await person.get(p) for p in paths]
    page = answers[0]
    if 'name="_xsrf"' in page.text:
        for action in ("approve", "reject", "files/0/download"):
            fields = {"_xsrf": page.field("_xsrf"), "seen": "", "token": "", "comment": "x"}
            answers.append(await person.post(f"requests/{number}/{action}", fields))
    return "".join(a.body.decode(errors="replace") + str(a.headers) for a in answers)


async def test_random_strings_from_the_room_never_reach_the_authors_browser_before_release(
    world: World, desk: Running
) -> None:
    words = {place: random_word() for place in ("name", "cell", "column", "context", "finding")}
    work = world.state / "work"
    work.mkdir()
    safe, unsafe = work / f"{words['name']}.csv", work / f"{words['name']}-2.csv"
    safe.write_text(f"{words['column']},n\n{words['cell']},120\nother,35\n")
    unsafe.write_text(f"{words['finding']},n\n{words['cell']},3\n")
    bundles = []
    for file in (safe, unsafe):
        bundles.append(stage([file], outbox=world.outbox(), context=words["context"]))
        world.run()
        world.clock.forward(seconds=1)
    ready, blocked = world.numbers()
    assert world.state_of(blocked) is State.BLOCKED
    secret = [*words.values(), *bundles]

    def none_in(text: str) -> None:
        assert [w for w in secret if w in text] == []

    comment = random_word()
    none_in(await everything_shown(desk, "alice", blocked))
    none_in(await everything_shown(desk, "alice", ready))
    world.submit(ready)
    world.approve(ready, "bob", comment=comment)
    secret.append(comment)
    none_in(await everything_shown(desk, "alice", ready))
    world.approve(ready, "carol")
    none_in(await everything_shown(desk, "alice", ready))

    for other in ("dave", "erin", "frank"):
        none_in(await everything_shown(desk, other, ready))
    for word in (words["name"], words["cell"], words["column"], words["context"]):
        assert word in (await desk.as_("bob").get(f"requests/{ready}/review")).text
    assert words["name"] in (world.inbox() / ".airlock" / f"{blocked}.md").read_text()

    world.run()
    assert world.state_of(ready) is State.RELEASED
    none_in((await desk.as_("alice").get()).text)
    got = await desk.as_("alice").download(ready)
    assert words["cell"] in got.text, "after release, the file itself"
    assert words["name"] not in str(got.headers)


async def test_the_author_sees_number_time_type_size_and_state(world: World, desk: Running) -> None:
    number = world.staged()
    words = (await desk.as_("alice").get()).words
    for shown in (str(number), "1 March 2026, 12:00 UTC", "table (CSV)", f"{len(SAFE)} bytes", "staged"):
        assert shown in words


@pytest.mark.parametrize("claimed", ["evil.exe", "zqclaim.pdf", "x.zqsuffix"])
async def test_the_type_is_what_the_bytes_are_not_what_the_name_says(
    world: World, desk: Running, claimed: str
) -> None:
    world.staged(name=claimed)
    page = (await desk.as_("alice").get()).text
    assert "table (CSV)" in page
    assert claimed.split(".")[-1] not in page.replace(load_look().mark.name, "").replace(
        load_look().style.name, ""
    )


@pytest.mark.parametrize("person", ["dave", "erin", "frank"])
async def test_others_cannot_tell_a_request_from_none(world: World, desk: Running, person: str) -> None:
    number = world.staged()
    someone = desk.as_(person)
    world.staged(person="dave") if person == "dave" else None
    assert str(number) not in (await someone.get()).text
    there = await someone.get(f"requests/{number}/review")
    nowhere = await someone.get("requests/999999999/review")
    if person != "erin":  # an output checker may know that a request exists, not what is in it
        assert (there.status, there.text) == (nowhere.status, nowhere.text)
    assert there.status in {403, 404}


async def test_an_output_checker_cannot_open_their_own_request(world: World, desk: Running) -> None:
    number = world.staged(person="erin")
    world.submit(number, "erin")
    erin = desk.as_("erin")
    assert f"requests/{number}/review" not in (await erin.get()).text
    answer = await erin.get(f"requests/{number}/review")
    assert answer.status == 403
    assert "request of your own" in answer.words
    assert "severity" not in answer.text


async def test_an_output_checker_of_the_project_cannot_open_its_requests(world: World, desk: Running) -> None:
    number = world.submitted()
    answer = await desk.as_("erin").get(f"requests/{number}/review")
    assert answer.status == 403
    assert "belong to this project" in answer.words


async def test_what_is_not_submitted_is_nobody_elses_business(world: World, desk: Running) -> None:
    for number in (world.staged(), world.staged(UNSAFE)):
        answer = await desk.as_("bob").get(f"requests/{number}/review")
        assert answer.status == 409
        assert "severity" not in answer.text
        assert str(number) not in (await desk.as_("bob").get()).text


async def test_a_role_given_or_taken_counts_at_the_next_request(world: World, desk: Running) -> None:
    number = world.submitted()
    frank, bob = desk.as_("frank"), desk.as_("bob")
    assert (await frank.get(f"requests/{number}/review")).status == 404
    with world.store.write() as session:
        grant_role(session, name="frank", role=Role.OUTPUT_CHECKER, actor=CONSOLE, now=NOW)
        revoke_role(session, name="bob", role=Role.OUTPUT_CHECKER, actor=CONSOLE, now=NOW)
    assert (await frank.get(f"requests/{number}/review")).status == 200
    assert (await bob.get(f"requests/{number}/review")).status == 404


async def test_a_closed_account_is_told_so_and_does_nothing(world: World, desk: Running) -> None:
    number = world.staged()
    alice = desk.as_("alice")
    page = await alice.get()
    with world.store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    answer = await alice.get()
    assert answer.status == 403
    assert "switched off" in answer.words
    assert (await alice.post(f"requests/{number}/submit", {"_xsrf": page.field("_xsrf")})).status == 403
    assert world.state_of(number) is State.STAGED


async def test_somebody_whom_the_store_does_not_know_gets_a_sentence(desk: Running) -> None:
    answer = await desk.as_("stranger").get()
    assert answer.status == 403
    assert "no account for you" in answer.words


async def test_the_others_comment_is_hidden_until_one_has_decided(world: World, desk: Running) -> None:
    number = world.submitted()
    world.approve(number, "bob", comment="zqcomment")
    carol, bob = desk.as_("carol"), desk.as_("bob")
    page = await carol.get(f"requests/{number}/review")
    assert "1 of 2" in page.words
    assert "zqcomment" not in page.text
    assert "Bob" not in page.text
    assert "zqcomment" in (await bob.get(f"requests/{number}/review")).text
    await carol.review(number, "approve")
    assert "zqcomment" in (await carol.get(f"requests/{number}/review")).text
