"""Pseudonyms: keyed hashes, which nobody without the key can make or undo.

Keyed BLAKE2b (RFC 7693), in two steps: a key gives one key per domain (a column, the order of a table, the NHS
number), and that key gives 128 bits per value, written as 26 lower-case base32 characters.

- With a *project's* key: the same reference has the same pseudonym in all tables of its extracts, because its
  domain is the column's name, not the table's, and another one in every other project's.
- With the zone's *linkage* key: the same NHS number has the same pseudonym in all sources.

Without the key a pseudonym says nothing; a plain hash could be undone by hashing all references or numbers
that exist.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import polars as pl

PSEUDONYM_CHARACTERS = 26


def keyed_hash(key: bytes, domain: str) -> Callable[[str], bytes]:
    """The function from a value to its 16-byte keyed hash, for one key (32 bytes) and one domain."""
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    domain_key = hashlib.blake2b(domain.encode(), key=key, digest_size=32, person=b"lockedroom-dom").digest()
    fresh = hashlib.blake2b(key=domain_key, digest_size=16, person=b"lockedroom-psn")

    def hashed(value: str) -> bytes:
        digest = fresh.copy()
        digest.update(value.encode())
        return digest.digest()

    return hashed


def pseudonymiser(key: bytes, domain: str) -> Callable[[str], str]:
    """The function from a value to its pseudonym, for one key (32 bytes) and one domain."""
    hashed = keyed_hash(key, domain)
    return lambda value: base64.b32encode(hashed(value)).decode("ascii").rstrip("=").lower()


def pseudonymised(value: pl.Expr, key: bytes, domain: str) -> pl.Expr:
    """The pseudonyms of a text expression; missing stays missing."""
    return _mapped(value, pseudonymiser(key, domain))


def order_key(value: pl.Expr, key: bytes, domain: str) -> pl.Expr:
    """What to sort by so that the order tells nothing: keyed hashes as 32 hexadecimal characters."""
    hashed = keyed_hash(key, domain)
    return _mapped(value, lambda one: hashed(one).hex())


def _mapped(value: pl.Expr, function: Callable[[str], str]) -> pl.Expr:
    def batch(values: pl.Series) -> pl.Series:
        # A person's entries mostly stand together: hash each number once, where that saves more than it costs.
        distinct = values.drop_nulls().unique()
        if 2 * len(distinct) < len(values) and len(distinct):
            return values.replace_strict(distinct, mapped(distinct), return_dtype=pl.String)
        return mapped(values)

    def mapped(values: pl.Series) -> pl.Series:
        hashed = [None if one is None else function(one) for one in values.to_list()]
        return pl.Series(values.name, hashed, dtype=pl.String)

    return value.map_batches(batch, return_dtype=pl.String(), is_elementwise=True)
