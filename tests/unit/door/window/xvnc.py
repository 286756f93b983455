"""A real Xvnc, started as a window starts it, and an X client of the smallest kind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import subprocess
from collections.abc import Iterator
from ctypes import c_char_p, c_int, c_uint, c_ulong, c_void_p
from pathlib import Path

XVNC = Path("/usr/bin/Xvnc")
CLIPBOARD_OFF = ("-SendCutText=0", "-AcceptCutText=0", "-SendPrimary=0", "-SetPrimary=0", "-MaxCutText=0")
_UP_WITHIN_S = 20


@contextlib.contextmanager
def xvnc(socket: Path, *, width: int = 160, height: int = 100) -> Iterator[Screen]:
    """Xvnc at a unix socket, on a display number of its own choice."""
    reading, writing = os.pipe()
    command = [
        *(str(XVNC), "-displayfd", str(writing), "-geometry", f"{width}x{height}", "-depth", "24"),
        *("-nolisten", "tcp", "-ac", "-desktop", "the window's own name"),
        *("-rfbport", "-1", "-rfbunixpath", str(socket), "-rfbunixmode", "0600", "-SecurityTypes", "None"),
        *CLIPBOARD_OFF,
        "-AllowOverride=",
    ]
    process = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.PIPE)
    os.close(writing)
    try:
        if not select.select([reading], [], [], _UP_WITHIN_S)[0]:
            raise TimeoutError("Xvnc did not start")
        display = os.read(reading, 16).decode().strip()
        with Screen(f":{display}") as screen:
            yield screen
    finally:
        process.terminate()
        process.communicate(timeout=10)
        os.close(reading)


class Screen:
    """An X client that draws on the root window, and looks at keys and pointer."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        for name, result, arguments in (
            ("XOpenDisplay", c_void_p, [c_char_p]),
            ("XCloseDisplay", c_int, [c_void_p]),
            ("XDefaultRootWindow", c_ulong, [c_void_p]),
            ("XDefaultGC", c_void_p, [c_void_p, c_int]),
            ("XSetForeground", c_int, [c_void_p, c_void_p, c_ulong]),
            ("XFillRectangle", c_int, [c_void_p, c_ulong, c_void_p, c_int, c_int, c_uint, c_uint]),
            ("XDrawString", c_int, [c_void_p, c_ulong, c_void_p, c_int, c_int, c_char_p, c_int]),
            ("XSync", c_int, [c_void_p, c_int]),
            ("XQueryKeymap", c_int, [c_void_p, c_char_p]),
            ("XKeysymToKeycode", ctypes.c_ubyte, [c_void_p, c_ulong]),
            ("XQueryPointer", c_int, [c_void_p, c_ulong] + [c_void_p] * 7),
            ("XGetGeometry", c_int, [c_void_p, c_ulong] + [c_void_p] * 7),
            ("XCreateFontCursor", c_ulong, [c_void_p, c_uint]),
            ("XDefineCursor", c_int, [c_void_p, c_ulong, c_ulong]),
        ):
            function = getattr(self._x, name)
            function.restype, function.argtypes = result, arguments
        self._display = self._x.XOpenDisplay(display.encode())
        if not self._display:
            raise ConnectionError(f"no X server at {display}")
        self._root = self._x.XDefaultRootWindow(self._display)
        self._gc = self._x.XDefaultGC(self._display, 0)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._x.XCloseDisplay(self._display)

    def fill(self, colour: int, x: int, y: int, width: int, height: int) -> None:
        """A rectangle of one colour (0xRRGGBB)."""
        self._x.XSetForeground(self._display, self._gc, colour)
        self._x.XFillRectangle(self._display, self._root, self._gc, x, y, width, height)
        self._x.XSync(self._display, 0)

    def write(self, text: str, x: int, y: int) -> None:
        """Black letters of X's own font, over white."""
        self.fill(0xFFFFFF, x, y - 12, 8 * len(text), 16)
        self._x.XSetForeground(self._display, self._gc, 0)
        self._x.XDrawString(self._display, self._root, self._gc, x, y, text.encode(), len(text))
        self._x.XSync(self._display, 0)

    def point_with(self, shape: int) -> None:
        """Give the pointer a picture out of X's cursor font."""
        self._x.XDefineCursor(self._display, self._root, self._x.XCreateFontCursor(self._display, shape))
        self._x.XSync(self._display, 0)

    def is_down(self, keysym: int) -> bool:
        """Whether the key that writes this symbol is pressed."""
        keys = ctypes.create_string_buffer(32)
        self._x.XQueryKeymap(self._display, keys)
        code = self._x.XKeysymToKeycode(self._display, keysym)
        return bool(keys.raw[code >> 3] >> (code & 7) & 1)

    def pointer(self) -> tuple[int, int, int]:
        """(x, y, mask of buttons and modifiers)."""
        found = [c_ulong(), c_ulong(), c_int(), c_int(), c_int(), c_int(), c_uint()]
        self._x.XQueryPointer(self._display, self._root, *(ctypes.byref(one) for one in found))
        return found[2].value, found[3].value, found[6].value

    def size(self) -> tuple[int, int]:
        """Of the root window, now."""
        found = [c_ulong(), c_int(), c_int(), c_uint(), c_uint(), c_uint(), c_uint()]
        self._x.XGetGeometry(self._display, self._root, *(ctypes.byref(one) for one in found))
        return found[3].value, found[4].value
