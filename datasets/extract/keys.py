"""The pseudonym key of a project: 256 random bits, made once, in a file that only the zone's owner reads.

Whoever holds the key and the source can undo the pseudonyms; destroying it is how a project's link to the
source ends.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from pathlib import Path

from output_checker.errors import PlainError

from datasets.snapshot import sync
from datasets.zone import DataZone, is_hash

KEY_BYTES = 32


def project_key(zone: DataZone, project: str) -> bytes:
    """The 32 bytes of the project's key, made now if it never had one; safe for many processes.

    Raises PlainError when the file is not a private file of 32 bytes, or when it is gone although extracts
    were made with it: new pseudonyms would silently not match the old ones.
    """
    zone.create()
    path = zone.key_file(project)
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    folder = zone.extracts(project)
    if folder.is_dir() and any(is_hash(entry.name) for entry in folder.iterdir()):
        raise PlainError(
            f"The key of {project} is gone ({path}), but extracts were made with it: put the key back, "
            "or remove the project's extracts if the key was destroyed on purpose."
        )
    _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a whole key under another name, then link it: the first process wins, the others use its key."""
    descriptor, name = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(descriptor)
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
        finally:
            sync(path.parent)
    finally:
        temporary.unlink()


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PlainError(
            f"The key {path} cannot be read: it must be a file of this user, not a link."
        ) from error
    with os.fdopen(descriptor, "rb") as stream:
        about = os.fstat(descriptor)
        key = stream.read(KEY_BYTES + 1)
    if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077 or len(key) != KEY_BYTES:
        raise PlainError(
            f"The key {path} is not a private file (0600) of {KEY_BYTES} bytes: put the right one back."
        )
    return key
