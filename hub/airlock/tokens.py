"""Single-use download tokens: derived from a key on disk, kept in the database as a digest only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from output_checker.errors import PlainError

_KEY = "airlock-download.key"
_KEY_BYTES = 32


class BadKey(PlainError):
    """The key of the download tokens cannot be used."""


def load_key(keys: Path) -> bytes:
    """The key in ``<state>/keys``, made on first use (0600). Safe when two processes make it at once."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = keys / _KEY
    if not path.exists():
        hidden = keys / f".{_KEY}-{secrets.token_hex(6)}"
        fd = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as writer:
            writer.write(secrets.token_bytes(_KEY_BYTES))
            writer.flush()
            os.fsync(writer.fileno())
        try:
            os.link(hidden, path)  # unlike a rename, a link does not replace the key of whoever was first
        except FileExistsError:
            pass
        finally:
            hidden.unlink()
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise BadKey(
            f"The key file {path} is damaged: remove it, and downloads that are waiting become void."
        )
    return key


def make(key: bytes, number: int, index: int, sha256: str) -> str:
    """The token for one released file, the same each time it is asked for."""
    return hmac.new(key, f"download {number} {index} {sha256}".encode("ascii"), hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def matches(token: str, stored: str | None) -> bool:
    """Whether ``token`` is the one whose digest is ``stored``."""
    return stored is not None and hmac.compare_digest(digest(token), stored)
