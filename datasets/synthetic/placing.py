"""Put a synthetic set in its place: whole, with one rename, and never over anything else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from output_checker.errors import PlainError

from datasets.snapshot import file_hash, plain_disk_errors, sync


def put_in_place(out: Path, write: Callable[[Path], dict[str, int]]) -> tuple[dict[str, int], bool]:
    """Have ``write`` fill a folder and make it ``out``: the rows it tells of, and whether all was there before.

    If exactly the same files are there already, nothing is touched. Raises PlainError when ``out`` is a file or
    holds anything else, and when the disk is full; nothing half-done is left then.
    """
    if out.exists() and not out.is_dir():
        raise PlainError(f"{out} is a file: name a new folder for the synthetic set.")
    target = out.absolute()
    with plain_disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".synthesising-", dir=target.parent) as work:
            made = Path(work) / "set"
            made.mkdir(mode=0o755)
            rows = write(made)
            if target.is_dir() and any(target.iterdir()):
                if _contents(target) == _contents(made):
                    return rows, True
                raise PlainError(f"{out} is not empty: name a new folder for the synthetic set.")
            for path in (*made.rglob("*"), made):
                sync(path)
            made.rename(target)
            sync(target.parent)
    return rows, False


def _contents(folder: Path) -> dict[str, str]:
    """Each file and folder below, with the hash of a file's bytes; a link is never followed."""
    return {
        str(path.relative_to(folder)): file_hash(path) if path.is_file() and not path.is_symlink() else ""
        for path in folder.rglob("*")
    }
