"""A hub on which there is something to see on every page: people of every role, requests in every state."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from output_checker.staging import stage
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.airlock import business
from hub.airlock.ingress.states import State as Ingress
from hub.airlock.quarantine import Quarantine
from hub.airlock.states import State
from hub.governance.projects import close_project
from hub.governance.roles import Role
from hub.store.clock import utc_now
from hub.store.models import AirlockRequest
from tests.browser.site import eventually
from tests.journey import coming_in
from tests.journey.running_hub import ACTOR, Account, RunningHub, first_ids
from tests.unit.ingress.world import WHEEL, wheel

APPROVAL = """\
source: stats19
tables:
  casualties: {columns: [collision_index, casualty_severity, casualty_type, age_band_of_casualty]}
"""

CLEAR = "Severity,Casualties\nSlight,1240\nSerious,171\nFatal,34\n"
REVIEW = """\
Age band,Casualties,Mean days in hospital,Admitted again
0 to 15,212,2.1,24
16 to 24,640,2.4,58
25 to 44,1024,2.8,97
45 to 64,987,3.0,<5
65 and over,498,6.2,102
All ages,3980,3.3,301
"""
CODE = b"""def age_band(age: int) -> str:
    \"\"\"The band of an age in years.\"\"\"
    for upper, name in ((16, "0 to 15"), (25, "16 to 24"), (45, "25 to 44"), (65, "45 to 64")):
        if age < upper:
            return name
    return "65 and over"
"""
TABLE = b"code,vehicle\n1,Pedal cycle\n8,Taxi\n9,Car\n11,Bus or coach\n"
BLOCKED = "Severity,Casualties\nSlight,1240\nSerious,171\nFatal,3\n"
CONTEXT = (
    "Casualties of collisions in 2024 by age band: how many, and how long those who were admitted stayed.\n"
    "Counts are people, one row each; the mean is over those admitted. For table 2 of the paper."
)


class BusyService:
    """alice and ben are researchers, carol and dan output checkers; grace, henry and iris hold the other roles."""

    def __init__(self, state: Path) -> None:
        # Other numbers than the hub of the other browser tests, which may be running.
        base = first_ids()[0] + 1000
        self.hub = RunningHub(state, environment={"LOCKEDROOM_SEAT_UID_BASE": str(base)})
        self.accounts: dict[str, Account] = {}
        for name, full_name, *roles in (
            ("alice", "Alice Adeyemi"),
            ("ben", "Ben Brown"),
            ("carol", "Carol Chen", Role.OUTPUT_CHECKER),
            ("dan", "Dan Davies", Role.OUTPUT_CHECKER),
            ("grace", "Grace Green", Role.ADMINISTRATOR),
            ("henry", "Henry Hall", Role.DATA_MANAGER),
            ("iris", "Iris Iqbal", Role.COMMITTEE),
            ("nobody", "Noor Nobody"),
        ):
            self.accounts[name] = self.hub.add_person(name, full_name, *roles)  # type: ignore[arg-type]
        self.hub.add_project(
            "road-safety", "Who is hurt on the road?", tier="synthetic", members=["alice", "ben"], days=200
        )
        self.hub.add_project("winter-roads", "Collisions on winter roads", tier="low", members=["alice"])
        self.hub.add_project("cycle-lanes", "Do cycle lanes help?", tier="low", members=["alice", "carol"])
        self._write(lambda s, now: close_project(s, slug="cycle-lanes", reason="done", actor=ACTOR, now=now))

    def start(self) -> None:
        """Give the first project its data, start the hub, and bring requests into every state."""
        source = self.hub.state / "synthetic-stats19"
        self.hub.command("data", "synthesise", "--seed", "7", "--out", str(source))
        self.hub.command("data", "import", "stats19", str(source))
        approval = self.hub.state / "approval.yaml"
        approval.write_text(APPROVAL)
        self.hub.command("project", "approve", "road-safety", str(approval))
        self.hub.command("data", "extract", "road-safety")
        for person in ("alice", "ben"):
            for folder in ("outbox", "inbox"):
                (self._seat(person) / folder).mkdir(parents=True, mode=0o700)
        self.hub.start()
        self.waiting = self.submitted("age-bands.csv", REVIEW, CONTEXT)
        self.waiting_with_approval = self.submitted("severity.csv", CLEAR, "Casualties by severity.")
        self.approve(self.waiting_with_approval, "dan")
        self.staged = self.stage("severity-again.csv", CLEAR)
        self.blocked = self.stage("severity-small.csv", BLOCKED)
        self.rejected = self.submitted("ages-again.csv", REVIEW, None)
        self._write(
            lambda s, now: business.reject(
                s,
                self.rejected,
                person="dan",
                seen=self._binding(s, self.rejected),
                comment="Please show how many people stand behind each mean.",
                now=now,
            )
        )
        self.withdrawn = self.stage("not-this-one.csv", CLEAR)
        self._write(lambda s, now: business.withdraw(s, self.withdrawn, person="alice", now=now))
        self.released = self.submitted("released.csv", CLEAR, "For the paper.", person="ben")
        for checker in ("carol", "dan"):
            self.approve(self.released, checker)
        self.await_state(self.released, State.RELEASED)
        self.start_coming_in()

    def start_coming_in(self) -> None:
        """Code and a package that wait to be let in, a table that was, and a notebook that is none."""
        hub, project = self.hub, "road-safety"
        self.code = coming_in.waiting(
            hub, "alice", project, "age_bands.py", CODE, "Age bands as in our protocol."
        )
        self.package = coming_in.waiting(
            hub, "ben", project, WHEEL, wheel({"helper/fast.so": b"x"}), "For table 2."
        )
        self.placed = coming_in.waiting(hub, "alice", project, "codes.csv", TABLE, "Codes of vehicle types.")
        coming_in.approve(hub, self.placed, "henry")
        coming_in.await_state(hub, self.placed, Ingress.PLACED)
        refused = coming_in.upload(hub, "alice", project, "old.ipynb", b"{}", "My notebook.")
        coming_in.await_state(hub, refused, Ingress.REFUSED)

    def stop(self) -> None:
        """Stop everything."""
        self.hub.stop()
        for folder in [*self.hub.state.glob("seats/*/*"), *self.hub.state.glob("projects/*/*")]:
            subprocess.run(["umount", "--quiet", "--lazy", str(folder)], check=False)

    @property
    def rooms(self) -> str:
        """The address of the page of one's rooms."""
        return self.hub.public_url + "/hub/home"

    @property
    def desk(self) -> str:
        """The desk's address, with a slash at the end."""
        return self.hub.public_url.replace("//", "//desk.") + "/services/desk/"

    def seat_origin(self, person: str) -> str:
        """The origin of a person's seat in the first project."""
        return self.hub.public_url.replace("//", f"//{person}--road-safety.")

    def sign_in(self, page: Page, person: str) -> None:
        """By the page."""
        page.goto(self.hub.public_url + "/hub/login")
        page.get_by_label("Name").fill(person)
        page.get_by_label("Password").fill(self.accounts[person].password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/home")

    def stage(self, name: str, text: str, context: str | None = None, person: str = "alice") -> int:
        """The number of a new request, when its check has ended.

        What %stage writes in a room is written into the outbox here: no room has to be open.
        """
        known = set(self._numbers())
        work = self.hub.state / "work"
        work.mkdir(exist_ok=True)
        (work / name).write_text(text)
        stage([work / name], outbox=self._seat(person) / "outbox", context=context)
        assert eventually(lambda: bool(set(self._numbers()) - known), within_s=30), self.hub.log_tail()
        (number,) = set(self._numbers()) - known
        assert eventually(lambda: self.state_of(number) is not State.TAKEN, within_s=60), self.hub.log_tail()
        return number

    def submitted(self, name: str, text: str, context: str | None = None, person: str = "alice") -> int:
        """A request that waits for output checkers."""
        number = self.stage(name, text, context, person)
        self._write(lambda s, now: business.submit(s, number, person=person, now=now))
        return number

    def approve(self, number: int, checker: str) -> None:
        """As on the desk."""
        self._write(
            lambda s, now: business.approve(
                s,
                number,
                person=checker,
                seen=self._binding(s, number),
                comment=None,
                quarantine=Quarantine(self.hub.state / "airlock"),
                now=now,
            )
        )

    def state_of(self, number: int) -> State:
        """Where a request stands."""
        with self.hub.store.read() as session:
            return State(session.get_one(AirlockRequest, number).state)

    def await_state(self, number: int, state: State) -> None:
        """Wait for the airlock."""
        assert eventually(lambda: self.state_of(number) is state, within_s=60), self.hub.log_tail()

    def _numbers(self) -> list[int]:
        with self.hub.store.read() as session:
            return list(session.scalars(select(AirlockRequest.number)))

    def _binding(self, session: Session, number: int) -> str:
        return session.get_one(AirlockRequest, number).binding or ""

    def _seat(self, person: str) -> Path:
        return self.hub.state / "seats" / f"{person}.road-safety"

    def _write(self, work: Callable[[Session, datetime], Any]) -> None:
        with self.hub.store.write() as session:
            work(session, utc_now())
