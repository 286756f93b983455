"""What the panel shows: the airlock's replies, and the bundles that it has not taken yet."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from output_checker.staging import bundle as form
from output_checker.staging.reply import REPLIES, Reply, replies

MOST_REQUESTS = 200
_MOST_WAITING = 200


class WaitingFile(BaseModel):
    """A file in a bundle that waits: its name, and its size in bytes."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int


class Waiting(BaseModel):
    """A bundle in the outbox."""

    model_config = ConfigDict(frozen=True)

    bundle: str
    staged: datetime
    files: list[WaitingFile]
    context: str | None


class Overview(BaseModel):
    """Everything, newest first. ``older`` requests are not listed any more."""

    model_config = ConfigDict(frozen=True)

    requests: list[Reply]
    waiting: list[Waiting]
    older: int = 0


def mark(inbox: Path, outbox: Path) -> str:
    """A hash that changes with the replies and the waiting bundles, without opening any of them."""
    digest = hashlib.sha256()
    for folder in (inbox / REPLIES, outbox):
        for entry in sorted(_entries(folder), key=lambda entry: entry.name):
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # taken at this moment
            digest.update(os.fsencode(entry.name) + b"\0")
            digest.update(f"{state.st_ino} {state.st_mtime_ns} {state.st_size}\n".encode())
        digest.update(b"\0")
    return digest.hexdigest()


def overview(inbox: Path, outbox: Path) -> Overview:
    """All replies and all waiting bundles. Raises PlainError outside a room."""
    found = replies(inbox)
    answered = {reply.bundle for reply in found}
    waiting = sorted(
        (bundle for bundle in _waiting(outbox) if bundle.bundle not in answered),
        key=lambda bundle: bundle.staged,
        reverse=True,
    )
    return Overview(requests=found[:MOST_REQUESTS], waiting=waiting, older=max(0, len(found) - MOST_REQUESTS))


def _waiting(outbox: Path) -> Iterator[Waiting]:
    for entry in itertools.islice(_entries(outbox), _MOST_WAITING):
        if entry.is_dir(follow_symlinks=False) and entry.name.isascii():
            manifest = _read_manifest(Path(entry.path))
            if manifest is not None:
                described, staged = manifest
                files = [WaitingFile(name=f.name, size=f.size) for f in described.files]
                yield Waiting(bundle=entry.name, staged=staged, files=files, context=described.context)


def _read_manifest(bundle: Path) -> tuple[form.Bundle, datetime] | None:
    """The description of a bundle and its time; None where it is no bundle, or was taken at this moment."""
    try:
        # Other code in the room can put a FIFO or a link here.
        fd = os.open(bundle / form.MANIFEST, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as source:
            state = os.fstat(source.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > form.MAX_MANIFEST_BYTES:
                return None
            described = form.Bundle.model_validate_json(source.read(form.MAX_MANIFEST_BYTES))
    except (OSError, ValidationError):
        return None
    return described, datetime.fromtimestamp(state.st_mtime, UTC)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in ``folder`` under names that are looked at."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return
