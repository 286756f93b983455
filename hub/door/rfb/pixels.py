"""Pixels on their way from the window to the browser: taken as colours, written anew.

The browser gets nothing that is not the colour of a pixel. The fourth byte of a pixel, which nobody sees, goes;
so do the colours of a pointer's picture where it is transparent. Compression is the door's own: no byte of the
window's choosing is in the stream but by way of a colour. What a colour says, the door does not judge: a
hostile window can write anything into its picture.
"""

from __future__ import annotations

import zlib

from hub.door.rfb import wire

# Pixels that are held and written at once.
BAND = 128 * 1024
# On a JupyterLab screen level 6 makes a seventh less of it, and takes three times as long.
LEVEL = 1
_PLAIN_BELOW = 12  # so few bytes are not compressed, says the encoding
_BITS_OF_EIGHT_PIXELS = [
    b"".join(b"\xff\xff\xff\0" if byte >> bit & 1 else b"\0\0\0\0" for bit in range(7, -1, -1))
    for byte in range(256)
]


class Painter:
    """Writes rectangles in the ``Tight`` encoding, in one zlib stream for each connection."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(LEVEL)

    def rectangle(self, x: int, y: int, width: int, height: int, pixels: bytes) -> bytes:
        """One rectangle; ``pixels`` as in :data:`wire.WINDOWS_FORMAT`, at most :data:`BAND` of them."""
        colours = bytearray(3 * width * height)
        colours[0::3] = pixels[2::4]
        colours[1::3] = pixels[1::4]
        colours[2::3] = pixels[0::4]
        head = wire.RECTANGLE.pack(x, y, width, height, wire.TIGHT) + b"\0"
        if len(colours) < _PLAIN_BELOW:
            return head + colours
        packed = self._stream.compress(colours) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return head + _compact(len(packed)) + packed


def cursor(x: int, y: int, width: int, height: int, pixels: bytes, mask: bytes) -> bytes:
    """A pointer's picture with its hot spot ``x``, ``y``; ``mask`` has a bit for each pixel, rows in whole bytes."""
    row = (width + 7) // 8
    seen = bytearray()
    clean = bytearray()
    for at in range(0, len(mask), row or 1):
        bits = int.from_bytes(mask[at : at + row]) >> (8 * row - width) << (8 * row - width)
        line = bits.to_bytes(row)
        clean += line
        seen += b"".join(_BITS_OF_EIGHT_PIXELS[byte] for byte in line)[: width * wire.BYTES_PER_PIXEL]
    shown = int.from_bytes(pixels) & int.from_bytes(seen)
    colours = bytearray(shown.to_bytes(len(pixels)))
    colours[0::4], colours[2::4] = colours[2::4], colours[0::4]
    return wire.RECTANGLE.pack(x, y, width, height, wire.CURSOR) + colours + clean


def _compact(length: int) -> bytes:
    """A length as ``Tight`` writes it: seven bits, seven bits, eight bits, the lowest first."""
    if length < 1 << 7:
        return bytes([length])
    if length < 1 << 14:
        return bytes([length & 0x7F | 0x80, length >> 7])
    return bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])
