"""Open a file that somebody else named: one look, one reading, one hash, no hang."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.findings import Finding, Severity


class MissingPath(PlainError):
    """A path that does not exist."""


@dataclass(frozen=True)
class Taken:
    """The bytes of a file and their SHA-256, or the finding that says why they were not read."""

    data: bytes | None
    sha256: str | None
    finding: Finding | None = None


def take(path: Path, most_bytes: int) -> Taken:
    """Read a regular file once. Anything else, or more than ``most_bytes``, is a blocking finding.

    The last part of the path may not be a symbolic link; a FIFO or a device is opened without waiting and
    never read. Raises :class:`MissingPath` where there is nothing of that name.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        looked = os.lstat(path)
        if not stat.S_ISREG(looked.st_mode):
            return _refused(
                "file_type", f"This is {_what(looked.st_mode)}, not a file: give the file itself."
            )
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingPath(f"There is no file '{shown_path(path)}'.") from error
    except ValueError as error:
        raise MissingPath(f"'{shown_path(path)}' cannot be the name of a file.") from error
    except OSError as error:
        return _refused("unreadable", f"The file cannot be opened: {_reason(error)}.")
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return _refused(
                "file_type", f"This is {_what(status.st_mode)}, not a file: give the file itself."
            )
        if status.st_size > most_bytes:
            return _too_large(status.st_size, most_bytes)
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            data = stream.read(most_bytes + 1)
    except OSError as error:
        return _refused("unreadable", f"The file cannot be read: {_reason(error)}.")
    finally:
        os.close(descriptor)
    if len(data) > most_bytes:
        return _too_large(len(data), most_bytes)
    return Taken(data, hashlib.sha256(data).hexdigest())


def shown_path(path: Path) -> str:
    """A path for people and for JSON: no control characters, undecodable bytes written out."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(ch if ch.isprintable() else f"\\x{ord(ch):02x}" for ch in text)


def _what(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _refused(rule: str, message: str) -> Taken:
    return Taken(None, None, Finding(rule, Severity.BLOCK, "file", message, None))


def _too_large(size: int, most: int) -> Taken:
    message = (
        f"The file has {size / 1_048_576:,.1f} MB; at most {most / 1_048_576:,.1f} MB can be checked, "
        "so it was not read and has no hash."
    )
    fix = "Send aggregated results: a file of this size is rarely an aggregate."
    return Taken(None, None, Finding("size", Severity.BLOCK, "file", message, fix))
