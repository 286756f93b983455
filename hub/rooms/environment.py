"""Where the rooms' Python lies: the folder that ``make room`` built, the image that ``make room-image`` built."""

from __future__ import annotations

from pathlib import Path

from output_checker.errors import PlainError

from hub.settings import Settings


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


def window_image(settings: Settings) -> str:
    """The image that windows on Docker start from, by name or id. Raises PlainError where none is named."""
    if settings.window_image is not None:
        return settings.window_image
    try:
        return (settings.room_environment / "window-image").read_text().strip()
    except FileNotFoundError:
        raise PlainError("The image of windows on Docker is missing: run `make window-image`.") from None


def room_image(settings: Settings) -> str:
    """The image that rooms on Docker start from, by name or id. Raises PlainError where none is named."""
    if settings.room_image is not None:
        return settings.room_image
    try:
        return (settings.room_environment / "image").read_text().strip()
    except FileNotFoundError:
        raise PlainError("The image of rooms on Docker is missing: run `make room-image`.") from None
