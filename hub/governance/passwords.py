"""Passwords: argon2id hashes, made and checked outside of any transaction since they take time on purpose."""

from __future__ import annotations

import secrets
from functools import cache
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.governance.errors import WrongValue

PasswordHash = NewType("PasswordHash", str)

SHORTEST = 12
LONGEST = 256  # characters; hashing a megabyte would be work an attacker chooses for us

# argon2id with RFC 9106's second recommended option: 64 MiB, three passes, four lanes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# No letters or digits that look alike when read from paper.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def generate_password() -> str:
    """A random password of five groups of four: 100 bits, easy to type from paper."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


def hash_password(password: str) -> PasswordHash:
    """The argon2id hash. Raises WrongValue for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongValue(f"A password has {SHORTEST} to {LONGEST} characters.")
    return PasswordHash(_HASHER.hash(_encoded(password)))


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether the password is the one hashed. Takes as long for nobody (None) as for somebody."""
    try:
        _HASHER.verify(hashed if hashed is not None else _nobody(), _encoded(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None and len(password) <= LONGEST


def _encoded(password: str) -> bytes:
    # Half surrogates can come out of a form; they must fail as a wrong password does, not as an error.
    return password.encode("utf-8", "surrogatepass")


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_bytes(16))
