"""Read what a room put into its outbox, treating every name, link, size and byte as an attack.

Everything is reached through directory descriptors, without following links; a file is opened only after
it is known to be an ordinary file with one name. What is believed in the end is the airlock's own copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.staging import bundle as form
from pydantic import ValidationError

from hub.airlock import careful_json
from hub.airlock.sniff import SNIFFED_BYTES, Kind, sniff
from hub.store.names import SeatId

_CHUNK = 1024 * 1024
_BUNDLE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Entries looked at in one listing, hidden ones among them; a flood beyond that waits its turn.
_LISTED = 20_000
_TAKEN = "taken"


class BundleRefused(PlainError):
    """The bundle cannot be taken. The sentence goes to the room and to the record."""


class OutboxUnusable(PlainError):
    """The outbox itself is not a directory that we can look into."""


@dataclass(frozen=True)
class Limits:
    """How much one bundle may hold (bytes, counts) and how much one seat may bring.

    ``bundles_at_once`` are looked at in one pass; nothing more is taken while ``bundles_unchecked`` wait for
    their check, or while another bundle could make the copies held for the seat larger than ``held_bytes``.
    """

    files: int = form.MAX_FILES
    file_bytes: int = form.MAX_FILE_BYTES
    bundle_bytes: int = form.MAX_BUNDLE_BYTES
    manifest_bytes: int = form.MAX_MANIFEST_BYTES
    json_depth: int = 4
    bundles_at_once: int = 10
    bundles_unchecked: int = 3
    bundles_an_hour: int = 120
    held_bytes: int = 500 * 1024 * 1024


@dataclass(frozen=True)
class CopiedFile:
    """One file in the airlock's own copy: measured and hashed there."""

    index: int
    name: str
    size: int
    sha256: str
    kind: Kind


@dataclass(frozen=True)
class CopiedBundle:
    """A bundle as the airlock holds it. ``digest`` names its whole content."""

    name: str
    files: tuple[CopiedFile, ...]
    context: str | None
    digest: str


@contextlib.contextmanager
def _closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def open_outbox(seats: Path, seat: SeatId) -> Iterator[int]:
    """A descriptor of ``seats/<seat>/outbox``, not followed through any link. Raises OutboxUnusable."""
    with contextlib.ExitStack() as stack:
        try:
            root = stack.enter_context(_closing(os.open(seats, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)))
            place = stack.enter_context(_closing(os.open(seat, _DIRECTORY, dir_fd=root)))
            outbox = stack.enter_context(_closing(os.open("outbox", _DIRECTORY, dir_fd=place)))
        except OSError as fault:
            raise OutboxUnusable(
                f"The outbox of {seat} cannot be looked into ({fault.strerror}): nothing is taken from it."
            ) from fault
        yield outbox


def waiting(outbox: int, most: int) -> list[str]:
    """Up to ``most`` names in the outbox, in order, without those that are still being written."""
    with os.scandir(outbox) as entries:
        names = [e.name for e in itertools.islice(entries, _LISTED) if not _is_none_of_ours(e.name)]
    return sorted(names)[:most]


def _is_none_of_ours(name: str) -> bool:
    # An outbox of limited size is a file system of its own, which may have made itself this folder.
    return name.startswith(".") or name == "lost+found"


def bundle_key(name: str) -> str:
    """A bundle's name as something that is safe to store whatever it is: sha-256, in hexadecimal."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def plain_name(name: str) -> str | None:
    """The bundle's name if it is one of ours, else None."""
    return name if _BUNDLE_NAME.fullmatch(name) else None


def copy_bundle(outbox: int, name: str, target: Path, limits: Limits) -> CopiedBundle:
    """Copy the bundle ``name`` into the new directory ``target`` as ``0``, ``1``, … and say what it is.

    Raises BundleRefused with a sentence for the room; what was copied until then lies in ``target`` for
    the caller to remove. Raises OSError when our own side fails (a full disk under the quarantine).
    """
    if plain_name(name) is None:
        raise BundleRefused(
            "Something in the outbox has a name that no bundle has: use %stage, which chooses the name."
        )
    with contextlib.ExitStack() as stack:
        top = stack.enter_context(_closing(_open_directory(outbox, name, "The bundle")))
        device = os.fstat(outbox).st_dev
        _expect_entries(
            top, {form.MANIFEST, form.FILES}, "The bundle holds something besides bundle.json and files."
        )
        manifest = _read_manifest(top, device, limits)
        folder = stack.enter_context(
            _closing(_open_directory(top, form.FILES, "The bundle's folder of files"))
        )
        expected = {str(i) for i in range(len(manifest.files))}
        _expect_entries(folder, expected, "The files in the bundle are not those that bundle.json lists.")
        target.mkdir(mode=0o700)
        copied: list[CopiedFile] = []
        total = 0
        for declared in sorted(manifest.files, key=lambda f: f.index):
            with _regular(folder, str(declared.index), device, limits.file_bytes) as source:
                file = _copy(source, target / str(declared.index), declared, limits.file_bytes)
            total += file.size
            if total > limits.bundle_bytes:
                raise BundleRefused(f"Together the files have more than {limits.bundle_bytes} bytes.")
            copied.append(file)
        _sync_directory(target)
    return CopiedBundle(name, tuple(copied), manifest.context, _digest(copied, manifest.context))


def _digest(files: list[CopiedFile], context: str | None) -> str:
    content = {"files": [[f.index, f.name, f.size, f.sha256] for f in files], "context": context}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def _open_directory(parent: int, name: str, what: str) -> int:
    try:
        return os.open(name, _DIRECTORY, dir_fd=parent)
    except OSError as fault:
        raise BundleRefused(
            f"{what} is not a directory that can be read: use %stage, which writes it."
        ) from fault


def _expect_entries(directory: int, expected: set[str], sentence: str) -> None:
    try:
        with os.scandir(directory) as entries:
            # One more than expected is enough to know; ten thousand need not be listed.
            found = {e.name for e in itertools.islice(entries, len(expected) + 1)}
    except OSError as fault:
        raise BundleRefused("The bundle cannot be listed.") from fault
    if found != expected:
        raise BundleRefused(sentence)


@contextlib.contextmanager
def _regular(directory: int, name: str, device: int, most_bytes: int) -> Iterator[int]:
    """A readable descriptor of an ordinary file with one name on this file system.

    O_PATH touches nothing: a FIFO does not block, a device is not opened. Only what is then known to be
    harmless is opened for reading, and it is the very same file.
    """
    try:
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    except OSError as fault:
        raise BundleRefused("A file that bundle.json lists is not there.") from fault
    with _closing(handle):
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise BundleRefused(
                "The bundle holds something that is not an ordinary file: a link, a pipe or a device."
            )
        if state.st_nlink != 1:
            raise BundleRefused("The bundle holds a file that has a second name elsewhere (a hard link).")
        if state.st_dev != device:
            raise BundleRefused("The bundle holds a file that lies on another disk.")
        if state.st_size > most_bytes:
            raise BundleRefused(
                f"The bundle holds a file of {state.st_size} bytes; at most {most_bytes} are taken."
            )
        try:
            fd = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as fault:
            raise BundleRefused("A file in the bundle cannot be read: check its permissions.") from fault
        with _closing(fd):
            yield fd


def _read_manifest(top: int, device: int, limits: Limits) -> form.Bundle:
    with _regular(top, form.MANIFEST, device, limits.manifest_bytes) as fd:
        raw = _read_all(fd, limits.manifest_bytes)
    try:
        value = careful_json.parse(raw, max_depth=limits.json_depth)
        manifest = form.Bundle.model_validate(value)
    except careful_json.BadJson as fault:
        raise BundleRefused(f"bundle.json cannot be used. {fault}") from fault
    except ValidationError as fault:
        raise BundleRefused(
            "bundle.json does not have the form of a bundle: use %stage, which writes it."
        ) from fault
    if len(manifest.files) > limits.files:
        raise BundleRefused(
            f"The bundle lists {len(manifest.files)} files; at most {limits.files} are taken."
        )
    if sorted(f.index for f in manifest.files) != list(range(len(manifest.files))):
        raise BundleRefused("bundle.json does not number its files 0, 1, 2 and so on.")
    for file in manifest.files:
        problem = form.name_problem(file.name)
        if problem:
            raise BundleRefused(f"The name of file {file.index} {problem}: rename it, then stage it again.")
    if len({f.name for f in manifest.files}) != len(manifest.files):
        raise BundleRefused("Two files of the bundle have the same name: rename one, then stage it again.")
    if manifest.context is not None and form.printable(manifest.context, keep="\n\t") != manifest.context:
        raise BundleRefused("The context contains characters that cannot be seen: write it in plain letters.")
    return manifest


def _read_all(fd: int, most: int) -> bytes:
    content = bytearray()
    while chunk := os.read(fd, min(_CHUNK, most + 1 - len(content))):
        content += chunk
        if len(content) > most:
            raise BundleRefused(f"bundle.json has more than {most} bytes.")
    return bytes(content)


def _copy(source: int, target: Path, declared: form.BundledFile, most: int) -> CopiedFile:
    before = os.fstat(source)
    digest = hashlib.sha256()
    head = bytearray()
    size = 0
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
    with os.fdopen(fd, "wb") as writer:
        while True:
            try:
                chunk = os.read(source, _CHUNK)
            except OSError as fault:
                raise BundleRefused("A file in the bundle could not be read to its end.") from fault
            if not chunk:
                break
            size += len(chunk)
            if size > most or size > before.st_size:
                raise BundleRefused("A file in the bundle changed while it was being copied: stage it again.")
            if len(head) < SNIFFED_BYTES:
                head += chunk[: SNIFFED_BYTES - len(head)]
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    after = os.fstat(source)
    same = ("st_size", "st_mtime_ns", "st_ctime_ns", "st_nlink")
    if any(getattr(before, a) != getattr(after, a) for a in same) or size != before.st_size:
        raise BundleRefused("A file in the bundle changed while it was being copied: stage it again.")
    if size != declared.size or digest.hexdigest() != declared.sha256:
        raise BundleRefused(
            "A file in the bundle is not the one that bundle.json describes (its size or sha-256 differs)."
        )
    return CopiedFile(declared.index, declared.name, size, digest.hexdigest(), sniff(bytes(head)))


def remove_taken(outbox: int, name: str) -> None:
    """Take a bundle that is durably ours out of the outbox.

    It is hidden first, in one step: half a bundle under its own name would look like another bundle after
    a crash. Then what a bundle holds is deleted; anything else that the room put there stays, hidden.
    """
    hidden = set_aside(outbox, name, _TAKEN)
    if hidden is not None:
        _delete_bundle(outbox, hidden)


def finish_removals(outbox: int) -> None:
    """Delete what a crash left of bundles that were being removed."""
    with os.scandir(outbox) as entries:
        names = [e.name for e in itertools.islice(entries, _LISTED) if e.name.startswith(f".{_TAKEN}-")]
    for name in names:
        _delete_bundle(outbox, name)


def _delete_bundle(outbox: int, name: str) -> None:
    with contextlib.suppress(OSError), _closing(os.open(name, _DIRECTORY, dir_fd=outbox)) as top:
        with contextlib.suppress(OSError), _closing(os.open(form.FILES, _DIRECTORY, dir_fd=top)) as folder:
            for index in range(form.MAX_FILES):
                with contextlib.suppress(OSError):
                    os.unlink(str(index), dir_fd=folder)
        for entry, remove in ((form.FILES, os.rmdir), (form.MANIFEST, os.unlink)):
            with contextlib.suppress(OSError):
                remove(entry, dir_fd=top)
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=outbox)


def set_aside(outbox: int, name: str, why: str) -> str | None:
    """Hide ``name`` from the next listing by renaming it. Its new name, or None where it cannot be done."""
    hidden = f".{why}-{secrets.token_hex(6)}"
    try:
        os.rename(name, hidden, src_dir_fd=outbox, dst_dir_fd=outbox)
    except OSError:
        return None
    return hidden


def stamp(outbox: int, name: str) -> tuple[int, int] | None:
    """Inode and change time of an entry of the outbox; None when it is gone."""
    try:
        state = os.stat(name, dir_fd=outbox, follow_symlinks=False)
    except OSError:
        return None
    return state.st_ino, state.st_ctime_ns


def _sync_directory(path: Path) -> None:
    with _closing(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as fd:
        os.fsync(fd)
