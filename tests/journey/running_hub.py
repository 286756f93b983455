"""A real hub for the demo and the tests: its own state, its own ports, stopped by its own process id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hub.governance.members import add_member
from hub.governance.passwords import generate_password, hash_password
from hub.governance.people import add_person, grant_role
from hub.governance.projects import create_project
from hub.governance.roles import Role
from hub.left_running import end_all
from hub.settings import Settings
from hub.store import Store, prepare_store
from hub.store.clock import utc_now

ROOT = Path(__file__).resolve().parents[2]
ACTOR = "console:demo"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at just now."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in sockets]


@dataclass
class Account:
    """A person of the demo, with the password that was made for them."""

    name: str
    full_name: str
    password: str


def first_ids() -> tuple[int, int]:
    """The first user id of seats and group id of projects for a hub that runs beside those of other test workers."""
    settings = Settings()
    apart = 10_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return settings.seat_uid_base + apart, settings.project_gid_base + apart


class RunningHub:
    """``lockedroom serve`` as a child process, with ``state`` as its state directory."""

    def __init__(
        self, state: Path, *, port: int | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        ports = free_ports(4)
        first_seat, first_project = first_ids()
        self.public_url = f"http://lockedroom.localhost:{port or ports[0]}"
        self.environment = {
            "LOCKEDROOM_SEAT_UID_BASE": str(first_seat),
            "LOCKEDROOM_PROJECT_GID_BASE": str(first_project),
            "LOCKEDROOM_STATE": str(state),
            "LOCKEDROOM_ROOM_ENV": str(ROOT / "var" / "room-env"),
            "LOCKEDROOM_PUBLIC_URL": self.public_url,
            "LOCKEDROOM_HUB_PORT": str(ports[1]),
            "LOCKEDROOM_PROXY_API_PORT": str(ports[2]),
            "LOCKEDROOM_DESK_PORT": str(ports[3]),
            **(environment or {}),
        }
        self.arguments: list[str] = []
        self.state = state
        self.log = state / "hub.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._store: Store | None = None

    @property
    def settings(self) -> Settings:
        """The settings this hub runs with."""
        prefix = "LOCKEDROOM_"
        return Settings(
            **{name.removeprefix(prefix).lower(): value for name, value in self.environment.items()}
        )  # type: ignore[arg-type]

    @property
    def store(self) -> Store:
        """The hub's store, as an administrator at the console reaches it."""
        if self._store is None:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = prepare_store(self.settings.database)
        return self._store

    def start(self, within_s: float = 60) -> None:
        """Start and wait until the sign-in page answers."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "serve", *self.arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=ROOT,
            )
        deadline = time.monotonic() + within_s
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the hub did not start; the end of {self.log}:\n{self.log_tail()}")
            time.sleep(0.25)

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and wait until it is gone with all its rooms."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(
                    self.process.pid, signal.SIGKILL
                )  # the hub ends with it; what is left, end_all finds
                self.process.wait()
                end_all(self.settings)
        if self._store is not None:
            self._store.close()
            self._store = None

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``lockedroom …`` against this hub's state."""
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"lockedroom {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done

    def add_person(self, name: str, full_name: str, *roles: Role) -> Account:
        """A person with a fresh password."""
        password = generate_password()
        hashed = hash_password(password)
        with self.store.write() as session:
            now = utc_now()
            add_person(session, name=name, full_name=full_name, password_hash=hashed, actor=ACTOR, now=now)
            for role in roles:
                grant_role(session, name=name, role=role, actor=ACTOR, now=now)
        return Account(name, full_name, password)

    def add_project(self, slug: str, title: str, *, tier: str, members: list[str], days: int = 30) -> None:
        """A project that began yesterday, with its members."""
        now = utc_now()
        starts, ends = now - timedelta(days=1), now + timedelta(days=days)
        with self.store.write() as session:
            create_project(
                session,
                slug=slug,
                title=title,
                tier=tier,
                policy_name="sacro",
                starts_at=starts,
                ends_at=ends,
                actor=ACTOR,
                now=now,
            )
            for member in members:
                add_member(
                    session, project=slug, person=member, starts_at=starts, ends_at=ends, actor=ACTOR, now=now
                )

    def log_tail(self, lines: int = 40) -> str:
        """The end of the hub's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> RunningHub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        port = self.public_url.rpartition(":")[2]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/hub/login", headers={"Host": self.public_url.removeprefix("http://")}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
