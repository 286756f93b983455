"""The airlock's world with a porter: people, a project, uploads as the desk makes them, and files to upload."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from hub.airlock.ingress import business, records
from hub.airlock.ingress.policy import DEFAULT, PolicyFile
from hub.airlock.ingress.porter import Porter
from hub.airlock.ingress.scan import Scanner
from hub.airlock.ingress.states import State
from hub.airlock.ingress.upload import Incoming
from hub.airlock.quarantine import Quarantine
from hub.governance.people import grant_role
from hub.governance.roles import Role
from hub.ledger import EventKind
from hub.store.models import IngressRequest, LedgerEntry
from tests.unit.airlock.world import CONSOLE, NOW, Clock, World

CODE = b"def mean(values):\n    return sum(values) / len(values)\n"
# Found by a signature of the tests' own, and harmless.
MALWARE = b"print('lockedroom-test-signature')\n"
SIGNATURES = "Lockedroom.Test:0:*:" + b"lockedroom-test-signature".hex() + "\n"


@dataclass
class IngressWorld:
    """alice and dave research in heart. bob and carol check outputs, frank manages data; erin checks and belongs."""

    world: World
    scanner: Scanner = field(default_factory=lambda: Scanner(program=None))

    def __post_init__(self) -> None:
        self.policy_path = self.world.state / "ingress.yaml"
        self.policy_path.write_bytes(DEFAULT.read_bytes())
        self.policy = PolicyFile(self.policy_path)
        self.copies = Quarantine(self.world.state / "ingress")
        self.copies.prepare()
        with self.world.store.write() as session:
            grant_role(session, name="frank", role=Role.DATA_MANAGER, actor=CONSOLE, now=NOW)

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.world.clock

    @cached_property
    def porter(self) -> Porter:
        """The one porter at work."""
        return self.new_porter()

    def new_porter(self) -> Porter:
        """A porter as after a restart, which has not begun yet."""
        return Porter(
            self.world.store, self.copies, self.world.seats, self.policy, self.scanner, self.world.clock
        )

    def change_policy(self, **places: Any) -> None:
        """Set values in the policy by their place, ``types__table__approvals=2``."""
        content = yaml.safe_load(self.policy_path.read_text())
        for place, value in places.items():
            *above, last = place.split("__")
            part = content
            for name in above:
                part = part[name]
            part[last] = value
        self.policy_path.write_text(yaml.safe_dump(content))

    def upload(
        self,
        content: bytes = CODE,
        name: str = "means.py",
        person: str = "alice",
        key: str | None = None,
        why: str = "A helper of my own, from my laptop.",
        project: str = "heart",
    ) -> int:
        """Upload as the desk does; the request's number."""
        policy = self.policy.now().policy
        incoming = Incoming(self.copies, name, policy)
        try:
            for start in range(0, len(content), 64 * 1024):
                incoming.write(content[start : start + 64 * 1024])
            uploaded = incoming.finish()
            return self.write(
                lambda s: business.receive(
                    s,
                    person=person,
                    project=project,
                    upload_key=key or secrets.token_hex(16),
                    uploaded=uploaded,
                    why=why,
                    policy=policy,
                    place=lambda n: self.copies.place(uploaded.folder, n),
                    now=self.clock(),
                )
            )
        finally:
            incoming.discard()

    def waiting(self, content: bytes = CODE, name: str = "means.py", person: str = "alice") -> int:
        """A request that waits for people."""
        number = self.upload(content, name, person)
        self.run()
        assert self.state_of(number) is State.WAITING, self.row(number).refusal
        return number

    def approved(self, content: bytes = CODE, name: str = "means.py") -> int:
        """A request that was approved and not placed yet."""
        number = self.waiting(content, name)
        self.approve(number, "bob")
        if self.state_of(number) is State.WAITING:
            self.approve(number, "frank")
        assert self.state_of(number) is State.APPROVED
        return number

    def placed(self, content: bytes = CODE, name: str = "means.py") -> int:
        """A request whose file lies in the inbox."""
        number = self.approved(content, name)
        self.run()
        assert self.state_of(number) is State.PLACED
        return number

    def run(self) -> None:
        """Let the porter do all that is due."""
        while self.porter.once():
            pass

    def approve(self, number: int, person: str, seen: str | None = None, comment: str | None = None) -> None:
        """As on the desk, on what lies there now unless told what was seen."""
        seen = self.row(number).binding or "" if seen is None else seen
        self.write(
            lambda s: business.approve(
                s,
                number,
                person=person,
                seen=seen,
                comment=comment,
                loaded=self.policy.now(),
                now=self.clock(),
            )
        )

    def reject(self, number: int, person: str, comment: str | None = "Not needed.") -> None:
        """As on the desk."""
        seen = self.row(number).binding or ""
        self.write(
            lambda s: business.reject(
                s,
                number,
                person=person,
                seen=seen,
                comment=comment,
                loaded=self.policy.now(),
                now=self.clock(),
            )
        )

    def withdraw(self, number: int, person: str = "alice") -> None:
        """As on the desk."""
        policy = self.policy.now().policy
        self.write(lambda s: business.withdraw(s, number, person=person, policy=policy, now=self.clock()))

    def write(self, work: Callable[[Session], Any]) -> Any:
        """In one transaction."""
        with self.world.store.write() as session:
            return work(session)

    def row(self, number: int) -> IngressRequest:
        """The record as it stands."""
        with self.world.store.read() as session:
            return records.find(session, number)

    def state_of(self, number: int) -> State:
        """Where a request stands."""
        return State(self.row(number).state)

    def inbox(self, person: str = "alice") -> dict[str, bytes]:
        """What lies in a seat's inbox besides the airlock's replies: path → content."""
        root = self.world.inbox(person)
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".airlock" not in path.parts
        }

    def in_the_inbox(self, number: int) -> Path:
        """The file of a placed request, on the host."""
        row = self.row(number)
        return self.world.inbox() / str(row.placed_as) / row.name

    def ledger(self, kind: EventKind) -> list[LedgerEntry]:
        """All entries of a kind."""
        return self.world.ledger(kind)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An ordinary zip, the same at every hour."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def wheel(
    files: Mapping[str, bytes] | None = None, *, record: Callable[[str], str] = lambda text: text
) -> bytes:
    """The wheel helper-1.0-py3-none-any.whl with these files besides its own; ``record`` may spoil its RECORD."""
    content = {
        "helper/__init__.py": b"VALUE = 1\n",
        "helper-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: helper\nVersion: 1.0\n",
        "helper-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(files or {}),
    }
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in content.items()]
    text = "\n".join([*lines, "helper-1.0.dist-info/RECORD,,"]) + "\n"
    return zipped({**content, "helper-1.0.dist-info/RECORD": record(text).encode()})


WHEEL = "helper-1.0-py3-none-any.whl"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
