"""From a path of the file browser to a file in the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from output_checker.errors import PlainError
from output_checker.staging.bundle import printable


def files_beneath(root: Path, asked: Sequence[str]) -> list[Path]:
    """The files that the file browser calls ``asked``, paths relative to ``root``, the folder it shows.

    Raises PlainError for a path that leads out of ``root`` or over a link, and for what is no ordinary file.
    """
    return [_file_beneath(root.resolve(), path) for path in asked]


def _file_beneath(root: Path, asked: str) -> Path:
    shown = printable(asked)
    parts = PurePosixPath(asked.lstrip("/")).parts
    if not parts or ".." in parts or "\0" in asked:
        raise PlainError(
            f"{shown or 'An empty name'} is not a file of the workspace: choose files in the file browser."
        )
    place = root.joinpath(*parts)
    try:
        is_direct = place.resolve(strict=True) == place
    except FileNotFoundError:
        raise PlainError(f"There is no file {shown} any more: look again in the file browser.") from None
    except (OSError, RuntimeError):
        raise PlainError(f"{shown} cannot be reached: look again in the file browser.") from None
    if not is_direct:
        raise PlainError(f"{shown} is a link, or lies behind one: stage the file that it leads to.")
    if place.is_dir():
        raise PlainError(f"{shown} is a folder: choose the files in it that should leave the room.")
    if not place.is_file():
        raise PlainError(f"{shown} is not an ordinary file, so it cannot be staged.")
    return place
