"""The watermark's letters as a bitmap: drawn with cairo, which is there because Chromium needs it."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_double, c_int, c_void_p

_A1 = 3  # CAIRO_FORMAT_A1: one bit a pixel
_FONT_PIXELS = 15.0
_SLOPE = -0.2  # radians
_ACROSS, _DOWN = 560, 210  # pixels from one to the next


def letters(text: str, width: int, height: int) -> tuple[bytes, int]:
    """The text all over a screen. Returns the bitmap, lowest bit first, and its width: of whole 32-bit words."""
    cairo = _library()
    surface = cairo.cairo_image_surface_create(_A1, width, height)
    context = cairo.cairo_create(surface)
    cairo.cairo_select_font_face(context, b"DejaVu Sans", 0, 0)
    cairo.cairo_set_font_size(context, _FONT_PIXELS)
    for row, y in enumerate(range(_DOWN // 2, height + _DOWN, _DOWN)):
        for x in range(20 - _ACROSS * (row % 2) // 2, width, _ACROSS):
            cairo.cairo_save(context)
            cairo.cairo_translate(context, x, y)
            cairo.cairo_rotate(context, _SLOPE)
            cairo.cairo_move_to(context, 0, 0)
            cairo.cairo_show_text(context, text.encode())
            cairo.cairo_restore(context)
    cairo.cairo_surface_flush(surface)
    stride = cairo.cairo_image_surface_get_stride(surface)
    bits = ctypes.string_at(cairo.cairo_image_surface_get_data(surface), stride * height)
    cairo.cairo_destroy(context)
    cairo.cairo_surface_destroy(surface)
    return bits, stride * 8


def _library() -> ctypes.CDLL:
    cairo = ctypes.CDLL("libcairo.so.2")
    for name, result, arguments in _SIGNATURES:
        function = getattr(cairo, name)
        function.restype, function.argtypes = result, arguments
    return cairo


_SIGNATURES: list[tuple[str, object, list[object]]] = [
    ("cairo_image_surface_create", c_void_p, [c_int, c_int, c_int]),
    ("cairo_create", c_void_p, [c_void_p]),
    ("cairo_select_font_face", None, [c_void_p, c_char_p, c_int, c_int]),
    ("cairo_set_font_size", None, [c_void_p, c_double]),
    ("cairo_save", None, [c_void_p]),
    ("cairo_restore", None, [c_void_p]),
    ("cairo_translate", None, [c_void_p, c_double, c_double]),
    ("cairo_rotate", None, [c_void_p, c_double]),
    ("cairo_move_to", None, [c_void_p, c_double, c_double]),
    ("cairo_show_text", None, [c_void_p, c_char_p]),
    ("cairo_surface_flush", None, [c_void_p]),
    ("cairo_image_surface_get_stride", c_int, [c_void_p]),
    ("cairo_image_surface_get_data", c_void_p, [c_void_p]),
    ("cairo_destroy", None, [c_void_p]),
    ("cairo_surface_destroy", None, [c_void_p]),
]
