"""The airlock's own copies: ``quarantine/<number>/<index>``, no name on disk chosen in a room."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from output_checker.errors import PlainError

_CHUNK = 1024 * 1024
_INCOMING = ".incoming-"


class AlreadyRunning(PlainError):
    """Another intake works on the same state directory."""


class CopyChanged(PlainError):
    """The airlock's own copy is not what was taken: nothing of it may leave."""


@dataclass(frozen=True)
class Quarantine:
    """The directory ``<state>/airlock``: copies, and the lock of the one intake that works on them."""

    root: Path

    @property
    def copies(self) -> Path:
        """Where the copies lie."""
        return self.root / "quarantine"

    def prepare(self) -> None:
        """Make the directories, closed to everybody else."""
        for folder in (self.root, self.copies):
            folder.mkdir(mode=0o700, exist_ok=True, parents=True)
            folder.chmod(0o700)

    @contextlib.contextmanager
    def only_intake(self) -> Iterator[None]:
        """Hold the lock of the one intake. Raises AlreadyRunning. The kernel lets go when the process dies."""
        self.prepare()
        fd = os.open(self.root / "intake.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise AlreadyRunning(
                    "The airlock is watching the outboxes already: bundles are taken without this command."
                ) from fault
            yield
        finally:
            os.close(fd)

    def new_incoming(self) -> Path:
        """A name for a copy that has no number yet. The directory is made by who copies."""
        return self.copies / f"{_INCOMING}{secrets.token_hex(8)}"

    def place(self, incoming: Path, number: int) -> None:
        """Give a copy its number, durably. Call it inside the transaction that records the request.

        A copy that lies there under this number belongs to a transaction that never ended, since the caller
        holds the database's write lock and found no such request.
        """
        target = self.copies / str(number)
        if target.exists():
            shutil.rmtree(target)
        incoming.rename(target)
        _sync_directory(self.copies)

    def discard(self, incoming: Path) -> None:
        """Remove a copy that got no number."""
        shutil.rmtree(incoming, ignore_errors=True)

    def sweep(self, known: set[int], dead_after: timedelta = timedelta()) -> None:
        """Remove what a crash left: copies without a number, and numbers without a request.

        Nobody else may be giving a copy its number at the time, and ``known`` was read after that began. Where
        others may be copying, a copy without a number is left over when it has not changed for ``dead_after``.
        """
        dead_before = time.time() - dead_after.total_seconds()
        for entry in self.copies.iterdir():
            left_over = entry.name.startswith(_INCOMING) and _last_change(entry) <= dead_before
            orphan = entry.name.isdecimal() and int(entry.name) not in known
            if left_over or orphan:
                shutil.rmtree(entry)

    def remove(self, number: int) -> bool:
        """Remove the copy of a request; False if there is none. What a crash leaves of it is removed next time."""
        target = self.copies / str(number)
        if not target.exists():
            return False
        shutil.rmtree(target)
        return True

    def path(self, number: int, index: int) -> Path:
        """Where the copy of one file lies."""
        return self.copies / str(number) / str(index)

    def digest(self, number: int, index: int) -> str:
        """The sha-256 of the bytes as they lie there now. Raises CopyChanged when they cannot be read."""
        digest = hashlib.sha256()
        try:
            fd = os.open(self.path(number, index), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as reader:
                while chunk := reader.read(_CHUNK):
                    digest.update(chunk)
        except OSError as fault:
            raise CopyChanged(f"The airlock's copy of file {index} cannot be read.") from fault
        return digest.hexdigest()

    def read(self, number: int, index: int, sha256: str) -> bytes:
        """The bytes of one file. Raises CopyChanged unless their sha-256 is ``sha256``."""
        try:
            fd = os.open(self.path(number, index), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as reader:
                content = reader.read()
        except OSError as fault:
            raise CopyChanged(f"The airlock's copy of file {index} cannot be read.") from fault
        if hashlib.sha256(content).hexdigest() != sha256:
            raise CopyChanged(f"The airlock's copy of file {index} is no longer what was taken.")
        return content


def _last_change(incoming: Path) -> float:
    """When a copy that has no number yet was last written to; now, if it just got its number."""
    try:
        return max(entry.stat().st_mtime for entry in (incoming, *incoming.iterdir()))
    except FileNotFoundError:
        return time.time()


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
