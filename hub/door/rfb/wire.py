"""Numbers and forms of RFB 3.8 that pass this door."""

from __future__ import annotations

import struct

VERSION = b"RFB 003.008\n"
NO_AUTHENTICATION = 1
OK = b"\0\0\0\0"

# Messages of the window.
FRAMEBUFFER_UPDATE = 0
BELL = 2
SERVER_CUT_TEXT = 3

# Messages of the browser.
SET_PIXEL_FORMAT = 0
SET_ENCODINGS = 2
FRAMEBUFFER_UPDATE_REQUEST = 3
KEY_EVENT = 4
POINTER_EVENT = 5
CLIENT_CUT_TEXT = 6
SET_DESKTOP_SIZE = 251

# Encodings.
RAW = 0
TIGHT = 7
LAST_RECT = -224
CURSOR = -239
EXTENDED_DESKTOP_SIZE = -308

RECTANGLE = struct.Struct(">HHHHi")
SCREEN = struct.Struct(">IHHHHI")
PIXEL_FORMAT = struct.Struct(">BBBBHHHBBB3x")

# 32 bits a pixel of which 24 count, the lowest byte first. An X server keeps them as blue, green, red; a
# browser draws red, green, blue.
WINDOWS_FORMAT = PIXEL_FORMAT.pack(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
BROWSERS_FORMAT = PIXEL_FORMAT.pack(32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
BYTES_PER_PIXEL = 4

# What the window is told that may be sent. Xvnc sends nothing else then.
WINDOWS_ENCODINGS = (RAW, CURSOR, EXTENDED_DESKTOP_SIZE)
# What the browser must be able to draw. What else it offers is not passed on.
BROWSERS_ENCODINGS = frozenset({TIGHT, LAST_RECT, CURSOR, EXTENDED_DESKTOP_SIZE})


def set_pixel_format(pixel_format: bytes) -> bytes:
    """The browser's (or the door's) message that chooses a pixel format."""
    return struct.pack(">B3x", SET_PIXEL_FORMAT) + pixel_format


def set_encodings(encodings: tuple[int, ...]) -> bytes:
    """The browser's (or the door's) message that lists encodings."""
    return struct.pack(f">BxH{len(encodings)}i", SET_ENCODINGS, len(encodings), *encodings)
