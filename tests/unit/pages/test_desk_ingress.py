"""At the desk: bring a file in, look at it, decide; over HTTP, with uploads as browsers send them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp.http import SERVER_SOFTWARE
from yarl import URL

from hub.airlock.ingress.states import State
from hub.ledger import EventKind
from hub.pages.desk.ingress_handlers import Upload
from tests.unit.airlock.world import World
from tests.unit.ingress.world import CODE, WHEEL, IngressWorld, wheel
from tests.unit.pages.desk_server import HOST, ORIGIN, Answer, Person, Running

pytestmark = pytest.mark.slow

WHY = "Means by group, from our methods paper."


@pytest.fixture
def coming_in(world: World) -> IngressWorld:
    """The desk's world with a porter."""
    return IngressWorld(world)


@dataclass
class Form:
    """The upload form as a browser sends it: in the page's order, the file last."""

    person: Person
    page: Answer

    async def send(
        self,
        content: bytes = CODE,
        name: str = "means.py",
        order: tuple[str, ...] = ("_xsrf", "upload", "project", "why", "file"),
        headers: dict[str, str] | None = None,
        **fields: str,
    ) -> Answer:
        """Press Upload."""
        known = {n: self.page.field(n) for n in ("_xsrf", "upload", "project")} | {"why": WHY} | fields
        form = aiohttp.FormData()
        for field in order:
            if field == "file":
                form.add_field("file", content, filename=name, content_type="application/octet-stream")
            else:
                form.add_field(field, known[field])
        sent = {"Host": HOST, "Origin": ORIGIN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
        sent |= headers or {}
        url = self.person.base + "ingress/upload"
        async with self.person.http.post(
            url, data=form(), headers={k: v for k, v in sent.items() if v}, allow_redirects=False
        ) as got:
            return Answer(got.status, got.headers, await got.read())


async def form(desk: Running, name: str = "alice") -> Form:
    """The form, opened."""
    person = desk.as_(name)
    page = await person.get("ingress/new")
    assert page.status == 200, page.words
    return Form(person, page)


def numbers(coming_in: IngressWorld) -> list[int]:
    """All requests."""
    return sorted(int(p.name) for p in coming_in.copies.copies.iterdir() if p.name.isdecimal())


def left_over(coming_in: IngressWorld) -> list[Path]:
    """Copies without a number."""
    return [p for p in coming_in.copies.copies.iterdir() if p.name.startswith(".")]


async def test_code_is_uploaded_looked_at_approved_and_in_the_room(
    coming_in: IngressWorld, desk: Running
) -> None:
    sent = await (await form(desk)).send()
    assert (sent.status, sent.headers["Location"]) == (303, "/services/desk/")
    (number,) = numbers(coming_in)
    assert "means.py" in (await desk.as_("alice").get()).words
    coming_in.run()

    frank = desk.as_("frank")
    assert f"Look at {number}" in (await frank.get()).words
    page = await frank.get(f"ingress/{number}/review")
    for shown in (
        "means.py",
        "Alice (alice)",
        WHY,
        "not scanned",
        "def mean(values):",
        "code or text",
        "0 of 1",
    ):
        assert shown in page.words
    hidden = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
    assert (await frank.post(f"ingress/{number}/approve", hidden)).status == 303
    coming_in.run()

    own = await desk.as_("alice").get()
    assert f"/inbox/2026-03-01-{number}/means.py" in own.words
    assert coming_in.in_the_inbox(number).read_bytes() == CODE


async def test_a_wheel_is_shown_as_a_list_of_files(coming_in: IngressWorld, desk: Running) -> None:
    await (await form(desk)).send(wheel({"helper/fast.so": b"\x7fELF"}), WHEEL)
    coming_in.run()
    (number,) = numbers(coming_in)
    page = await desk.as_("bob").get(f"ingress/{number}/review")
    for shown in (
        "helper/__init__.py",
        "helper/fast.so",
        "compiled code",
        "0 of 2",
        "5 files are packed in it",
        "VALUE = 1",
    ):
        assert shown in page.words


async def test_a_rejection_without_a_comment_comes_back_and_its_comment_reaches_the_author(
    coming_in: IngressWorld, desk: Running
) -> None:
    await (await form(desk)).send()
    coming_in.run()
    (number,) = numbers(coming_in)
    bob = desk.as_("bob")
    page = await bob.get(f"ingress/{number}/review")
    hidden = {"_xsrf": page.field("_xsrf"), "seen": page.field("seen")}
    again = await bob.post(f"ingress/{number}/reject", hidden)
    assert (again.status, "Please say why" in again.words) == (400, True)
    assert (
        await bob.post(f"ingress/{number}/reject", {**hidden, "comment": "Use the library's."})
    ).status == 303
    own = (await desk.as_("alice").get()).words
    assert "Use the library's." in own
    assert "Bob" not in own


async def test_the_author_takes_it_back(coming_in: IngressWorld, desk: Running) -> None:
    await (await form(desk)).send()
    (number,) = numbers(coming_in)
    assert (await desk.as_("alice").click(f"ingress/{number}/withdraw")).status == 303
    assert not coming_in.copies.path(number, 0).exists()
    assert coming_in.state_of(number) is State.WITHDRAWN


async def test_a_stale_page_decides_nothing(coming_in: IngressWorld, desk: Running) -> None:
    await (await form(desk)).send()
    coming_in.run()
    (number,) = numbers(coming_in)
    bob = desk.as_("bob")
    page = await bob.get(f"ingress/{number}/review")
    answer = await bob.post(f"ingress/{number}/approve", {"_xsrf": page.field("_xsrf"), "seen": "0" * 64})
    assert (answer.status, "look at it again" in answer.words) == (409, True)
    assert f'href="/services/desk/ingress/{number}/review"' in answer.text


@pytest.mark.parametrize("person", ["alice", "dave", "erin", "stranger"])
async def test_who_may_not_decide_sees_nothing(coming_in: IngressWorld, desk: Running, person: str) -> None:
    await (await form(desk)).send(name="zqsecret.py")
    coming_in.run()
    (number,) = numbers(coming_in)
    answer = await desk.as_(person).get(f"ingress/{number}/review")
    assert answer.status in {403, 404}
    assert "zqsecret" not in answer.text
    if person != "alice":
        assert "zqsecret" not in (await desk.as_(person).get()).text


async def test_who_has_no_open_project_gets_no_form(coming_in: IngressWorld, desk: Running) -> None:
    answer = await desk.as_("bob").get("ingress/new")
    assert (answer.status, "no room to bring a file into" in answer.words) == (403, True)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.exe", CODE, "file of this type may not come in"),
        ("x.py", b"\x7fELF\x00", "not what its name says"),
        ("x.py", b"", "The file is empty"),
        ("x.py", b"x" * (1024 * 1024 + 1), "The file is too large"),
        ("x.whl", b"x" * (64 * 1024 * 1024 + 200_000), "no file may have more than 67,108,864 bytes"),
        ("", b"", "Choose a file"),
        (".hidden.py", CODE, "begins with a full stop"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said_on_the_form(
    coming_in: IngressWorld, desk: Running, name: str, content: bytes, said: str
) -> None:
    opened = await form(desk)
    answer = await opened.send(content, name, why="zqtyped words")
    assert (answer.status, said in answer.words) == (400, True), answer.words
    assert 'href="#file"' in answer.text
    if "no file may" not in said:
        assert "zqtyped words" in answer.text
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])
    again = Form(opened.person, answer)
    assert (await again.send()).status == 303, "the form that came back works"


async def test_a_file_at_the_limit_is_taken(coming_in: IngressWorld, desk: Running) -> None:
    assert (await (await form(desk)).send(b"x" * (1024 * 1024))).status == 303


@pytest.mark.parametrize(
    ("field", "said"), [("why", "what you need it for"), ("project", "Choose the project")]
)
async def test_what_was_left_out_is_said_at_its_field(
    coming_in: IngressWorld, desk: Running, field: str, said: str
) -> None:
    answer = await (await form(desk)).send(**{field: ""})
    assert (answer.status, said in answer.words) == (400, True)
    assert f'href="#{field}"' in answer.text
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


async def test_a_project_of_others_is_refused(coming_in: IngressWorld, desk: Running) -> None:
    for project in ("elsewhere", "../heart", "x" * 100):
        answer = await (await form(desk)).send(project=project)
        assert answer.status == 403
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


@pytest.mark.parametrize("token", ["", "x" * 60])
async def test_a_form_without_its_token_does_nothing(
    coming_in: IngressWorld, desk: Running, token: str
) -> None:
    answer = await (await form(desk)).send(_xsrf=token)
    assert answer.status == 403
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


async def test_a_file_before_the_token_is_not_taken(coming_in: IngressWorld, desk: Running) -> None:
    answer = await (await form(desk)).send(order=("file", "_xsrf", "upload", "project", "why"))
    assert answer.status == 403
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://alice--heart.lockedroom.localhost:8000"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(
    coming_in: IngressWorld, desk: Running, headers: dict[str, str]
) -> None:
    answer = await (await form(desk)).send(headers=headers)
    assert answer.status == 403
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


async def test_nobody_uploads_nothing(coming_in: IngressWorld, desk: Running) -> None:
    page = (await form(desk)).page
    assert (await Form(desk.as_(None), page).send()).status == 403
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


async def test_the_same_form_twice_is_one_request(coming_in: IngressWorld, desk: Running) -> None:
    opened = await form(desk)
    assert [(await opened.send()).status for _ in range(2)] == [303, 303]
    assert len(numbers(coming_in)) == 1
    assert len(coming_in.ledger(EventKind.INGRESS_RECEIVED)) == 1
    answer = await opened.send(CODE + b"# other\n")
    assert (answer.status, "sent already with another file" in answer.words) == (400, True)
    assert left_over(coming_in) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--B\r\n",
        b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n",
        b'--B\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--B--\r\n',
        b"--C\r\nno such boundary",
        b"--B\r\n" + b"X: y\r\n" * 100,
        b"".join(b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % i for i in range(50)),
        b'--B\r\nContent-Disposition: form-data; name="why"\r\n\r\n' + b"x" * 20_000,
    ],
)
async def test_what_is_no_form_is_refused_and_leaves_nothing(
    coming_in: IngressWorld, desk: Running, body: bytes
) -> None:
    person = desk.as_("alice")
    headers = {"Host": HOST, "Origin": ORIGIN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
    headers["Content-Type"] = "multipart/form-data; boundary=B"
    async with person.http.post(person.base + "ingress/upload", data=body, headers=headers) as got:
        assert got.status in {400, 403}
        assert "Traceback" not in await got.text()
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])


async def test_an_upload_that_breaks_off_leaves_nothing_and_holds_up_nobody(
    coming_in: IngressWorld, desk: Running
) -> None:
    opened = await form(desk)
    fields = {n: opened.page.field(n) for n in ("_xsrf", "upload", "project")} | {"why": WHY}
    parts = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()
    )
    parts += '--B\r\nContent-Disposition: form-data; name="file"; filename="x.py"\r\n\r\nhalf of it'
    jar = opened.person.http.cookie_jar.filter_cookies(URL(desk.base))
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
    host, _, port = desk.base.removeprefix("http://").split("/")[0].partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /services/desk/ingress/upload HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nCookie: {cookies}\r\n"
        f"User-Agent: {SERVER_SOFTWARE}\r\n"  # the hub's token is good for one browser
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {len(parts) + 1000}\r\n\r\n"
    )
    writer.write((head + parts).encode())
    await writer.drain()
    for _ in range(100):
        await asyncio.sleep(0.05)
        if coming_in.copies.copies.exists() and left_over(coming_in):
            break
    assert len(left_over(coming_in)) == 1
    busy = await opened.send()
    assert (busy.status, "uploading another file" in busy.words) == (409, True)
    writer.close()
    for _ in range(100):
        await asyncio.sleep(0.05)
        if not left_over(coming_in):
            break
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])
    assert (await opened.send()).status == 303


async def test_a_full_disk_leaves_nothing_half_done(
    coming_in: IngressWorld, desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await form(desk)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Upload, "_take", full)
        answer = await opened.send()
    assert (answer.status, "nothing was changed" in answer.words) == (500, True)
    assert (numbers(coming_in), left_over(coming_in)) == ([], [])
    assert (await opened.send()).status == 303


async def test_the_address_that_a_browser_shows_after_a_mistake_is_the_form_again(desk: Running) -> None:
    answer = await desk.as_("alice").get("ingress/upload")
    assert (answer.status, "Bring a file in" in answer.words) == (200, True)


async def test_names_and_words_are_drawn_as_text(coming_in: IngressWorld, desk: Running) -> None:
    mark = secrets.token_hex(4)
    hostile = f"<img src=x onerror={mark}>"
    await (await form(desk)).send(hostile.encode(), f"{hostile}.py", why=hostile)
    coming_in.run()
    (number,) = numbers(coming_in)
    for page in (await desk.as_("alice").get(), await desk.as_("bob").get(f"ingress/{number}/review")):
        assert mark in page.text
        assert "<img" not in page.text
