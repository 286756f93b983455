"""The key that signs ledger heads: Ed25519, made once, readable by its owner only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import uuid
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from output_checker.errors import PlainError

PRIVATE_NAME = "ledger-signing.pem"
PUBLIC_NAME = "ledger-signing.pub"


class WrongKey(PlainError):
    """A key file that cannot be used."""


def make_signing_key(directory: Path) -> Ed25519PrivateKey:
    """The installation's key, made if there is none. Several processes may ask at once: one key comes of it."""
    private = directory / PRIVATE_NAME
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not private.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
            create_once(private, pem, 0o600)
        key = load_signing_key(private)
        public = directory / PUBLIC_NAME
        create_once(public, _public_pem(key.public_key()), 0o644)
    except OSError as error:
        raise WrongKey(f"The ledger's key in {directory} cannot be made: {error.strerror}.") from None
    if fingerprint(load_public_key(public)) != fingerprint(key.public_key()):
        raise WrongKey(
            f"{public} does not belong to {private}: one of the two was replaced; find out by whom."
        )
    return key


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key. Refuses one that others may read."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(16 * 1024)
        key = load_pem_private_key(content, password=None)
    except OSError as error:
        raise WrongKey(f"The ledger's key {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise WrongKey(f"{path} is not an Ed25519 private key in PEM form.") from None
    if mode & 0o077:
        raise WrongKey(f"Others may read the ledger's key {path}: run chmod 600 on it, or make a new one.")
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongKey(f"{path} is not an Ed25519 private key in PEM form.")
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The public key, from a file that may lie anywhere."""
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(16 * 1024))
    except OSError as error:
        raise WrongKey(f"The public key {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise WrongKey(f"{path} is not an Ed25519 public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise WrongKey(f"{path} is not an Ed25519 public key in PEM form.")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 (hex) of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def create_once(path: Path, content: bytes, mode: int) -> None:
    """Write a whole file under this name unless there is one already."""
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else was first: theirs stands
            os.link(scratch, path)
    finally:
        scratch.unlink()
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
