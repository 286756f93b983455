"""A PostgreSQL server for tests, from Debian's binaries, never as root, always stopped by its process id."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import pg8000.native

_USER = "lockedroom"


def _binaries() -> Path | None:
    """The newest version's directory, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def missing_binaries() -> str | None:
    """Why no server can be started here, or None."""
    return None if _binaries() else "PostgreSQL's server is not installed (apt-get install postgresql)"


def _unprivileged() -> tuple[int, int] | None:
    """Whom to run as: PostgreSQL refuses root. None when we are not root anyway."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("postgres" if "postgres" in {p.pw_name for p in pwd.getpwall()} else "nobody")
    return entry.pw_uid, entry.pw_gid


def _end_with_the_tests() -> None:
    # A test run that is killed cannot tear down: the kernel stops the server then (PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


class Postgres:
    """One server with data in a temporary directory; ``with Postgres() as server``."""

    def __init__(self) -> None:
        binaries = _binaries()
        assert binaries is not None
        self._binaries = binaries
        self._who = _unprivileged()
        # Not below pytest's directory: that is closed to other users, and socket paths are short.
        self._directory = Path(tempfile.mkdtemp(prefix="lockedroom-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Postgres:
        if self._who:
            os.chown(self._directory, *self._who)
        data = self._directory / "data"
        self._run("initdb", "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._directory),
            "max_connections": "100",
            "shared_buffers": "16MB",
        }
        self._process = subprocess.Popen(
            [
                str(self._binaries / "postgres"),
                "-D",
                str(data),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            stdout=(self._directory / "log").open("wb"),
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_the_tests,
            **self._as_user(),
        )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(30)
        shutil.rmtree(self._directory, ignore_errors=True)

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one database."""
        return f"postgresql+pg8000://{_USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """An empty database."""
        self._sql(f'CREATE DATABASE "{name}"')

    def drop_database(self, name: str) -> None:
        """Remove it, with whoever is still connected."""
        self._sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _sql(self, statement: str) -> None:
        connection = pg8000.native.Connection(_USER, host="127.0.0.1", port=self.port, database="postgres")
        try:
            connection.run(statement)
        finally:
            connection.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self._sql("SELECT 1")
            except Exception:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self._directory / "log").read_text(errors="replace")
                    self.__exit__(None, None, None)
                    raise RuntimeError(f"PostgreSQL did not start: {log}") from None
                time.sleep(0.05)
            else:
                return

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, object]:
        options: dict[str, object] = {
            "cwd": str(self._directory),
            "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"},
        }
        if self._who:
            uid, gid = self._who
            options |= {"user": uid, "group": gid, "extra_groups": []}
        return options
