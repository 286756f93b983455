"""The little of Xlib and its Shape extension that a window needs, through ctypes.

Both libraries are there because Chromium needs them. Structures follow X11/Xlib.h; all of them are for a 64-bit
machine.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

SUBSTRUCTURE_NOTIFY, SUBSTRUCTURE_REDIRECT, STRUCTURE_NOTIFY = 1 << 19, 1 << 20, 1 << 17
DESTROY_NOTIFY, UNMAP_NOTIFY, MAP_NOTIFY, MAP_REQUEST = 17, 18, 19, 20
CONFIGURE_NOTIFY, CONFIGURE_REQUEST = 22, 23
_CLIENT_MESSAGE = 33

_OVERRIDE_REDIRECT, _BACKGROUND_PIXEL = 1 << 9, 1 << 1
_SHAPE_BOUNDING, _SHAPE_INPUT, _SHAPE_SET = 0, 2, 0
_REVERT_TO_POINTER_ROOT, _CURRENT_TIME = 1, 0
_ATOM, _WINDOW, _REPLACE = 4, 33, 0


class _Structure(ctypes.Structure):
    """One structure that begins as every event does."""

    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p)]


class WindowEvent(_Structure):
    """XMapEvent, XUnmapEvent, XDestroyWindowEvent and XMapRequestEvent, as far as they agree."""

    _fields_ = [("event", c_ulong), ("window", c_ulong)]


class ConfigureEvent(_Structure):
    """XConfigureEvent."""

    _fields_ = [
        *[("event", c_ulong), ("window", c_ulong), ("x", c_int), ("y", c_int)],
        *[("width", c_int), ("height", c_int), ("border_width", c_int), ("above", c_ulong)],
        ("override_redirect", c_int),
    ]


class MessageEvent(_Structure):
    """XClientMessageEvent."""

    _fields_ = [("window", c_ulong), ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5)]


class Event(ctypes.Union):
    """XEvent."""

    _fields_ = [
        *[("type", c_int), ("window", WindowEvent), ("configure", ConfigureEvent), ("message", MessageEvent)],
        ("room_for_any", c_long * 24),
    ]


class _Attributes(ctypes.Structure):
    """XSetWindowAttributes."""

    _fields_ = [
        *[("background_pixmap", c_ulong), ("background_pixel", c_ulong), ("border_pixmap", c_ulong)],
        *[
            ("border_pixel", c_ulong),
            ("bit_gravity", c_int),
            ("win_gravity", c_int),
            ("backing_store", c_int),
        ],
        *[("backing_planes", c_ulong), ("backing_pixel", c_ulong), ("save_under", c_int)],
        *[("event_mask", c_long), ("do_not_propagate_mask", c_long), ("override_redirect", c_int)],
        *[("colormap", c_ulong), ("cursor", c_ulong)],
    ]


_ERROR_HANDLER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)


@_ERROR_HANDLER
def _windows_come_and_go(_display: int | None, _error: int | None) -> int:
    """A request may name a window that its owner has just closed: not a reason to end, as Xlib would."""
    return 0


class Display:
    """A connection to the X server. Methods are named as in Xlib; ids are the server's."""

    def __init__(self) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        self._ext = ctypes.CDLL("libXext.so.6")
        for name, result, arguments in _SIGNATURES:
            library = self._ext if name.startswith("XShape") else self._x
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self._x.XSetErrorHandler(_windows_come_and_go)
        self._display = self._x.XOpenDisplay(None)
        if not self._display:
            raise ConnectionError("no X server")
        self.root: int = self._x.XDefaultRootWindow(self._display)
        self.fd: int = self._x.XConnectionNumber(self._display)

    def size(self) -> tuple[int, int]:
        """Width and height of the screen when the connection was made; later a ConfigureNotify says them."""
        return self._x.XDisplayWidth(self._display, 0), self._x.XDisplayHeight(self._display, 0)

    def select_input(self, mask: int) -> None:
        """Ask for events of the root window."""
        self._x.XSelectInput(self._display, self.root, mask)

    def pending(self) -> int:
        """How many events wait; sends what is buffered."""
        return int(self._x.XPending(self._display))

    def next_event(self) -> Event:
        """The next event."""
        event = Event()
        self._x.XNextEvent(self._display, byref(event))
        return event

    def is_transient(self, window: int) -> bool:
        """Whether the window belongs to another, as a dialogue does."""
        found = c_ulong()
        return bool(self._x.XGetTransientForHint(self._display, window, byref(found))) and found.value != 0

    def map(self, window: int) -> None:
        """Show the window."""
        self._x.XMapWindow(self._display, window)

    def place(self, window: int, width: int, height: int) -> None:
        """Put the window into the upper left corner, that large."""
        self._x.XMoveResizeWindow(self._display, window, 0, 0, width, height)

    def focus(self, window: int) -> None:
        """Send keys to the window."""
        self._x.XSetInputFocus(self._display, window, _REVERT_TO_POINTER_ROOT, _CURRENT_TIME)

    def raise_(self, window: int) -> None:
        """Put the window over all others."""
        self._x.XRaiseWindow(self._display, window)

    def ask_to_close(self, window: int) -> None:
        """Ask the window's owner to close it (ICCCM's ``WM_DELETE_WINDOW``)."""
        event = Event()
        message = event.message
        message.type, message.window, message.format = _CLIENT_MESSAGE, window, 32
        message.message_type = self._atom("WM_PROTOCOLS")
        message.data[0], message.data[1] = self._atom("WM_DELETE_WINDOW"), _CURRENT_TIME
        self._x.XSendEvent(self._display, window, 0, 0, byref(event))

    def announce_full_screen(self, window: int) -> None:
        """Tell the window's owner that it has the whole screen (EWMH's ``_NET_WM_STATE``)."""
        self._set(window, "_NET_WM_STATE", _ATOM, [self._atom("_NET_WM_STATE_FULLSCREEN")])

    def announce_manager(self) -> None:
        """Tell clients that somebody arranges windows, and what they may ask for (EWMH)."""
        child = self.unmanaged_window(1, 1, 0)
        for window in (self.root, child):
            self._set(window, "_NET_SUPPORTING_WM_CHECK", _WINDOW, [child])
        supported = ["_NET_SUPPORTING_WM_CHECK", "_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN"]
        self._set(self.root, "_NET_SUPPORTED", _ATOM, [self._atom(name) for name in supported])

    def unmanaged_window(self, width: int, height: int, pixel: int) -> int:
        """A window of our own, filled with one colour, that no manager touches; not shown yet."""
        chosen = _Attributes(background_pixel=pixel, override_redirect=1)
        return int(
            self._x.XCreateWindow(
                *(self._display, self.root, 0, 0, width, height, 0, 0, 0, None),
                *(_OVERRIDE_REDIRECT | _BACKGROUND_PIXEL, byref(chosen)),
            )
        )

    def shape(self, window: int, bits: bytes, width: int, height: int) -> None:
        """Leave of the window what is set in the bitmap (rows of whole bytes, lowest bit first), and no input."""
        bitmap = self._x.XCreateBitmapFromData(self._display, window, bits, width, height)
        self._ext.XShapeCombineMask(self._display, window, _SHAPE_BOUNDING, 0, 0, bitmap, _SHAPE_SET)
        self._ext.XShapeCombineRectangles(self._display, window, _SHAPE_INPUT, 0, 0, None, 0, _SHAPE_SET, 0)
        self._x.XFreePixmap(self._display, bitmap)

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))

    def _set(self, window: int, name: str, kind: int, values: list[int]) -> None:
        data = (c_ulong * len(values))(*values)
        self._x.XChangeProperty(
            self._display, window, self._atom(name), kind, 32, _REPLACE, data, len(values)
        )


_D, _W = c_void_p, c_ulong
_SIGNATURES: list[tuple[str, object, list[object]]] = [
    ("XSetErrorHandler", c_void_p, [_ERROR_HANDLER]),
    ("XOpenDisplay", c_void_p, [c_char_p]),
    ("XDefaultRootWindow", c_ulong, [_D]),
    ("XConnectionNumber", c_int, [_D]),
    ("XDisplayWidth", c_int, [_D, c_int]),
    ("XDisplayHeight", c_int, [_D, c_int]),
    ("XSelectInput", c_int, [_D, _W, c_long]),
    ("XPending", c_int, [_D]),
    ("XNextEvent", c_int, [_D, POINTER(Event)]),
    ("XSendEvent", c_int, [_D, _W, c_int, c_long, POINTER(Event)]),
    ("XGetTransientForHint", c_int, [_D, _W, POINTER(c_ulong)]),
    ("XMapWindow", c_int, [_D, _W]),
    ("XMoveResizeWindow", c_int, [_D, _W, c_int, c_int, c_uint, c_uint]),
    ("XSetInputFocus", c_int, [_D, _W, c_int, c_ulong]),
    ("XRaiseWindow", c_int, [_D, _W]),
    ("XInternAtom", c_ulong, [_D, c_char_p, c_int]),
    ("XChangeProperty", c_int, [_D, _W, c_ulong, c_ulong, c_int, c_int, c_void_p, c_int]),
    (
        "XCreateWindow",
        c_ulong,
        [
            _D,
            _W,
            c_int,
            c_int,
            c_uint,
            c_uint,
            c_uint,
            c_int,
            c_uint,
            c_void_p,
            c_ulong,
            POINTER(_Attributes),
        ],
    ),
    ("XCreateBitmapFromData", c_ulong, [_D, _W, c_char_p, c_uint, c_uint]),
    ("XFreePixmap", c_int, [_D, c_ulong]),
    ("XShapeCombineMask", None, [_D, _W, c_int, c_int, c_int, c_ulong, c_int]),
    ("XShapeCombineRectangles", None, [_D, _W, c_int, c_int, c_int, c_void_p, c_int, c_int, c_int]),
]
