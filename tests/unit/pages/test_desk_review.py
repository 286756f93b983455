"""The review page: the table as text with its flagged cells, and decisions on exactly what was seen."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from output_checker.staging import stage
from sqlalchemy import update

from hub.airlock.preview import (
    CELL_CHARS,
    CELLS,
    COLUMNS,
    FILE_BYTES,
    REQUEST_CELLS,
    ROWS,
    TEXT_CHARS,
    FileToShow,
    letters,
    preview,
    previews,
)
from hub.airlock.quarantine import Quarantine
from hub.airlock.report import Finding
from hub.airlock.sniff import Kind
from hub.airlock.states import State
from hub.store.models import AirlockRequest
from tests.unit.airlock.world import SAFE, World
from tests.unit.pages.desk_server import PREFIX, Running


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


async def test_a_comment_that_is_missing_or_too_long_leads_back_to_the_form_with_what_was_typed(
    world: World, desk: Running
) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    for decision, typed, said in (
        ("reject", " \n ", "Please say why"),
        ("reject", "</textarea>" + "x" * 4000, "longer than 4000"),
        ("approve", "y" * 4001, "longer than 4000"),
    ):
        answer = await bob.review(number, decision, comment=typed)
        assert answer.status == 400
        assert "There is a problem" in answer.words
        assert answer.words.count(said) == 2, "in the summary, and at the field"
        assert f">{escape(typed.strip(), quote=False)}</textarea>" in answer.text
        assert 'href="#comment"' in answer.text
        assert answer.field("seen") == world.binding(number)
        assert world.state_of(number) is State.SUBMITTED
    hidden = {"_xsrf": answer.field("_xsrf"), "seen": answer.field("seen")}
    again = await bob.post(f"requests/{number}/reject", {**hidden, "comment": "Row 3 is small."})
    assert again.status == 303
    assert world.state_of(number) is State.REJECTED


async def test_the_form_comes_back_only_with_what_was_seen(world: World, desk: Running) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    page = await bob.get(f"requests/{number}/review")
    fields = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen"), "comment": ""}
    with world.store.write() as session:
        session.execute(update(AirlockRequest).values(binding="e" * 64))
    answer = await bob.post(f"requests/{number}/reject", fields)
    assert answer.status == 409
    assert 'name="seen"' not in answer.text
    assert f'href="{PREFIX}requests/{number}/review"' in answer.text


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
    assert (
        '<td class="lr-flag" id="cell-0-B3"><mark><bdi>35</bdi></mark><sup><a href="#finding-1">' in page.text
    )
    assert page.text.count("<mark>") == 1
    assert "35 flagged by finding 1" in page.words
    assert '<a href="#cell-0-B3"><bdi>B3</bdi></a>' in page.text
    assert 'id="finding-1"' in page.text
    assert "1 to judge B3 35 is near What would help: Round it. Rule: near" in page.words
    assert "1 to judge Author" in page.words


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
    assert shown.rows[1][1].marks == (0, 1)
    assert shown.rows[2][0].marks == (1,)
    assert shown.firsts == ((1, 1), (0, 0))


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize(
    ("limit", "table"),
    [
        (ROWS, lambda n: "\n".join(["a,b"] * n)),
        (COLUMNS, lambda n: "\n".join([",".join("x" * n)] * 2)),
        (CELL_CHARS, lambda n: "a,b\n1," + "x" * n),
        (FILE_BYTES, lambda n: ("a,b\n" * 100).ljust(n, "\n")),
    ],
    ids=["rows", "columns", "characters of a cell", "bytes"],
)
def test_a_table_is_complete_up_to_each_limit(limit: int, table: Callable[[int], str], more: int) -> None:
    content = table(limit + more)
    # A file of blank lines has too many rows long before it has too many bytes: then only "shown" is asked.
    shown = preview(content.encode(), Kind.TABLE, [])
    if limit == FILE_BYTES:
        assert (shown.rows != ()) is (more <= 0)
        return
    assert shown.complete is (more <= 0)
    assert ("Not everything is shown" in shown.note) is (more > 0)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_table_is_complete_up_to_the_limit_of_cells_short_rows_filled_up(more: int) -> None:
    height = CELLS // COLUMNS + more
    wide = ",".join("x" * COLUMNS)
    for rows in ([wide] * height, [wide, *["x"] * (height - 1)], [*["x"] * (height - 1), wide]):
        shown = preview("\n".join(rows).encode(), Kind.TABLE, [])
        assert shown.complete is (more <= 0)
        assert sum(len(r) for r in shown.rows) <= CELLS


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_text_is_complete_up_to_its_limit(more: int) -> None:
    shown = preview(b"x" * (TEXT_CHARS + more), Kind.TEXT, [])
    assert shown.complete is (more <= 0)


def test_what_is_cut_is_not_shown() -> None:
    row = ",".join(["x" * (CELL_CHARS + 1)] * (COLUMNS + 1))
    shown = preview("\n".join([row] * 3).encode(), Kind.TABLE, [])
    assert (len(shown.rows), len(shown.rows[0])) == (3, COLUMNS)
    assert shown.rows[0][0].text == "x" * CELL_CHARS + "…"
    assert f"first {COLUMNS} columns" in shown.note
    assert f"first {CELL_CHARS} characters" in shown.note


def test_what_cannot_be_seen_makes_a_file_incomplete() -> None:
    assert not preview("a,b\n1\u200b,2\n".encode(), Kind.TABLE, []).complete
    assert not preview("plain \u200bwords".encode(), Kind.TEXT, []).complete
    assert not preview(b"\xff,1\n2,3\n", Kind.TABLE, []).complete
    assert not preview(b'{"a": 1}', Kind.JSON, []).complete
    assert not preview(b"a,b\n1,2\n", Kind.TABLE, [finding("A1:B2", "row_level", "block")]).complete
    assert preview(b"\xef\xbb\xbfa,b\r\n1,2\r\n", Kind.TABLE, [finding("B2")]).complete
    assert preview(b"two\r\nlines", Kind.TEXT, []).complete


def test_what_names_few_cells_is_marked_before_what_names_the_whole_table() -> None:
    content = ("\n".join([",".join("x" * COLUMNS)] * (CELLS // COLUMNS))).encode()
    wide = [finding("A1:ZZZ9999999") for _ in range(5)]
    shown = preview(content, Kind.TABLE, [*wide, finding("C7"), finding("the file"), finding("ZZ99")])
    assert shown.rows[6][2].marks == (0, 5)
    assert shown.firsts == ((0, 0), None, None, None, None, (6, 2), None, None)


def test_a_range_written_backwards_is_the_same_range() -> None:
    shown = preview(b"a,b\n1,2\n3,4\n", Kind.TABLE, [finding("B3:A2")])
    assert [[c.marks for c in row] for row in shown.rows] == [[(), ()], [(0,), (0,)], [(0,), (0,)]]
    assert shown.firsts == ((1, 0),)


async def test_findings_are_numbered_over_all_files_those_in_cells_first(world: World, desk: Running) -> None:
    work = world.state / "work"
    work.mkdir()
    for name in ("a.csv", "b.csv"):
        (work / name).write_text(f"{name},n\nx,120\ny,350\n")
    stage([work / "a.csv", work / "b.csv"], outbox=world.outbox())
    world.run()
    (number,) = world.numbers()
    world.submit(number)
    about = {"rule": "r", "severity": "review", "message": "m"}
    checked = {
        "findings": [{**about, "where": "the whole request", "severity": "info"}],
        "files": [
            {"index": 0, "findings": [{**about, "where": "the file"}, {**about, "where": "B2:B3"}]},
            {"index": 1, "findings": [{**about, "where": f"B{row}"} for row in (3, 3, 3, 3, 2)]},
        ],
    }
    with world.store.write() as session:
        session.execute(update(AirlockRequest).values(report=json.dumps(checked)))
    page = (await desk.as_("bob").get(f"requests/{number}/review")).text
    shown = re.findall(r'id="finding-(\d+)".*?<bdi>(.*?)</bdi>', page, re.DOTALL)
    places = ["the whole request", "B2:B3", "the file", "B3", "B3", "B3", "B3", "B2"]
    assert shown == [(str(n), place) for n, place in enumerate(places, 1)]
    assert "7</strong> to judge, <strong>1</strong> for information" in page
    # Each link leads to a place on the page.
    for target in re.findall(r'href="#([^"]+)"', page):
        assert page.count(f'id="{target}"') == 1, target
    # A cell shows three numbers, and how many more there are; keys stop at a finding's first cell only.
    assert re.findall(r'href="#finding-(\d+)"( tabindex="-1")?', page) == [
        ("2", ""),
        ("2", ' tabindex="-1"'),
        ("8", ""),
        *[(str(n), "") for n in (4, 5, 6)],
    ]
    assert "and 1 more" in page


def test_many_findings_about_the_whole_table_cost_little() -> None:
    content = ("\n".join([",".join("x" * COLUMNS)] * (CELLS // COLUMNS))).encode()
    started = time.monotonic()
    preview(content, Kind.TABLE, [finding("A1:ZZZ9999999", f"r{i}") for i in range(2000)])
    assert time.monotonic() - started < 5


async def test_a_page_of_five_thousand_cells_is_drawn_at_once(world: World, desk: Running) -> None:
    rows = [[str(100 + (r * 37 + c * 11) % 900) for c in range(50)] for r in range(100)]
    number = world.submitted("\n".join(",".join(row) for row in rows) + "\n")
    bob = desk.as_("bob")
    took = []
    for _ in range(3):
        started = time.monotonic()
        page = await bob.get(f"requests/{number}/review")
        took.append(time.monotonic() - started)
    assert page.text.count("<td>") == 5001
    # Tens of milliseconds on a machine that does nothing else.
    assert min(took) < 1


def test_the_files_of_one_request_share_one_page(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    content = ("\n".join([",".join("x" * COLUMNS)] * (CELLS // COLUMNS))).encode()
    whole = REQUEST_CELLS // CELLS
    folder = quarantine.copies / "7"
    folder.mkdir(parents=True)
    files = []
    for index in range(whole + 1):
        (folder / str(index)).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        files.append(FileToShow(index, len(content), digest, Kind.TABLE, ()))
    assert [p.complete for p in previews(quarantine, 7, files)] == [True] * whole + [False]


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_what_is_not_shown_whole_is_not_approved(world: World, desk: Running, more: int) -> None:
    number = world.submitted("a,b\n" + "x,120\n" * (ROWS - 1 + more))
    bob = desk.as_("bob")
    page = await bob.get(f"requests/{number}/review")
    readable = more <= 0
    assert (">Approve</button>" in page.text) is readable
    assert ("cannot be approved" in page.words) is not readable
    # The form is gone; the address is still there.
    fields = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
    answer = await bob.post(f"requests/{number}/approve", {**fields, "complete": "true"})
    assert answer.status == (303 if readable else 409)
    if not readable:
        assert "ask the author to stage a smaller table" in answer.words
        assert world.state_of(number) is State.SUBMITTED
        assert (await bob.review(number, "reject", comment="Too large.")).status == 303
        assert world.state_of(number) is State.REJECTED


async def test_a_copy_that_changed_is_not_approved(world: World, desk: Running) -> None:
    number = world.submitted()
    bob = desk.as_("bob")
    page = await bob.get(f"requests/{number}/review")
    world.quarantine.path(number, 0).unlink()
    fields = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
    assert (await bob.post(f"requests/{number}/approve", fields)).status == 409


def test_other_kinds_are_described() -> None:
    assert "binary data" in preview(b"\x00", Kind.BINARY, []).note
    assert preview(b"plain words", Kind.TEXT, []).text == "plain words"
    assert preview(b"\xff", Kind.TABLE, []).rows == ()


def test_letters_of_columns() -> None:
    assert [letters(i) for i in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
