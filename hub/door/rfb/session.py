"""One browser at one window: both conversations, the screen they share, and the one end they have."""

from __future__ import annotations

from collections.abc import Iterator

from hub.door.rfb import from_browser, from_window
from hub.door.rfb.screen import Screen
from hub.door.rfb.steps import Piece, Reader, Refused


class Session:
    """Bytes of either side in, pieces for either side out.

    First the window speaks until :attr:`ready`; then :meth:`greet_browser`, and from then on both may speak.
    After a refusal on one side nothing comes out any more, whoever speaks.
    """

    def __init__(self) -> None:
        self._screen = Screen()
        self._window = Reader(from_window.conversation(self._screen))
        self._browser = Reader(from_browser.conversation(self._screen))
        self._refused: Refused | None = None

    @property
    def ready(self) -> bool:
        """Whether the window has said how large its screen is."""
        return self._screen.width > 0

    def from_window(self, data: bytes) -> Iterator[Piece]:
        """What follows from the window's next bytes; to be read to its end. Raises :class:`Refused`."""
        return self._read(self._window, data)

    def greet_browser(self) -> Iterator[Piece]:
        """How the door begins towards the browser."""
        return self._read(self._browser, b"")

    def from_browser(self, data: bytes) -> Iterator[Piece]:
        """What follows from the browser's next bytes; to be read to its end. Raises :class:`Refused`."""
        return self._read(self._browser, data)

    def _read(self, reader: Reader, data: bytes) -> Iterator[Piece]:
        if self._refused is not None:
            raise self._refused
        try:
            yield from reader.feed(data)
        except Refused as refused:
            self._refused = refused
            raise
