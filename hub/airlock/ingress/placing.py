"""Put an approved file into a seat's inbox in one step: ``<day>-<number>/<name>``, for the room to read only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.airlock.inbox import InboxUnusable, SeatFolders, open_seat
from hub.airlock.quarantine import CopyChanged
from hub.store.names import SeatId

_CHUNK = 1024 * 1024
_UNFINISHED = ".placing-"
_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}-(\d{6,9})", re.ASCII)


def folder_name(number: int, approved_at: datetime) -> str:
    """The folder in the inbox: the day of the last approval, UTC, and the request's number."""
    return f"{approved_at:%Y-%m-%d}-{number}"


@dataclass(frozen=True)
class Prepared:
    """A copy beside the inbox, where no room sees it, ready to be moved in by one rename."""

    folders: SeatFolders
    unfinished: str
    folder: str

    def put(self) -> None:
        """Move it into the inbox, durably."""
        os.rename(self.unfinished, self.folder, src_dir_fd=self.folders.seat, dst_dir_fd=self.folders.inbox)
        os.fsync(self.folders.inbox)


@contextlib.contextmanager
def prepared(
    seats: Path, seat: SeatId, copy: Path, *, number: int, name: str, sha256: str, folder: str
) -> Iterator[Prepared]:
    """Copy the airlock's copy beside the inbox of ``seat`` and hash what was written.

    Raises InboxUnusable where there is no inbox yet, and CopyChanged where the bytes are not ``sha256``. What
    was not put into the inbox in the end is removed again.
    """
    try:
        with open_seat(seats, seat) as folders:
            unfinished = f"{_UNFINISHED}{number}"
            _remove(folders.seat, unfinished)  # left by a crash
            # Not recorded as placed, or it would not be placed now: a crash came between the two.
            _remove(folders.inbox, folder)
            os.mkdir(unfinished, 0o755, dir_fd=folders.seat)
            try:
                _copy(folders.seat, unfinished, copy, name, sha256)
                yield Prepared(folders, unfinished, folder)
            finally:
                _remove(folders.seat, unfinished)
    except OSError as fault:
        raise InboxUnusable(f"The inbox of {seat} cannot be written ({fault.strerror}).") from fault


def remove_unrecorded(seats: Path, seat: SeatId, recorded: frozenset[str]) -> int:
    """Remove folders of our form from an inbox that no record knows: a crash came before the commit."""
    removed = 0
    with open_seat(seats, seat) as folders:
        for name in _names(folders.inbox):
            if _FOLDER.fullmatch(name) and name not in recorded:
                _remove(folders.inbox, name)
                removed += 1
        for name in _names(folders.seat):
            if name.startswith(_UNFINISHED):
                _remove(folders.seat, name)
    return removed


def _copy(seat: int, unfinished: str, copy: Path, name: str, sha256: str) -> None:
    """Copy, hash, and only then give it to the room: read-only, whatever the umask says."""
    target = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=seat)
    try:
        try:
            source = os.open(copy, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as fault:
            raise CopyChanged("The airlock's copy cannot be read.") from fault
        digest = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with (
            os.fdopen(source, "rb") as reader,
            os.fdopen(os.open(name, flags, 0o444, dir_fd=target), "wb") as writer,
        ):
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                writer.write(chunk)
            writer.flush()
            os.fchmod(writer.fileno(), 0o444)
            os.fsync(writer.fileno())
        if digest.hexdigest() != sha256:
            raise CopyChanged("The airlock's copy is no longer what was uploaded.")
        os.fchmod(target, 0o755)
        os.fsync(target)
    finally:
        os.close(target)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _remove(parent: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(name, dir_fd=parent)
