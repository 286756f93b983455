"""An upload on its way in: streamed into the airlock's own copy, counted and hashed, never held in memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.staging.bundle import name_problem

from hub.airlock.ingress.policy import IngressPolicy, Type
from hub.airlock.quarantine import Quarantine
from hub.airlock.sniff import SNIFFED_BYTES, Kind, sniff

MOST_WHY_CHARS = 1000
_TEXT = frozenset({Kind.TABLE, Kind.TEXT, Kind.JSON, Kind.MARKUP})


class CannotComeIn(PlainError):
    """The file, its name or what was typed beside it cannot be taken."""


@dataclass(frozen=True)
class Uploaded:
    """A whole upload: its copy without a number yet, and what was measured of it."""

    folder: Path
    name: str
    type: Type
    size: int
    sha256: str


def check_name(name: str, policy: IngressPolicy) -> Type:
    """The type that the name claims. Raises CannotComeIn."""
    if not name:
        raise CannotComeIn("Choose a file.")
    problem = name_problem(name)
    if problem is None and name.startswith("-"):
        problem = "begins with a hyphen"
    if problem:
        raise CannotComeIn(f"The file's name {problem}: rename it, then choose it again.")
    kind = policy.type_of(name)
    if kind is None:
        raise CannotComeIn(f"A file of this type may not come in. These may: {', '.join(policy.suffixes)}.")
    return kind


def check_why(why: str) -> str:
    """What the file is for, without blanks around it. Raises CannotComeIn."""
    said = why.replace("\r\n", "\n").strip()
    if not said:
        raise CannotComeIn("Say what the file is and what you need it for: somebody decides by this.")
    if len(said) > MOST_WHY_CHARS:
        raise CannotComeIn(f"What it is for is longer than {MOST_WHY_CHARS} characters: please shorten it.")
    return said


class Incoming:
    """One upload while it arrives. Either ``finish`` or ``discard`` ends it; discarding twice does no harm."""

    def __init__(self, copies: Quarantine, name: str, policy: IngressPolicy) -> None:
        """Begin. Raises CannotComeIn for a name that cannot be taken."""
        self._copies = copies
        self._name, self._type = name, check_name(name, policy)
        rule = policy.rule(self._type)
        assert rule is not None
        self._most = rule.most_bytes
        self._size, self._digest, self._head = 0, hashlib.sha256(), bytearray()
        copies.prepare()
        self.folder = copies.new_incoming()
        self.folder.mkdir(mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._writer = os.fdopen(os.open(self.folder / "0", flags, 0o444), "wb")

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises CannotComeIn when they become too many."""
        self._size += len(chunk)
        if self._size > self._most:
            raise CannotComeIn(
                f"The file is too large: of {self._type.words}, {self._most:,} bytes may come in at most."
            )
        if len(self._head) < SNIFFED_BYTES:
            self._head += chunk[: SNIFFED_BYTES - len(self._head)]
        self._digest.update(chunk)
        self._writer.write(chunk)

    def finish(self) -> Uploaded:
        """The copy is whole and durable. Raises CannotComeIn where its bytes are not what its name claims."""
        if not self._size:
            raise CannotComeIn("The file is empty.")
        if not _fits(self._type, bytes(self._head)):
            raise CannotComeIn(f"The file is not what its name says: {self._type.looked_into}")
        self._writer.flush()
        os.fsync(self._writer.fileno())
        self._writer.close()
        return Uploaded(self.folder, self._name, self._type, self._size, self._digest.hexdigest())

    def discard(self) -> None:
        """Remove the copy."""
        with contextlib.suppress(OSError):  # a full disk does not take what is still to be written
            self._writer.close()
        self._copies.discard(self.folder)


def _fits(kind: Type, head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04") if kind.packed else sniff(head) in _TEXT
