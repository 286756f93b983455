"""Signed heads: what the ledger's end was at a time, kept outside the database.

A chain shows changes but not that its end was cut off. A head published where the database's owner
cannot rewrite it does.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from hub.ledger.append import append
from hub.ledger.events import EventKind
from hub.ledger.keys import fingerprint

FORMAT = "lockedroom-head-1"
_LINE_MAX = 4096


class WrongAnchor(PlainError):
    """A file of signed heads that cannot be trusted or written."""

    exit_code = 4


@dataclass(frozen=True)
class SignedHead:
    """The ledger ended with entry ``seq`` and ``hash`` at the moment ``at``; ``key`` (fingerprint) says so."""

    seq: int
    hash: str
    at: str
    key: str
    signature: str


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal["lockedroom-head-1"]
    seq: Annotated[int, Field(ge=1)]
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    at: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$")]
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    signature: Annotated[str, Field(max_length=128)]


def sign_head(
    session: Session, key: Ed25519PrivateKey, *, now: datetime, actor: str = "system:ledger"
) -> SignedHead:
    """Write that the head is signed, and sign the head that this entry becomes.

    Publish the result only after the transaction is committed: a published head that was rolled back
    would accuse an innocent ledger.
    """
    signer = fingerprint(key.public_key())
    entry = append(session, EventKind.HEAD_SIGNED, actor=actor, now=now, payload={"key": signer})
    signature = key.sign(_signed_bytes(entry.seq, entry.hash, entry.at, signer))
    return SignedHead(entry.seq, entry.hash, entry.at, signer, base64.b64encode(signature).decode("ascii"))


def publish_head(head: SignedHead, file: Path) -> None:
    """Append one line of JSON to the file, whole or not at all. Raises WrongAnchor."""
    line = json.dumps({"format": FORMAT, **asdict(head)}, separators=(",", ":")).encode("ascii") + b"\n"
    try:
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = os.fstat(descriptor).st_size
            try:
                if os.write(descriptor, line) != len(line):
                    raise OSError(28, "No space left on device")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WrongAnchor(f"The signed head cannot be published to {file}: {error.strerror}.") from None


def read_anchors(file: Path, public_key: Ed25519PublicKey) -> Iterator[SignedHead]:
    """The heads in a file, each with its signature checked. Raises WrongAnchor naming the line."""
    signer = fingerprint(public_key)
    number = 0
    try:
        with file.open("rb") as lines:
            while raw := lines.readline(_LINE_MAX + 1):
                number += 1
                yield _read_line(raw, number, file, public_key, signer)
    except OSError as error:
        raise WrongAnchor(f"The file of signed heads {file} cannot be read: {error.strerror}.") from None
    if number == 0:
        raise WrongAnchor(f"The file of signed heads {file} is empty: nothing can be compared with it.")


def _read_line(raw: bytes, number: int, file: Path, public_key: Ed25519PublicKey, signer: str) -> SignedHead:
    try:
        if len(raw) > _LINE_MAX:
            raise ValueError("too long")
        line = _Line.model_validate_json(raw)
        signature = base64.b64decode(line.signature, validate=True)
    except (ValidationError, ValueError, binascii.Error):
        raise WrongAnchor(f"Line {number} of {file} is not a signed head.") from None
    if line.key != signer:
        raise WrongAnchor(
            f"Line {number} of {file} was signed with another key: give the right --public-key."
        )
    try:
        public_key.verify(signature, _signed_bytes(line.seq, line.hash, line.at, line.key))
    except InvalidSignature:
        raise WrongAnchor(f"Line {number} of {file} has a wrong signature: the file was changed.") from None
    return SignedHead(line.seq, line.hash, line.at, line.key, line.signature)


def _signed_bytes(seq: int, digest: str, at: str, key: str) -> bytes:
    return json.dumps([FORMAT, seq, digest, at, key], separators=(",", ":")).encode("ascii")
