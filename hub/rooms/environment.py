"""Where the room's Python environment lies: built by ``make room``, named in a file beside it."""

from __future__ import annotations

from pathlib import Path

from output_checker.errors import PlainError


def room_environment_folder(target: Path) -> Path:
    """The newest complete environment below ``target``. Raises PlainError where there is none."""
    try:
        name = (target / "current").read_text().strip()
    except FileNotFoundError:
        raise PlainError(f"The room's environment is missing in {target}: run `make room`.") from None
    folder = target / name
    if not (folder / ".complete").exists():
        raise PlainError(f"The room's environment {folder} is not complete: run `make room`.")
    return folder
