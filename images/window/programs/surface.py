"""What lies on the screen, and in which order: the browser over all of it, the watermark over the browser.

    surface.py "alice · dementia-cohort"

Together a window manager of the smallest kind and the watermark: person, project and the time, to the minute. The
watermark lets every click through, and is put on top again whenever another window comes up, so a page cannot cover
it. It is a deterrent and no more: whoever takes over the browser can end this program.
"""

from __future__ import annotations

import select
import sys
import time

import xlib
from watermark import letters
from xlib import Display, Event

_GREY = 0xB0B0B0


class Surface:
    """The screen's windows."""

    def __init__(self, display: Display, mark: str) -> None:
        self._display, self._mark = display, mark
        self._width, self._height = display.size()
        self._shown: list[int] = []
        self._drawn: tuple[str, int, int] | None = None
        self._letters = display.unmanaged_window(self._width, self._height, _GREY)
        display.announce_manager()
        display.select_input(xlib.SUBSTRUCTURE_NOTIFY | xlib.SUBSTRUCTURE_REDIRECT | xlib.STRUCTURE_NOTIFY)

    def run(self) -> None:
        """Serve events until the X server ends, which ends this process."""
        while True:
            self._draw()
            if not self._display.pending():
                select.select([self._display.fd], [], [], 60 - time.time() % 60)
            while self._display.pending():
                self._handle(self._display.next_event())

    def _draw(self) -> None:
        """Draw the watermark, where the minute or the size of the screen is another."""
        text = f"{self._mark} · {time.strftime('%-d %b %Y %H:%M', time.gmtime())} UTC"
        wanted = (text, self._width, self._height)
        if wanted != self._drawn:
            bits, width = letters(*wanted)
            self._display.place(self._letters, self._width, self._height)
            self._display.shape(self._letters, bits, width, self._height)
            self._display.map(self._letters)
            self._display.raise_(self._letters)
            self._drawn = wanted

    def _handle(self, event: Event) -> None:
        kind, window = event.type, int(event.window.window)
        if kind == xlib.MAP_REQUEST:
            self._show(window)
        elif kind == xlib.CONFIGURE_REQUEST:
            self._fill(window)
        elif kind == xlib.CONFIGURE_NOTIFY and window == self._display.root:
            self._width, self._height = event.configure.width, event.configure.height
            for shown in self._shown:
                self._fill(shown)
        elif kind in (xlib.MAP_NOTIFY, xlib.CONFIGURE_NOTIFY) and window != self._letters:
            self._display.raise_(self._letters)
        elif kind in (xlib.UNMAP_NOTIFY, xlib.DESTROY_NOTIFY) and window in self._shown:
            self._shown.remove(window)
            if self._shown:
                self._display.focus(self._shown[-1])

    def _show(self, window: int) -> None:
        """Show what asks for it: the browser's one window and its dialogues. A second one has an address bar."""
        dialogue = self._display.is_transient(window)
        if self._shown and window not in self._shown and not dialogue:
            self._display.ask_to_close(window)
            return
        if window not in self._shown:
            self._shown.append(window)
        self._display.announce_full_screen(window)
        self._fill(window)
        self._display.map(window)
        self._display.raise_(window)
        self._display.raise_(self._letters)
        self._display.focus(window)

    def _fill(self, window: int) -> None:
        if not self._display.is_transient(window):
            self._display.place(window, self._width, self._height)


if __name__ == "__main__":
    Surface(Display(), sys.argv[1]).run()
