"""The whole suite: every family there is, in the order in which they are tried, and a name for this version of it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from hub.prove.attempt import Family
from hub.prove.families import (
    kernel_calls,
    kernel_files,
    limits,
    namespaces,
    network,
    outbox,
    pixels,
    processes,
    read_only,
    requests,
    rights,
    room_socket,
    seats,
    secrets,
)

# What uses a room up comes last.
FAMILIES: tuple[Family, ...] = tuple(
    family.FAMILY
    for family in (
        network,
        namespaces,
        kernel_calls,
        kernel_files,
        processes,
        rights,
        read_only,
        seats,
        secrets,
        room_socket,
        outbox,
        requests,
        pixels,
        limits,
    )
)


@functools.cache
def suite_version() -> str:
    """How many attempts there are, and a hash of the files that make them: another suite has another name."""
    folder = Path(__file__).parent
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    count = sum(len(family.attempts) for family in FAMILIES)
    return f"{count} attempts, {content.hexdigest()[:16]}"
