"""What goes wrong with a database, in sentences."""

from __future__ import annotations

import errno

from output_checker.errors import PlainError
from sqlalchemy.exc import DBAPIError

TRY_AGAIN_EXIT = 5
NONE_YET = "There is no database here yet: run lockedroom init."


class WrongDatabase(PlainError):
    """The database cannot be used as it is."""


_SENTENCES = (
    ("database is locked", "The database is locked by another program: wait a moment and try again."),
    (
        "readonly database",
        "The database cannot be written: give this user write access to its file and directory.",
    ),
    (
        "attempt to write a readonly",
        "The database cannot be written: give this user write access to its file.",
    ),
    (
        "disk is full",
        "The disk that holds the database is full: nothing was changed; free some space and try again.",
    ),
    (
        "no space left",
        "The disk that holds the database is full: nothing was changed; free some space and try again.",
    ),
    (
        "53100",
        "The disk that holds the database is full: nothing was changed; free some space and try again.",
    ),
    (
        "unable to open",
        "The database file cannot be opened: check that its directory exists and belongs to this user.",
    ),
    (
        "not a database",
        "The database file is not a SQLite database: check LOCKEDROOM_STATE and LOCKEDROOM_DATABASE_URL.",
    ),
    (
        "malformed",
        "The database file is damaged: restore it from a backup, then run lockedroom ledger verify.",
    ),
    (
        "disk i/o error",
        "The disk that holds the database is full or fails: nothing was changed; free some space or check the disk.",
    ),
    ("no such table", "The database has no tables yet: run lockedroom init."),
    ("28p01", "The database refuses the user name or password in LOCKEDROOM_DATABASE_URL."),
    ("28000", "The database refuses this user: check LOCKEDROOM_DATABASE_URL and the server's access rules."),
    ("3d000", "The database named in LOCKEDROOM_DATABASE_URL does not exist: create it first."),
    ("57p03", "The database server is starting or stopping: wait a moment and try again."),
    (
        "can't create a connection",
        "The database server does not answer: check LOCKEDROOM_DATABASE_URL and the server.",
    ),
)


def sentence_for(error: DBAPIError) -> str:
    """One sentence for a database error, for people at a command line. Never the statement or its values."""
    original = str(error.orig).lower()
    for mark, sentence in _SENTENCES:
        if mark in original:
            return sentence
    cause = error.orig.__cause__ if error.orig is not None else None
    if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
        return dict(_SENTENCES)["disk is full"]
    return "The database could not do this and nothing was changed: look at the log of the database."
