"""Immutable snapshots: named by their content, put in place whole or not at all.

A snapshot is a folder ``<sha256>/`` with one Parquet file per table and ``manifest.json``. Its name is a hash
over *what the tables say*, not over Parquet's bytes, which change with the version of the writer:

    sha256( header as canonical JSON, "\\n",
            for each table in order of name:  name, "\\n", sha256 of its rows as canonical CSV, "\\n" )

The header holds the schema and, for an extract, the specification and the source. Canonical CSV quotes every
text and no missing value, so that the two cannot be confused, and its numbers are the shortest that read
back. The manifest also holds the sha-256 of every Parquet file, so that a changed byte is seen without
reading the tables.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from output_checker.errors import PlainError

from datasets.manifest import TableManifest, read_manifest
from datasets.progress import Progress, silent
from datasets.zone import is_hash

# Rows of a Parquet row group, and of a batch when rows are hashed: what is in memory at once.
ROWS_IN_GROUP = 100_000
_PAGE = 1 << 20  # bytes of a data page
_MAKING = ".making-"
_NO_ROOM = 1 << 20  # bytes


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_hash(header: Mapping[str, Any], tables: Mapping[str, Path], progress: Progress = silent) -> str:
    """The name of a snapshot: sha-256 (hexadecimal) over the header and the rows of its Parquet tables.

    Memory does not grow with the number of rows.
    """
    whole = hashlib.sha256(canonical_json(header) + b"\n")
    for name in sorted(tables):
        whole.update(f"{name}\n{_rows_hash(name, tables[name], progress)}\n".encode())
    return whole.hexdigest()


def _rows_hash(name: str, path: Path, progress: Progress) -> str:
    table = pl.scan_parquet(path, glob=False)
    rows = int(table.select(pl.len()).collect().item())
    digest = hashlib.sha256()
    for start in range(0, rows, ROWS_IN_GROUP):
        batch = table.slice(start, ROWS_IN_GROUP).collect()
        text = io.BytesIO()
        batch.write_csv(
            text,
            include_header=start == 0,
            quote_style="non_numeric",
            null_value="",
            datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ",
            date_format="%Y-%m-%d",
            time_format="%H:%M:%S%.6f",
        )
        digest.update(text.getbuffer())
        progress(f"hashing {name}", min(start + ROWS_IN_GROUP, rows), rows)
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """The sha-256 (hexadecimal) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_table(frame: pl.LazyFrame, path: Path) -> None:
    """Write a table to Parquet in the frame's order; the same rows give the same bytes with the same polars.

    Raises OSError if the disk is full.
    """
    try:
        frame.sink_parquet(
            path,
            compression="zstd",
            compression_level=3,
            statistics=True,
            row_group_size=ROWS_IN_GROUP,
            data_page_size=_PAGE,
            maintain_order=True,
            engine="streaming",
        )
    except pl.exceptions.PolarsError as error:
        # polars tells of a full disk in several ways, one of which says "Invalid thrift: transport error".
        room = os.statvfs(path.parent)
        if "No space left" in str(error) or room.f_bavail * room.f_frsize < _NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise


def describe_tables(tables: Mapping[str, Path]) -> dict[str, tuple[int, str]]:
    """Rows and file hash of each Parquet table."""
    return {
        name: (int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()), file_hash(path))
        for name, path in tables.items()
    }


def verify_files(folder: Path, tables: Mapping[str, TableManifest]) -> None:
    """Raise PlainError unless every file is byte for byte what the snapshot's manifest says."""
    for table in tables.values():
        path = folder / table.file
        if not path.is_file() or file_hash(path) != table.sha256:
            raise PlainError(
                f"{path} is not what its manifest says: the snapshot was changed or damaged; "
                "move it away and make it again."
            )


def verify_snapshot(folder: Path) -> None:
    """Raise PlainError unless the snapshot's files and its name both agree with its content."""
    manifest = read_manifest(folder)
    verify_files(folder, manifest.tables)
    paths = {name: folder / table.file for name, table in manifest.tables.items()}
    if manifest.sha256 != folder.name or content_hash(manifest.header(), paths) != folder.name:
        raise PlainError(f"{folder} does not bear the name of its content: move it away and make it again.")


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A private folder beside the place where the snapshot will stand; gone afterwards, whatever happens.

    The caller holds the lock of ``parent``: folders left by a process that was killed are swept away here.
    """
    for left in parent.glob(f"{_MAKING}*"):
        _remove(left)
    folder = Path(tempfile.mkdtemp(prefix=_MAKING, dir=parent))
    try:
        yield folder
    finally:
        _remove(folder)


def publish(folder: Path, final: Path, *, private: bool = False) -> bool:
    """Put a finished staging folder in its place with one rename; False if the same was there already.

    Files become 0444 and the folder 0555; a ``private`` one, which holds identifiers, 0400 and 0700.
    Everything is on disk before the rename is.
    """
    if final.exists():
        return False
    for path in folder.iterdir():
        path.chmod(0o400 if private else 0o444)
        sync(path)
    folder.chmod(0o700 if private else 0o555)
    sync(folder)
    folder.rename(final)
    sync(final.parent)
    return True


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Replace a small file so that a reader sees the old content or the new, never a part."""
    descriptor, name = tempfile.mkstemp(prefix=_MAKING, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def plain_disk_errors(where: Path) -> Iterator[None]:
    """Turn a full or unwritable disk into a sentence; other faults keep their traceback."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PlainError(
                f"The disk under {where} is full: nothing half-done was left; make room and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise PlainError(
                f"{error.filename or where} cannot be written or read by this user: nothing half-done was left."
            ) from error
        raise


def current_name(place: Path) -> str | None:
    """The name of the snapshot that ``current`` in a place points to, or None where there is no pointer.

    Raises PlainError when the pointer is damaged or the snapshot is not there.
    """
    try:
        name = (place / "current").read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    if not is_hash(name) or not (place / name).is_dir():
        raise PlainError(f"{place / 'current'} names no snapshot that is there: bring the data in again.")
    return name


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
