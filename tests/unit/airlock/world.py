"""A small world for the airlock's tests: people, a project, seats on disk, a checker that really runs apart.

The checker here is a program of thirty lines with the same command line and JSON form as the real one, in
a Python environment of its own, so that tests can change its policy, its code, and its manners. It runs in
the same isolation. ``test_with_the_real_checker`` uses the real one.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from output_checker.staging import stage
from output_checker.staging.reply import Reply, replies
from sqlalchemy import select

from hub.airlock import business
from hub.airlock.check import Checker
from hub.airlock.intake import Intake
from hub.airlock.quarantine import Quarantine
from hub.airlock.records import author_view, find
from hub.airlock.release import Airlock
from hub.airlock.states import State
from hub.airlock.tokens import load_key, make
from hub.governance.members import add_member
from hub.governance.people import add_person, grant_role
from hub.governance.projects import create_project
from hub.governance.roles import Role
from hub.ledger import EventKind
from hub.store import Store
from hub.store.models import AirlockRequest, LedgerEntry
from hub.store.names import SeatId

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONSOLE = "console:test"

SAFE = "severity,casualties\nslight,120\nserious,35\n"
UNSAFE = "severity,casualties\nslight,120\nserious,3\n"

CHECKER = """
import csv, hashlib, json, pathlib, sys
here = pathlib.Path(__file__).parent
arguments = sys.argv[2:]
policy = arguments[arguments.index("--policy") + 1]
threshold = int((here / "policies" / f"{policy}.yaml").read_text().split(":")[1])
files, worst = [], 0
for path in arguments[: arguments.index("--policy")]:
    content = pathlib.Path(path).read_bytes()
    findings = []
    try:
        for r, row in enumerate(csv.reader(content.decode().splitlines()), 1):
            for c, cell in enumerate(row):
                if cell.isdecimal() and int(cell) < threshold:
                    findings.append({"rule": "threshold", "severity": "block", "where": f"{chr(65 + c)}{r}",
                                     "message": f"{cell} is below {threshold}", "fix": "Suppress or round it."})
    except UnicodeDecodeError:
        findings.append({"rule": "unreadable", "severity": "block", "where": "the file", "message": "not UTF-8",
                         "fix": None})
    verdict = "block" if findings else "clear"
    worst = max(worst, 2 if findings else 0)
    files.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "kind": "table",
                  "statistics": [], "findings": findings, "verdict": verdict})
print(json.dumps({"policy": policy, "files": files, "verdict": ["clear", "review", "block"][worst]}))
sys.exit(worst)
"""


def checker_environment(root: Path, program: str = CHECKER, policies: dict[str, str] | None = None) -> Path:
    """A Python environment that holds an output checker of our own; returns its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    site = next((root / "lib").glob("python3*")) / "site-packages"
    package = site / "output_checker"
    (package / "policies").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text(textwrap.dedent(program))
    for name, text in (policies or {"sacro": "threshold: 10"}).items():
        (package / "policies" / f"{name}.yaml").write_text(text)
    info = site / "output_checker-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: output-checker\nVersion: 9.9\n")
    return root / "bin" / "python"


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        """Let time pass."""
        self.now += timedelta(**amount)


@dataclass
class World:
    """The airlock of one installation, with shortcuts that read like the sentences of the tests."""

    store: Store
    state: Path
    python: Path
    clock: Clock = field(default_factory=Clock)
    timeout_s: float = 30

    def __post_init__(self) -> None:
        self.seats = self.state / "seats"
        self.quarantine = Quarantine(self.state / "airlock")
        self.quarantine.prepare()
        self.key = load_key(self.state / "keys")

    @cached_property
    def airlock(self) -> Airlock:
        """The parts of this installation's airlock."""
        return self.new_airlock()

    @cached_property
    def intake(self) -> Intake:
        """The one intake at work."""
        return Intake(self.airlock, self.seats)

    def new_airlock(self) -> Airlock:
        """Another process's view of the same installation."""
        checker = Checker(self.python, timeout_s=self.timeout_s)
        return Airlock(self.store, self.quarantine, checker, self.key, self.clock)

    def people(self) -> None:
        """alice and dave research in heart; bob, carol and erin check outputs, and erin belongs to heart."""
        with self.store.write() as session:
            for name in ("alice", "bob", "carol", "dave", "erin", "frank"):
                add_person(
                    session, name=name, full_name=name.title(), password_hash=None, actor=CONSOLE, now=NOW
                )
            for name in ("bob", "carol", "erin"):
                grant_role(session, name=name, role=Role.OUTPUT_CHECKER, actor=CONSOLE, now=NOW)
            create_project(
                session,
                slug="heart",
                title="Heart",
                tier="synthetic",
                policy_name="sacro",
                starts_at=NOW - timedelta(days=1),
                ends_at=NOW + timedelta(days=90),
                actor=CONSOLE,
                now=NOW,
            )
            for name in ("alice", "dave", "erin"):
                add_member(
                    session,
                    project="heart",
                    person=name,
                    starts_at=NOW - timedelta(hours=1),
                    ends_at=NOW + timedelta(days=30),
                    actor=CONSOLE,
                    now=NOW,
                )
        for name in ("alice", "dave", "erin"):
            for folder in ("outbox", "inbox"):
                (self.seats / f"{name}.heart" / folder).mkdir(parents=True, exist_ok=True)

    def outbox(self, person: str = "alice") -> Path:
        """A seat's outbox on the host."""
        return self.seats / f"{person}.heart" / "outbox"

    def inbox(self, person: str = "alice") -> Path:
        """A seat's inbox on the host."""
        return self.seats / f"{person}.heart" / "inbox"

    def stage(
        self, text: str = SAFE, person: str = "alice", name: str = "table.csv", context: str | None = None
    ) -> str:
        """Stage one file as the person would."""
        work = self.state / "work"
        work.mkdir(exist_ok=True)
        (work / name).write_text(text)
        return stage([work / name], outbox=self.outbox(person), context=context)

    def run(self) -> None:
        """Let the airlock do all that is due."""
        while self.intake.once():
            pass

    def numbers(self, person: str | None = None) -> list[int]:
        """The numbers of all requests, oldest first."""
        with self.store.read() as session:
            found = session.scalars(
                select(AirlockRequest).order_by(AirlockRequest.taken_at, AirlockRequest.number)
            )
            return [r.number for r in found if person is None or r.seat.person.name == person]

    def staged(self, text: str = SAFE, **more: str) -> int:
        """A request in state staged."""
        before = set(self.numbers())
        self.stage(text, **more)
        self.run()
        (number,) = set(self.numbers()) - before
        return number

    def submitted(self, text: str = SAFE) -> int:
        """A request in state submitted."""
        number = self.staged(text)
        self.submit(number)
        return number

    def approved(self, text: str = SAFE) -> int:
        """A request in state approved that the airlock has not released yet."""
        number = self.submitted(text)
        self.approve(number, "bob")
        self.approve(number, "carol")
        return number

    def released(self, text: str = SAFE) -> int:
        """A request in state released."""
        number = self.approved(text)
        self.run()
        assert self.state_of(number) is State.RELEASED
        return number

    def submit(self, number: int, person: str = "alice") -> None:
        """As on the desk."""
        self._write(lambda s: business.submit(s, number, person=person, now=self.clock()))

    def withdraw(self, number: int, person: str = "alice") -> None:
        """As on the desk."""
        self._write(lambda s: business.withdraw(s, number, person=person, now=self.clock()))

    def approve(self, number: int, person: str, seen: str | None = None, comment: str | None = None) -> None:
        """As on the desk, on what lies there now unless told what was seen."""
        seen = self.binding(number) if seen is None else seen
        self._write(
            lambda s: business.approve(
                s,
                number,
                person=person,
                seen=seen,
                comment=comment,
                quarantine=self.quarantine,
                now=self.clock(),
            )
        )

    def reject(self, number: int, person: str, comment: str | None = "Too few people.") -> None:
        """As on the desk."""
        seen = self.binding(number)
        self._write(
            lambda s: business.reject(s, number, person=person, seen=seen, comment=comment, now=self.clock())
        )

    def download(self, number: int, person: str = "alice", index: int = 0, token: str | None = None) -> None:
        """As on the desk."""
        token = self.token(number, index) if token is None else token
        self._write(
            lambda s: business.download(s, number, index, person=person, token=token, now=self.clock())
        )

    def token(self, number: int, index: int = 0) -> str:
        """The token that the author's page holds."""
        with self.store.read() as session:
            files = find(session, number).files
            return make(self.key, number, index, files[index].sha256) if files else "there is no file"

    def state_of(self, number: int) -> State:
        """Where a request stands."""
        with self.store.read() as session:
            return author_view(find(session, number)).state

    def binding(self, number: int) -> str:
        """What a decision would bind to."""
        with self.store.read() as session:
            return find(session, number).binding or ""

    def reply(self, number: int, person: str = "alice") -> Reply:
        """What the room was told last."""
        (found,) = [r for r in replies(self.inbox(person)) if r.number == number]
        return found

    def ledger(self, kind: EventKind) -> list[LedgerEntry]:
        """All entries of a kind."""
        with self.store.read() as session:
            return list(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind)))

    def _write(self, work: Callable[..., object]) -> None:
        with self.store.write() as session:
            work(session)


ALICE = SeatId("alice.heart")
