"""The keys behind pseudonyms: 256 random bits each, made once, in files that only the zone's owner reads.

A project has one, for the references in its extracts. The zone has one, the linkage key, from which persons
have the same pseudonym in every source. Whoever holds a key and the identifiers can undo the pseudonyms;
destroying a project's key is how its link to the source ends.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from pathlib import Path

from output_checker.errors import PlainError

from datasets.pseudonymise.pseudonym import pseudonymiser
from datasets.snapshot import sync
from datasets.zone import DataZone, holds_snapshot

KEY_BYTES = 32


def project_key(zone: DataZone, project: str) -> bytes:
    """The 32 bytes of the project's key, made now if it never had one; safe for many processes.

    Raises PlainError when the file is not a private file of 32 bytes, or when it is gone although extracts
    were made with it: new pseudonyms would silently not match the old ones.
    """
    zone.create()
    path = zone.key_file(project)
    key = _read(path)
    if key is None and holds_snapshot(zone.extracts(project)):
        raise PlainError(
            f"The key of {project} is gone ({path}), but extracts were made with it: put the key back, "
            "or remove the project's extracts if the key was destroyed on purpose."
        )
    return key or _made(path)


def linkage_key(zone: DataZone) -> bytes:
    """The 32 bytes of the zone's linkage key, made now if there never was one; safe for many processes.

    Raises PlainError when the file is not a private file of 32 bytes, or when it is gone although persons
    have pseudonyms from it: the same person would silently get a second one.
    """
    zone.create()
    path = zone.linkage_key_file
    key = _read(path)
    if key is None and any(holds_snapshot(place) for place in zone.places_with_persons()):
        raise PlainError(
            f"The linkage key is gone ({path}), but persons have pseudonyms from it: put the key back, or "
            "remove the opt-out list and the health sources if the key was destroyed on purpose."
        )
    return key or _made(path)


def fingerprint(key: bytes) -> str:
    """What names a key without giving it away: 26 characters, a keyed hash of a fixed text."""
    return pseudonymiser(key, "fingerprint")("lockedroom key")


def _made(path: Path) -> bytes:
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
            pass
        finally:
            sync(path.parent)
    finally:
        temporary.unlink()
    key = _read(path)
    if key is None:
        raise PlainError(f"The key {path} was removed while it was made: try again.")
    return key


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
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
