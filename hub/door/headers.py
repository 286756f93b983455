"""What passes of a request's and an answer's headers: lists of what may, so that a new header does not.

Towards the room goes nothing that identifies the person or the hub: no cookie, no ``Authorization``.
Towards the browser comes nothing that would outlive the page or widen it: no cookie, no service-worker
scope, no CORS, no policy of the room's making.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

_TO_ROOM = frozenset(
    {
        "accept",
        "accept-language",
        "content-type",
        "if-modified-since",
        "if-none-match",
        "range",
        "user-agent",
    }
)
_TO_BROWSER = frozenset(
    {
        "accept-ranges",
        "cache-control",
        "content-language",
        "content-range",
        "content-type",
        "etag",
        "last-modified",
        "vary",
    }
)


def to_room(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The request headers that may reach the room."""
    for name, value in headers:
        if name.lower() in _TO_ROOM and _is_plain(value):
            yield name, value


def to_browser(headers: Iterable[tuple[str, str]], *, prefix: str) -> Iterator[tuple[str, str]]:
    """The answer headers that may reach the browser; a redirect only within the seat's own ``prefix``."""
    for name, value in headers:
        lower = name.lower()
        if not _is_plain(value):
            continue
        if lower in _TO_BROWSER:
            yield name, value
        elif lower == "location" and (target := _within(value, prefix)):
            yield name, target


def security_headers(own_origin: str, hub_origin: str) -> dict[str, str]:
    """The door's own headers on every answer.

    JupyterLab needs inline styles and scripts of its own; the policy keeps what they load and where they
    send to the seat's own origin. A form may also lead to the hub, for signing in.
    """
    socket_origin = own_origin.replace("http", "ws", 1)
    policy = (
        "default-src 'self'; "
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        f"connect-src 'self' {socket_origin} data: blob:; worker-src 'self' blob:; "
        f"object-src 'none'; base-uri 'self'; form-action 'self' {hub_origin}; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=()",
        "X-DNS-Prefetch-Control": "off",
    }


def _is_plain(value: str) -> bool:
    return all(32 <= ord(character) < 127 or character == "\t" for character in value)


def _within(location: str, prefix: str) -> str | None:
    """``location`` as a path if it stays below ``prefix``, whatever host it names; else ``None``."""
    parts = urlsplit(location)
    if parts.scheme not in {"", "http", "https"} or "\\" in location:
        return None
    path = parts.path
    if not (path == prefix.rstrip("/") or path.startswith(prefix)) or "/../" in f"{path}/" or "//" in path:
        return None
    return f"{path}?{parts.query}" if parts.query else path
