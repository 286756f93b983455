"""The review page: the table as text with its flagged cells, and decisions on exactly what was seen."""

from __future__ import annotations

import json

from output_checker.staging import stage
from sqlalchemy import update

from hub.airlock.report import Finding
from hub.airlock.sniff import Kind
from hub.airlock.states import State
from hub.pages.desk.preview import CELL_CHARS, COLUMNS, ROWS, letters, preview
from hub.store.models import AirlockRequest
from tests.unit.airlock.world import SAFE, World
from tests.unit.pages.desk_server import Running


def finding(where: str, rule: str = "threshold", severity: str = "review") -> Finding:
    """A finding about one place."""
    return Finding(rule=rule, severity=severity, where=where, message="m")  # type: ignore[arg-type]


async def test_a_rejection_needs_a_comment_and_reaches_the_room(world: World, desk: Running) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    answer = await bob.review(number, "reject", comment="  ")
    assert answer.status == 400
    assert "say why" in answer.words
    assert (await bob.review(number, "reject", comment="Row 3 is small.")).status == 303
    world.run()
    assert world.state_of(number) is State.REJECTED
    assert [c.text for c in world.reply(number).comments] == ["Row 3 is small."]
    assert "Row 3" not in (await desk.as_("alice").get()).text


async def test_a_decision_on_an_old_page_is_asked_again(world: World, desk: Running) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    page = await bob.get(f"requests/{number}/review")
    fields = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
    with world.store.write() as session:
        session.execute(update(AirlockRequest).values(binding="e" * 64))
    answer = await bob.post(f"requests/{number}/approve", fields)
    assert answer.status == 409
    assert "look at it again" in answer.words
    assert world.state_of(number) is State.SUBMITTED


async def test_flagged_cells_are_marked_and_findings_listed(world: World, desk: Running) -> None:
    number = world.submitted(SAFE)
    checked = {
        "files": [
            {
                "index": 0,
                "findings": [
                    {
                        "rule": "near",
                        "severity": "review",
                        "where": "B3",
                        "message": "35 is near",
                        "fix": "Round it.",
                    }
                ],
            }
        ]
    }
    with world.store.write() as session:
        session.execute(update(AirlockRequest).values(report=json.dumps(checked)))
    page = await desk.as_("bob").get(f"requests/{number}/review")
    assert '<td class="marked"><mark><bdi>35</bdi></mark>' in page.text
    assert page.text.count("<mark>") == 1
    assert "(flagged: near)" in page.words
    assert "B3 : 35 is near Round it." in page.words


async def test_hostile_text_is_shown_as_text(world: World, desk: Running) -> None:
    work = world.state / "work"
    work.mkdir()
    evil = work / "<img src=x onerror=alert(1)>.csv"
    evil.write_text("a,b\n<script>alert(1)</script>,120\n\u202etxt.exe,\x1b[2J\n")
    stage([evil], outbox=world.outbox(), context="</bdi><script>alert(2)</script>")
    world.run()
    (number,) = world.numbers()
    world.submit(number)
    page = (await desk.as_("bob").get(f"requests/{number}/review")).text
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_a_copy_that_changed_is_not_shown_and_not_downloaded(world: World, desk: Running) -> None:
    number, ready = world.submitted(), world.released()
    world.quarantine.path(number, 0).unlink()
    world.quarantine.path(number, 0).write_text("zqother,1\n")
    page = await desk.as_("bob").get(f"requests/{number}/review")
    assert "zqother" not in page.text
    assert "no longer what was taken" in page.words
    world.quarantine.path(ready, 0).unlink()
    answer = await desk.as_("alice").download(ready)
    assert answer.status == 400
    assert world.state_of(ready) is State.RELEASED, "a damaged copy must not use up the download"


async def test_a_second_download_is_410_and_a_wrong_token_404(world: World, desk: Running) -> None:
    number, other = world.released(), world.released("a,b\nx,77\n")
    alice = desk.as_("alice")
    page = await alice.get()
    action = f"requests/{number}/files/0/download"
    fields = {"_xsrf": page.field("_xsrf"), "token": page.field("token", action)}
    wrong = {**fields, "token": page.field("token", f"requests/{other}/files/0/download")}
    assert (await alice.post(action, wrong)).status == 404
    assert (await desk.as_("dave").get()).status == 200
    assert (await alice.post(action, fields)).status == 200
    again = await alice.post(action, fields)
    assert again.status == 410
    assert "downloaded already" in again.words


async def test_somebody_elses_download_is_refused_with_the_right_token(world: World, desk: Running) -> None:
    number = world.released()
    world.staged(person="dave")
    dave = desk.as_("dave")
    page = await dave.get()
    fields = {"_xsrf": page.field("_xsrf"), "token": world.token(number)}
    assert (await dave.post(f"requests/{number}/files/0/download", fields)).status == 404


async def test_two_files_are_downloaded_one_by_one(world: World, desk: Running) -> None:
    work = world.state / "work"
    work.mkdir()
    for name in ("a.csv", "b.csv"):
        (work / name).write_text(f"{name},n\nx,120\n")
    stage([work / "a.csv", work / "b.csv"], outbox=world.outbox())
    world.run()
    (number,) = world.numbers()
    alice = desk.as_("alice")
    assert "several files" in (await alice.get()).words
    world.submit(number)
    world.approve(number, "bob")
    world.approve(number, "carol")
    world.run()
    assert (await alice.download(number, 1)).text.startswith("b.csv")
    assert world.state_of(number) is State.RELEASED
    assert (await alice.download(number, 0)).text.startswith("a.csv")
    assert world.state_of(number) is State.DOWNLOADED


def test_row_level_content_is_described_not_shown() -> None:
    shown = preview(b"nhs,x\n999,1\n", Kind.TABLE, [finding("A1:B2", "row_level", "block")])
    assert (shown.rows, shown.text) == ((), None)
    assert "not shown" in shown.note


def test_ranges_are_marked_and_a_huge_one_costs_nothing() -> None:
    content = b"a,b,c\n1,2,3\n4,5,6\n"
    shown = preview(content, Kind.TABLE, [finding("B2:C3"), finding("A1:ZZZ9999999", "other")])
    assert shown.rows[1][1].marks == ("threshold", "other")
    assert shown.rows[2][0].marks == ("other",)


def test_a_large_table_is_cut_in_every_direction() -> None:
    row = ",".join(["x" * (CELL_CHARS + 1)] * (COLUMNS + 1))
    shown = preview("\n".join([row] * (ROWS + 1)).encode(), Kind.TABLE, [])
    assert (len(shown.rows), len(shown.rows[0]), len(shown.rows[0][0].text)) == (ROWS, COLUMNS, CELL_CHARS)
    assert "Only its beginning" in shown.note
    whole = preview("\n".join(["a,b"] * ROWS).encode(), Kind.TABLE, [])
    assert "Only its beginning" not in whole.note


def test_other_kinds_are_described() -> None:
    assert "binary data" in preview(b"\x00", Kind.BINARY, []).note
    assert preview(b"plain words", Kind.TEXT, []).text == "plain words"
    assert preview(b"\xff", Kind.TABLE, []).rows == ()


def test_letters_of_columns() -> None:
    assert [letters(i) for i in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
