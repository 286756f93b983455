"""The whole journey, as three people walk it: a notebook in a locked room, one table refused, one released.

Everything is the real thing: hub, proxy, sign-in, room, door, airlock, desk. The demo shows it, and the
journey test asserts on what it returns.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from output_checker.errors import PlainError
from sqlalchemy import select

from hub.governance.roles import Role
from hub.ledger import EventKind
from hub.store.models import LedgerEntry
from tests.journey.browser_session import Browser, Page, Ran, Refused, hidden_field
from tests.journey.running_hub import ROOT, Account, RunningHub

PROJECT = "road-safety"
NOTEBOOK = ROOT / "docs" / "tutorial" / "first-table.ipynb"
APPROVAL = ROOT / "docs" / "tutorial" / "approval.yaml"
# So many that the coarse table's groups are large enough to be released.
PEOPLE = 60_000
_ABOUT_LINKS = re.compile(r"^ +(Police and|Ambulance and|expected|measured)")
_ANSWER_WITHIN_S = 60.0


@dataclass
class Step:
    """One line of the demo's table."""

    who: str
    what: str
    outcome: str
    seconds: float


@dataclass
class Journey:
    """What happened. ``released`` are the bytes that the author's browser got, ``linkage`` is how good links are."""

    steps: list[Step] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    linkage: list[str] = field(default_factory=list)
    refusal: str = ""
    refused_number: int = 0
    released_number: int = 0
    released: bytes = b""
    second_download: int = 0
    verified: str = ""

    @property
    def released_sha256(self) -> str:
        """Hash of the bytes that arrived."""
        return hashlib.sha256(self.released).hexdigest()


class Walker:
    """Walks the journey on one hub and tells ``show`` about each step as it ends."""

    def __init__(self, hub: RunningHub, show: Callable[[Step], None]) -> None:
        self.hub = hub
        self.journey = Journey()
        self._show = show

    async def step(self, who: str, what: str, work: Any) -> Any:
        """Await ``work``, which gives (outcome, value), and note how long it took."""
        began = time.monotonic()
        outcome, value = await work
        done = Step(who, what, outcome, time.monotonic() - began)
        self.journey.steps.append(done)
        self._show(done)
        return value

    async def walk(self, stats19: Path | None) -> Journey:
        """All of it; ``stats19`` is a folder with the police's real files, or ``None`` for a synthetic region.

        With real files the health services' records are synthesised around them.
        """
        alice, carol, dan = await self.step(
            "administrator", "Set up", asyncio.to_thread(self._set_up, stats19)
        )
        for what, work in (
            ("Synthesise a region" if stats19 is None else "Synthesise around the police", self._synthesise),
            ("Import sources, opt-outs first", self._import),
            ("Link records", self._link),
        ):
            await self.step("data manager", what, asyncio.to_thread(work, stats19))
        await self.step("data manager", "Make the extract", asyncio.to_thread(self._extract))
        await self.step("system", "Start the hub", asyncio.to_thread(self._start))
        async with self._browser(alice) as author:
            await self.step(alice.name, "Sign in and open the locked room", self._enter(author, alice))
            await self.step(alice.name, "Run the notebook in the room", self._run_notebook(author))
            await self.step(alice.name, "Read the airlock's answers in the room", self._read_replies(author))
            await self.step(alice.name, "Submit on the desk, by number", self._submit(author))
            for checker in (carol, dan):
                await self.step(checker.name, "Check and approve", self._approve(checker))
            await self.step(alice.name, "Download, once", self._download(author))
            await self.step(alice.name, "Leave the room", self._leave(author))
        await self.step(
            "anybody", "Verify the ledger against its signed head", asyncio.to_thread(self._verify)
        )
        return self.journey

    def _synthesise(self, stats19: Path | None) -> tuple[str, None]:
        asked = ["--people", str(PEOPLE)]
        if stats19 is not None:
            self._data("import", "stats19", str(stats19))
            asked = ["--police", "current"]
        said = self._data("synthesise", *asked, "--seed", "7", "--out", str(self._region))
        counts = ", ".join(re.findall(r"[\d,]+ (?:collisions|people|patient records|admissions)", said))
        return f"{counts} (synthetic)", None

    def _import(self, stats19: Path | None) -> tuple[str, None]:
        left_out = self._data("opt-out", str(self._region / "opt-outs.txt"))
        if stats19 is None:
            self._data("import", "stats19", str(self._region / "police"))
        keepers = ("gp", "hospital", "ambulance", "population")
        with ThreadPoolExecutor(2) as workers:
            list(workers.map(lambda one: self._data("import", one, str(self._region / one)), keepers))
        (persons,) = re.findall(r"([\d,]+) persons", left_out)
        kind = "synthetic" if stats19 is None else "real"
        return f"5 sources, the police's {kind}; an opt-out list of {persons} persons", None

    def _link(self, stats19: Path | None) -> tuple[str, None]:
        said = self._data("link", "--truth", str(self._region / "truth"))
        self.journey.linkage = [line.strip() for line in said.splitlines() if _ABOUT_LINKS.search(line)]
        (casualties,) = re.findall(r"([\d,]+ of [\d,]+ casualties) linked", said)
        (measured, _) = re.findall(r"precision [\d.]+, recall [\d.]+(?=, F1)", said)
        return f"{casualties} linked; measured {measured}", None

    @property
    def _region(self) -> Path:
        return self.hub.state / "region"

    def _data(self, *arguments: str) -> str:
        """What ``lockedroom data …`` prints. Raises PlainError with what it says when it refuses."""
        done = self.hub.command("data", *arguments, check=False)
        if done.returncode != 0:
            raise PlainError(done.stderr.strip() or f"lockedroom data {' '.join(arguments)} failed.")
        return done.stdout

    def _set_up(self, stats19: Path | None) -> tuple[str, tuple[Account, Account, Account]]:
        alice = self.hub.add_person("alice", "Alice Adeyemi")
        carol = self.hub.add_person("carol", "Carol Chen", Role.OUTPUT_CHECKER)
        dan = self.hub.add_person("dan", "Dan Davies", Role.OUTPUT_CHECKER)
        tier = "synthetic" if stats19 is None else "low"
        self.hub.add_project(PROJECT, "Who is hurt on the road?", tier=tier, members=["alice"])
        self.hub.command("project", "approve", PROJECT, str(APPROVAL))
        self.journey.accounts = [alice, carol, dan]
        return "1 researcher, 2 output checkers, 1 project", (alice, carol, dan)

    def _extract(self) -> tuple[str, None]:
        said = self._data("extract", PROJECT)
        return said.splitlines()[-1].strip(), None

    def _start(self) -> tuple[str, None]:
        self.hub.start()
        return self.hub.public_url, None

    def _browser(self, account: Account) -> Browser:
        return Browser(self.hub.public_url, account.name)

    async def _enter(self, author: Browser, alice: Account) -> tuple[str, None]:
        await author.sign_in(alice.password)
        page = await author.open_room(PROJECT)
        return f"JupyterLab at {page.url.split('/user/')[0]}", None

    async def _run_notebook(self, author: Browser) -> tuple[str, None]:
        notebook = json.loads(NOTEBOOK.read_text())
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        kernel = await author.kernel(PROJECT)
        for count, cell in enumerate(cells, start=1):
            ran = await kernel.run("".join(cell["source"]))
            if ran.error:
                raise RuntimeError(f"cell {count} of the notebook failed: {ran.error}")
            cell["execution_count"], cell["outputs"] = count, _outputs(ran, count)
        await kernel.close()
        content = {"type": "notebook", "format": "json", "content": notebook}
        await author.room_api(PROJECT, "PUT", "api/contents/home/first-table.ipynb", content)
        return f"{len(cells)} cells through the door", None

    async def _read_replies(self, author: Browser) -> tuple[str, None]:
        """Wait inside the room until both bundles are answered; the table's flagged cells are told there."""
        kernel = await author.kernel(PROJECT)
        deadline = time.monotonic() + _ANSWER_WITHIN_S
        while True:
            replies = json.loads((await kernel.run(_READ_REPLIES)).text)
            verdicts = {reply["state"]: reply for reply in replies}
            if {"blocked", "staged"} <= verdicts.keys():
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"the airlock did not answer: {replies}")
            await asyncio.sleep(0.5)
        await kernel.close()
        blocked, staged = verdicts["blocked"], verdicts["staged"]
        self.journey.refused_number, self.journey.released_number = blocked["number"], staged["number"]
        self.journey.refusal = blocked["first"]
        return f"{blocked['number']} refused: {blocked['first']}", None

    async def _submit(self, author: Browser) -> tuple[str, None]:
        number = self.journey.released_number
        page = await author.visit(author.desk)
        page = await self._press(author, page, f"requests/{number}/submit")
        return f"request {number} is {_state(page, number)}", None

    async def _approve(self, checker: Account) -> tuple[str, None]:
        number = self.journey.released_number
        async with self._browser(checker) as browser:
            await browser.sign_in(checker.password)
            page = await browser.visit(f"{browser.desk}requests/{number}/review")
            fields = {"seen": hidden_field(page, "seen"), "comment": "Every group is large."}
            await self._press(browser, page, f"requests/{number}/approve", fields)
        return "approved", None

    async def _download(self, author: Browser) -> tuple[str, None]:
        number = self.journey.released_number
        action = f"requests/{number}/files/0/download"
        deadline = time.monotonic() + _ANSWER_WITHIN_S
        page = await author.visit(author.desk)
        while action not in page.text:
            if time.monotonic() > deadline:
                raise RuntimeError(f"request {number} was not released: {page.words()}")
            await asyncio.sleep(0.5)
            page = await author.visit(author.desk)
        fields = {"_xsrf": hidden_field(page, "_xsrf"), "token": hidden_field(page, "token")}
        headers = {"Origin": author.origin(f"desk.{author.public_url.split('/')[2].split(':')[0]}")}
        headers |= {"Referer": page.url, "Sec-Fetch-Site": "same-origin"}
        async with author.http.post(author.desk + action, data=fields, headers=headers) as answer:
            self.journey.released = await answer.read()
            if answer.status != 200:
                raise Refused(answer.status, self.journey.released.decode(errors="replace"))
        async with author.http.post(author.desk + action, data=fields, headers=headers) as answer:
            self.journey.second_download = answer.status
        return f"{len(self.journey.released)} bytes, sha-256 {self.journey.released_sha256[:12]}…", None

    async def _leave(self, author: Browser) -> tuple[str, None]:
        await author.close_room(PROJECT)
        return "room stopped", None

    def _verify(self) -> tuple[str, None]:
        self.hub.command("ledger", "head")
        self.journey.verified = self.hub.command(
            "ledger", "verify", "--anchor", str(self.hub.settings.anchors)
        ).stdout
        return " ".join(self.journey.verified.split())[:90], None

    async def _press(
        self, browser: Browser, page: Page, action: str, fields: dict[str, str] | None = None
    ) -> Page:
        """Press a button of a page on the desk."""
        sent = {"_xsrf": hidden_field(page, "_xsrf"), **(fields or {})}
        after = await browser.submit(browser.desk + action, sent, page=page)
        if after.status != 200:
            raise Refused(after.status, after.words())
        return after


def ledger_payloads(hub: RunningHub, kind: EventKind) -> list[dict[str, Any]]:
    """The payloads of all entries of one kind, oldest first."""
    with hub.store.read() as session:
        found = session.scalars(
            select(LedgerEntry.payload).where(LedgerEntry.kind == kind.value).order_by(LedgerEntry.seq)
        )
        return [json.loads(payload) for payload in found]


# Run in the room: what the airlock wrote into the inbox, as the researcher's own code sees it.
_READ_REPLIES = """
import json as _json, pathlib as _pathlib
_found = []
for _path in sorted(_pathlib.Path("/inbox/.airlock").glob("*.json")):
    _reply = _json.loads(_path.read_text())
    _said = [finding["message"] for part in _reply.get("files", []) for finding in part.get("findings", [])]
    _found.append({"number": _reply["number"], "state": _reply["state"], "first": _said[0] if _said else ""})
print(_json.dumps(_found))
"""


def _outputs(ran: Ran, count: int) -> list[dict[str, Any]]:
    if ran.displayed:
        data = ran.displayed[-1]
        return [{"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}]
    return [{"output_type": "stream", "name": "stdout", "text": ran.text}] if ran.text else []


def _state(page: Page, number: int) -> str:
    words = re.search(rf"\b{number}\b.*?\b(staged|submitted|approved|released|rejected)\b", page.words())
    return words.group(1) if words else "unknown"
