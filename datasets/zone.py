"""Where the data zone keeps things, and who may read them.

The layout under the zone's root (``var/data``)::

    optout/<sha256>/                national data opt-out lists: NHS numbers, and their pseudonyms
    optout/current                  one line, the hash of the list given last
    identifiers/<source>/<sha256>/  what says who somebody is, split off from the source of the same hash
    sources/<source>/<sha256>/      imported snapshots: attributes, persons under pseudonyms
    sources/linked/<sha256>/        the same records linked, in one snapshot
    sources/<source>/current        one line, the hash of the snapshot imported last
    extracts/<project>/<sha256>/    extracts: readable by rooms, which run as other users
    extracts/<project>/current      one line, the hash of the newest extract; replaced atomically
    keys/<project>.key              256-bit pseudonym key of a project, 0600
    keys/zone.linkage.key           256-bit key of the persons' pseudonyms, 0600; no project has such a name
    locks/                          one empty file per thing that only one process may make at a time

Rooms can pass through the root and ``extracts`` and see nothing else: all other folders are the owner's alone
(0700). Below ``optout`` and ``identifiers`` every folder is 0700 and every file of a snapshot 0400.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from output_checker.errors import PlainError
from pydantic import AfterValidator

# A JupyterHub server name: what a project's slug has to be (1 to 30 characters, single hyphens).
_SLUG = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_HASH = re.compile(r"[0-9a-f]{64}")


def checked_slug(slug: str) -> str:
    """The slug itself, or a PlainError: it becomes part of paths."""
    if not (1 <= len(slug) <= 30 and _SLUG.fullmatch(slug)):
        raise PlainError(
            f"{slug[:60]!r} is not the name of a project: use 1 to 30 lower-case letters, digits and "
            "single hyphens."
        )
    return slug


def is_hash(text: str) -> bool:
    """Whether the text is a sha-256 in lower-case hexadecimal."""
    return _HASH.fullmatch(text) is not None


def holds_snapshot(place: Path) -> bool:
    """Whether a folder is there and holds at least one snapshot."""
    return place.is_dir() and any(is_hash(entry.name) for entry in place.iterdir())


def _slug_or_value_error(slug: str) -> str:
    try:
        return checked_slug(slug)
    except PlainError as error:
        raise ValueError(error.sentence) from error


ProjectSlug = Annotated[str, AfterValidator(_slug_or_value_error)]


@dataclass(frozen=True)
class DataZone:
    """The paths of a data zone. Nothing is created before it is needed."""

    root: Path

    def sources(self, source: str = "stats19") -> Path:
        """The folder that holds the snapshots of one source."""
        return self.root / "sources" / source

    def extracts(self, project: str) -> Path:
        """The folder that holds the extracts of one project."""
        return self.root / "extracts" / checked_slug(project)

    def key_file(self, project: str) -> Path:
        """The file with the pseudonym key of one project."""
        return self.root / "keys" / f"{checked_slug(project)}.key"

    @property
    def linkage_key_file(self) -> Path:
        """The file with the key from which persons have their pseudonyms."""
        return self.root / "keys" / "zone.linkage.key"

    @property
    def optout(self) -> Path:
        """The folder that holds the national data opt-out lists."""
        return self.root / "optout"

    def identifiers(self, source: str) -> Path:
        """The folder that holds the identifiers split off from the snapshots of one source."""
        return self.root / "identifiers" / source

    def places_with_persons(self) -> list[Path]:
        """Every folder there is whose snapshots were made with the linkage key."""
        split = self.root / "identifiers"
        return [self.optout, *(sorted(split.iterdir()) if split.is_dir() else [])]

    def create(self) -> None:
        """Make the top folders with their modes; existing ones get their modes back.

        Rooms run as other users and must be able to walk to their extract, so ``root`` and
        ``extracts`` can be passed through (0711) but not listed. Everything else is the owner's alone.
        """
        _folder(self.root, 0o711)
        _folder(self.root / "extracts", 0o711)
        for private in ("optout", "identifiers", "sources", "keys", "locks"):
            _folder(self.root / private, 0o700)

    def create_sources(self, source: str = "stats19") -> Path:
        """Make, if need be, the folder for the snapshots of one source."""
        self.create()
        return _folder(self.sources(source), 0o700)

    def create_identifiers(self, source: str) -> Path:
        """Make, if need be, the folder for the identifiers of one source."""
        self.create()
        return _folder(self.identifiers(source), 0o700)

    def create_extracts(self, project: str) -> Path:
        """Make, if need be, the folder for the extracts of one project."""
        self.create()
        return _folder(self.extracts(project), 0o711)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the zone's lock of this name; waits for whoever holds it, and dies with the process."""
        self.create()
        descriptor = os.open(
            self.root / "locks" / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def current_extract(self, project: str) -> Path | None:
        """The folder of the newest extract of a project, or None if there is none yet.

        Raises PlainError when the pointer is damaged or names an extract that is not there.
        """
        folder = self.extracts(project)
        try:
            name = (folder / "current").read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            name = ""
        if not is_hash(name) or not (folder / name / "manifest.json").is_file():
            raise PlainError(
                f"The newest extract of {project} is not there: make it again with `lockedroom data "
                f"extract {project}`."
            )
        return folder / name


def _folder(path: Path, mode: int) -> Path:
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o7777 != mode:
        path.chmod(mode)
    return path
