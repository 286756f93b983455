"""What the door knows of the window's screen, and how large things may be."""

from __future__ import annotations

from dataclasses import dataclass

from hub.door.rfb.steps import Refused

# Xvnc's own limit for a side. The area is that of an 8K screen; its pixels take 135 MiB in the window.
MAX_SIDE = 16_384
MAX_AREA = 8192 * 4320
MAX_CURSOR_SIDE = 256


@dataclass
class Screen:
    """``width`` and ``height`` in pixels. ``asked`` counts the updates that the browser is waiting for, ``bells`` those
    that the window rang since it was last asked for one.

    ``id`` and ``flags`` are what the window calls its screen; the browser never sees them, since whatever the
    window likes could be written there.
    """

    width: int = 0
    height: int = 0
    id: int = 0
    flags: int = 0
    can_resize: bool = False
    asked: int = 0
    bells: int = 0

    def ask(self) -> None:
        """The browser wants one more update."""
        self.asked += 1
        self.bells = 0

    def resize(self, width: int, height: int) -> None:
        """Take a size that the window announces. Raises :class:`Refused`."""
        if not is_a_size(width, height):
            raise Refused("The window announced a screen of a size that there is not.")
        self.width, self.height = width, height

    def holds(self, x: int, y: int, width: int, height: int) -> bool:
        """Whether a rectangle has pixels and lies on the screen with all of them."""
        return width > 0 and height > 0 and x + width <= self.width and y + height <= self.height


def is_a_size(width: int, height: int) -> bool:
    """Whether a screen may be so wide and high."""
    return 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_AREA
