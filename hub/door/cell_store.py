"""What passed the doors as text, such as cells and paths: encrypted, one folder and one key for each project.

The ledger keeps only a keyed hash, since code can hold patient values. Destroying a project's key destroys
its texts, backups included; a day's file goes when its retention ends.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from output_checker.errors import PlainError


class CellStore:
    """Append and read the source texts of one project under ``state``."""

    def __init__(self, state: Path, project: str) -> None:
        self._folder = state / "cells" / project
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _project_key(state / "keys" / "cells", project)
        self._cipher = Fernet(key)
        self._mac_key = hashlib.blake2b(key, person=b"cell-digest").digest()

    def digest(self, code: str) -> str:
        """A keyed hash of the text: equal texts of a project are seen as equal, and nothing more is told."""
        return hmac.new(self._mac_key, code.encode(), hashlib.sha256).hexdigest()

    def append(
        self, *, seat: str, number: int, now: datetime, code: str, kind: str = "execute_request"
    ) -> None:
        """Write one text durably before the ledger says that it passed. ``kind`` says what it is."""
        record = {"seat": seat, "number": number, "at": now.isoformat(), "kind": kind, "code": code}
        # A break on both sides: the rest of a line that a crash cut off does not spoil this one.
        text = zlib.compress(json.dumps(record, ensure_ascii=False).encode())
        line = b"\n" + self._cipher.encrypt(text) + b"\n"
        path = self._folder / f"{now.date().isoformat()}.cells"
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # One write call: lines of two writers do not mix.
            if os.write(fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(fd)
        finally:
            os.close(fd)

    def read(self) -> Iterator[dict[str, Any]]:
        """Every text kept, oldest day first. Then raises PlainError if a line could not be read, naming it."""
        damaged: list[str] = []
        for path in sorted(self._folder.glob("*.cells")):
            for place, line in enumerate(path.read_bytes().split(b"\n"), start=1):
                if not line:
                    continue
                try:
                    yield json.loads(zlib.decompress(self._cipher.decrypt(line)))
                except InvalidToken:
                    damaged.append(f"{path.name}, line {place}")
        if damaged:
            others = f" and {len(damaged) - 1} others" if len(damaged) > 1 else ""
            raise PlainError(f"{damaged[0]}{others}: damaged, or written under another key.")

    def expired(self, *, today: date, keep_days: int) -> list[str]:
        """The days whose retention has ended and whose texts are still here."""
        oldest_kept = today - timedelta(days=keep_days)
        days = sorted(path.stem for path in self._folder.glob("*.cells"))
        return [day for day in days if date.fromisoformat(day) < oldest_kept]

    def delete(self, days: Iterable[str]) -> None:
        """Delete the texts of these days; again does no harm."""
        for day in days:
            (self._folder / f"{day}.cells").unlink(missing_ok=True)


def _project_key(folder: Path, project: str) -> bytes:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{project}.key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    unfinished = folder / f".{project}.{os.getpid()}"
    unfinished.write_bytes(Fernet.generate_key())
    unfinished.chmod(0o600)
    with contextlib.suppress(FileExistsError):
        os.link(unfinished, path)  # whoever links first wins, and both read the winner's key
    unfinished.unlink()
    return path.read_bytes()
