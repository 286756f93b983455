"""The chain, as pure functions: one spelling of an entry, and its hash.

Each entry's hash is SHA-256 over all its columns and the hash before it, so that a change anywhere
shows at that place. A chain cannot show that its end was cut off; signed heads do (``heads``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from hub.store.guards import GENESIS

__all__ = ["FORMAT", "GENESIS", "PAYLOAD_MAX", "Entry", "encode_payload", "hash_entry"]

FORMAT = "lockedroom-ledger-1"
PAYLOAD_MAX = 64 * 1024  # characters of one payload


@dataclass(frozen=True)
class Entry:
    """One line of the ledger, as stored. ``at`` and ``payload`` are text in their one spelling."""

    seq: int
    at: str
    kind: str
    actor: str
    project: str | None
    payload: str
    prev_hash: str
    hash: str


def encode_payload(payload: Mapping[str, object]) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII. Raises ValueError for what JSON cannot say, or too much."""
    try:
        text = json.dumps(
            dict(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except TypeError as error:
        raise ValueError(f"a payload holds JSON values only: {error}") from None
    if len(text) > PAYLOAD_MAX:
        raise ValueError(f"a payload has at most {PAYLOAD_MAX} characters, this one {len(text)}")
    return text


def hash_entry(
    *, seq: int, at: str, kind: str, actor: str, project: str | None, payload: str, prev_hash: str
) -> str:
    """SHA-256 (hex) of an entry: a JSON list keeps each column's type and bounds apart."""
    columns = [FORMAT, seq, at, kind, actor, project, payload, prev_hash]
    return hashlib.sha256(
        json.dumps(columns, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    ).hexdigest()
