"""Pseudonyms: keyed hashes, so that one project's extract cannot be joined with another's on them.

Keyed BLAKE2b (RFC 7693), in two steps: the project's key gives one key per domain (a column, or the order of
a table), and that key gives 128 bits per value, written as 26 lower-case base32 characters. The same
reference has the same pseudonym in all tables of a project's extracts, because its domain is the column's
name, not the table's. Without the key a pseudonym says nothing; a plain hash could be undone by hashing all
published references.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import polars as pl

PSEUDONYM_CHARACTERS = 26


def pseudonymiser(key: bytes, domain: str) -> Callable[[str], str]:
    """The function from a value to its pseudonym, for one project's key (32 bytes) and one domain."""
    if len(key) != 32:
        raise ValueError("a project's key has 32 bytes")
    domain_key = hashlib.blake2b(domain.encode(), key=key, digest_size=32, person=b"lockedroom-dom").digest()
    fresh = hashlib.blake2b(key=domain_key, digest_size=16, person=b"lockedroom-psn")

    def pseudonym(value: str) -> str:
        digest = fresh.copy()
        digest.update(value.encode())
        return base64.b32encode(digest.digest()).decode("ascii").rstrip("=").lower()

    return pseudonym


def pseudonymised(value: pl.Expr, key: bytes, domain: str) -> pl.Expr:
    """The pseudonyms of a text expression; missing stays missing."""
    pseudonym = pseudonymiser(key, domain)

    def batch(values: pl.Series) -> pl.Series:
        return pl.Series(
            values.name, [None if one is None else pseudonym(one) for one in values], dtype=pl.String
        )

    return value.map_batches(batch, return_dtype=pl.String(), is_elementwise=True)
