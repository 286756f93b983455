"""What passes of a request's and an answer's headers: lists of what may, so that a new header does not.

Towards the room goes nothing that identifies the person or the hub: no cookie, no ``Authorization``.
Towards the browser comes nothing that would outlive the page or widen it: no cookie, no service-worker
scope, no CORS, no policy of the room's making, and no word on caching. What the browser may keep, it asks
about each time, under a mark of this one door: what a hostile room left in the cache is worth nothing to
the next room of the same seat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

_TO_ROOM = frozenset(
    {
        "accept",
        "accept-language",
        "content-type",
        "user-agent",
    }
)
_TO_BROWSER = frozenset(
    {
        "content-language",
        "content-type",
    }
)
# JupyterLab 4.6's one inline script, which takes a token out of the address. With another version its hash
# differs; then the script does not run and nothing is lost but a quiet console.
_LABS_OWN_SCRIPT = "'sha256-DHk7PmJD5wtdpNjEzpkYISzoAstMGRwG1GNWZ25R2pM='"
_ENTITY_TAG = re.compile(r'(?:W/)?"([A-Za-z0-9+/=_.:-]{1,128})"')


def to_room(headers: Iterable[tuple[str, str]], *, mark: str) -> Iterator[tuple[str, str]]:
    """The request headers that may reach the room; ``mark`` as in :func:`to_browser`."""
    for name, value in headers:
        lower = name.lower()
        if not _is_plain(value):
            continue
        if lower in _TO_ROOM:
            yield name, value
        elif lower == "if-none-match" and (tag := _unmarked(value, mark)):
            yield name, tag


def to_browser(headers: Iterable[tuple[str, str]], *, prefix: str, mark: str) -> Iterator[tuple[str, str]]:
    """The answer headers that may reach the browser.

    A redirect stays within the seat's own ``prefix``. An entity tag gets this door's ``mark``, so that no
    other door takes it back.
    """
    for name, value in headers:
        lower = name.lower()
        if not _is_plain(value):
            continue
        if lower in _TO_BROWSER:
            yield name, value
        elif lower == "location" and (target := _within(value, prefix)):
            yield name, target
        elif lower == "etag" and (tag := _ENTITY_TAG.fullmatch(value)):
            yield name, f'W/"{mark}.{tag[1]}"'


def caching(path: str) -> str:
    """``Cache-Control`` for a path below the seat's prefix: programs are asked about, the rest is not kept."""
    return "private, no-cache" if path.startswith("/static/") else "no-store"


def security_headers(own_origin: str) -> dict[str, str]:
    """The door's own headers on every answer.

    JupyterLab needs inline styles; the policy keeps what its pages load and where they send to the seat's own
    origin. Inline scripts are not allowed: one kind of them, speculation rules, makes the browser fetch
    pages from anywhere, and no other directive stops that.
    """
    socket_origin = own_origin.replace("http", "ws", 1)
    policy = (
        "default-src 'self'; "
        f"script-src 'self' 'unsafe-eval' blob: {_LABS_OWN_SCRIPT}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        f"connect-src 'self' {socket_origin} data: blob:; worker-src 'self' blob:; "
        f"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
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


def _unmarked(value: str, mark: str) -> str | None:
    tag = _ENTITY_TAG.fullmatch(value)
    return f'"{tag[1].removeprefix(mark + ".")}"' if tag and tag[1].startswith(mark + ".") else None


def _is_plain(value: str) -> bool:
    return all(32 <= ord(character) < 127 or character == "\t" for character in value)


def _within(location: str, prefix: str) -> str | None:
    """``location`` as a path if it stays below ``prefix``, whatever host it names; else ``None``."""
    parts = urlsplit(location)
    if parts.scheme not in {"", "http", "https"} or "\\" in location:
        return None
    path = parts.path
    if not (path == prefix.rstrip("/") or path.startswith(prefix)) or "//" in path:
        return None
    # Browsers read %2e as a dot of the path.
    if any(part in {".", ".."} for part in unquote(path).split("/")):
        return None
    return f"{path}?{parts.query}" if parts.query else path
